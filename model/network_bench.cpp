#include "model/network_bench.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "messages/counter_random.hpp"
#include "messages/error.hpp"
#include "model/input_preparation.hpp"
#include "model/network_forecaster.hpp"
#include "model/random_checkpoint.hpp"
#include "model/request_queue.hpp"
#include "model/worker_threads.hpp"

namespace tradewind::model {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPassPoints = 512;
constexpr std::uint32_t kPathOfBars = 2;  // purpose of the draws

double seconds_of(const std::function<void()>& work) {
    const auto begin = Clock::now();
    work();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of all threads of the process: what other programs beside it hardly change.
double processor_seconds_of(const std::function<void()>& work) {
    const std::clock_t begin = std::clock();
    work();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// A checkpoint folder that leaves with its owner.
class RandomCheckpoint {
  public:
    RandomCheckpoint() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "tradewind-model-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) {
            throw Error(ErrorKind::failed, "model bench", pattern, "cannot make a folder",
                        "free some space in the temporary folder");
        }
        path_ = pattern;
        write_random_toto2(path_, embedded_shape_config(), 1);
    }
    RandomCheckpoint(const RandomCheckpoint&) = delete;
    RandomCheckpoint& operator=(const RandomCheckpoint&) = delete;
    ~RandomCheckpoint() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

std::shared_ptr<const BarSeries> random_series(std::size_t number, std::size_t bars) {
    auto series = std::make_shared<BarSeries>();
    series->symbol = Symbol("B" + std::to_string(number));
    series->interval_ns = kDay;
    series->daily = true;
    const CounterRandom random(number, series->symbol);
    double close = 100;
    for (std::size_t i = 0; i < bars; ++i) {
        const auto [first, second] = random.normals(kPathOfBars, Date{}, i);
        const double open = close * (1 + 0.002 * second);
        close = open * (1 + 0.01 * first);
        Bar bar;
        bar.start = Timestamp{static_cast<std::int64_t>(i) * kDay};
        bar.end = bar.start + kDay;
        bar.open = price_of(open);
        bar.close = price_of(close);
        bar.high = price_of(std::max(open, close) * 1.004);
        bar.low = price_of(std::min(open, close) * 0.996);
        series->bars.push_back(bar);
    }
    return series;
}

// `symbols` requests of `days` rows, each row with at least `points` moves before it.
std::vector<ForecastRequest> requests_of(std::size_t symbols, std::size_t days,
                                         std::size_t points) {
    std::vector<ForecastRequest> requests;
    for (std::size_t s = 0; s < symbols; ++s) {
        ForecastRequest request;
        request.series = random_series(s, points + days + 1);
        request.symbol = request.series->symbol;
        for (std::size_t day = 0; day < days; ++day) {
            request.rows.push_back({static_cast<std::uint32_t>(points + 1 + day)});
        }
        requests.push_back(std::move(request));
    }
    return requests;
}

// Floating-point operations of one row of four series.
struct Operations {
    double whole = 0;
    double pruned = 0;
};

Operations operations_of(const Toto2Config& config, double tokens) {
    const auto d = static_cast<double>(config.d_model);
    const auto patch = static_cast<double>(config.patch_size);
    const auto heads = static_cast<double>(config.num_heads);
    const double query = heads * static_cast<double>(config.qk_dim);
    const double shared =
        static_cast<double>(config.num_groups) * static_cast<double>(config.qk_dim + config.v_dim);
    const double mixed = heads * static_cast<double>(config.v_dim);
    const double branch = mixed * d + 3 * d * static_cast<double>(config.d_ff);
    const double embedding = 2 * patch * (4 * d + d) + 4 * d * d;
    const double head = 4 * d * d + (4 * d + d) * patch * static_cast<double>(kToto2Quantiles);
    std::int64_t last_time = -1;
    for (std::int64_t n = 0; n < config.num_layers; ++n) {
        if (!config.is_variate_layer(n)) last_time = n;
    }
    Operations operations;
    operations.whole = operations.pruned = tokens * embedding + head;
    for (std::int64_t n = 0; n < config.num_layers; ++n) {
        const bool across = config.is_variate_layer(n);
        const double seen = across ? static_cast<double>(kSeriesCount) : (tokens + 1) / 2;
        const double attention = seen * (query + mixed);
        operations.whole += tokens * (d * (query + shared) + branch + attention);
        const double read = n >= last_time ? 1 : tokens;
        operations.pruned +=
            (n > last_time ? 1 : tokens) * d * shared +
            read * (d * query + branch + (n == last_time ? tokens * (query + mixed) : attention));
    }
    operations.whole *= 2 * static_cast<double>(kSeriesCount);
    operations.pruned *= 2 * static_cast<double>(kSeriesCount);
    return operations;
}

// The plain loop: prepared rows, `batch` at a time.
class PlainLoop {
  public:
    PlainLoop(Network& network, const Checkpoint& checkpoint, std::size_t threads,
              const std::vector<ForecastRequest>& requests, std::size_t bucket_points)
        : network_(network), threads_(static_cast<std::int64_t>(threads)) {
        const auto patch = static_cast<std::size_t>(checkpoint.patch_size());
        points_ = prepared_points(bucket_points, patch, checkpoint.convention());
        for (const ForecastRequest& request : requests) {
            for (const ForecastRow& row : request.rows) {
                std::vector<double> values(kSeriesCount * points_);
                std::vector<std::uint8_t> mask(values.size());
                ensure(prepare_channels(*request.series, row.end_index, bucket_points, patch,
                                        checkpoint.convention(), values, mask),
                       "random bars are usable");
                series_.insert(series_.end(), values.begin(), values.end());
                mask_.insert(mask_.end(), mask.begin(), mask.end());
                ++rows_;
            }
        }
    }

    [[nodiscard]] std::size_t rows() const { return rows_; }

    // Seconds for the first `rows` rows.
    [[nodiscard]] double run(std::size_t rows, std::size_t batch) {
        return seconds_of([&] {
            for (std::size_t first = 0; first < rows; first += batch) {
                const std::size_t count = std::min(batch, rows - first);
                const auto width = static_cast<std::ptrdiff_t>(kSeriesCount * points_);
                const auto from = static_cast<std::ptrdiff_t>(first) * width;
                const auto to = from + static_cast<std::ptrdiff_t>(count) * width;
                NetworkInput input;
                input.batch = static_cast<std::int64_t>(count);
                input.variates = kSeriesCount;
                input.points = static_cast<std::int64_t>(points_);
                input.series.assign(series_.begin() + from, series_.begin() + to);
                input.mask.assign(mask_.begin() + from, mask_.begin() + to);
                NetworkOptions options;
                options.plain_threads = threads_;
                ensure(!network_.run(input, options).quantiles.empty(), "a forward answers");
            }
        });
    }

    // The batch size with the most rows a second: each tried three times, in turn.
    [[nodiscard]] std::size_t best_batch() {
        const std::vector<std::size_t> sizes = {1, 2, 4, 8, 16, 32, 64};
        const std::size_t some = std::min<std::size_t>(rows_, 64);
        std::vector<double> seconds(sizes.size(), 1e300);
        for (int round = 0; round < 3; ++round) {
            for (std::size_t i = 0; i < sizes.size(); ++i) {
                seconds[i] = std::min(seconds[i], run(some, sizes[i]));
            }
        }
        const auto best = std::min_element(seconds.begin(), seconds.end());
        return sizes[static_cast<std::size_t>(best - seconds.begin())];
    }

  private:
    Network& network_;
    std::int64_t threads_;
    std::size_t points_ = 0;
    std::size_t rows_ = 0;
    std::vector<double> series_;
    std::vector<std::uint8_t> mask_;
};

// Production and plain loop over the same requests, in turn.
struct Comparison {
    double production = 0;  // seconds, medians
    double plain = 0;
    double ratio = 0;
    double processor_ratio = 0;
};

Comparison compare(NetworkForecaster& forecaster, const std::vector<ForecastRequest>& requests,
                   PlainLoop& plain, std::size_t batch, int repeats) {
    std::vector<double> production;
    std::vector<double> loop;
    std::vector<double> ratios;
    std::vector<double> processor_ratios;
    std::vector<Forecast> first;
    for (int i = 0; i < repeats; ++i) {
        std::vector<Forecast> answers;
        const double ours = processor_seconds_of([&] {
            production.push_back(seconds_of([&] { answers = forecaster.forecast(requests); }));
        });
        const double theirs =
            processor_seconds_of([&] { loop.push_back(plain.run(plain.rows(), batch)); });
        ratios.push_back(loop.back() / production.back());
        processor_ratios.push_back(theirs / ours);
        if (first.empty()) first = answers;
        for (std::size_t r = 0; r < answers.size(); ++r) {
            if (!answers[r].refusal.empty() || answers[r].values != first[r].values) {
                throw Error(ErrorKind::failed, "model bench", forecaster.id(),
                            "two runs over the same rows differ", "report this machine");
            }
        }
    }
    return {median(production), median(loop), median(ratios), median(processor_ratios)};
}

// The rows of a pass alone, backwards, beside other symbols: the same bytes.
bool same_alone(NetworkForecaster& forecaster, const std::vector<ForecastRequest>& requests) {
    const auto together = forecaster.forecast(requests);
    std::vector<ForecastRequest> turned(requests.rbegin(), requests.rend());
    for (ForecastRequest& request : turned) std::reverse(request.rows.begin(), request.rows.end());
    const auto backwards = forecaster.forecast(turned);
    bool equal = true;
    for (std::size_t r = 0; r < requests.size(); ++r) {
        const Forecast& other = backwards[requests.size() - 1 - r];
        const std::size_t rows = requests[r].rows.size();
        for (std::size_t row = 0; row < rows; ++row) {
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                const auto series = static_cast<Series>(s);
                equal =
                    equal && together[r].at(row, 0, series) == other.at(rows - 1 - row, 0, series);
            }
        }
        ForecastRequest lone = requests[r];
        lone.rows = {requests[r].rows[r % rows]};
        const auto alone = forecaster.forecast(std::span(&lone, 1));
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            const auto series = static_cast<Series>(s);
            equal = equal && together[r].at(r % rows, 0, series) == alone[0].at(0, 0, series);
        }
    }
    return equal;
}

// Products of the sizes that the network asks for, on every thread at once.
double matrix_rate(const Toto2Config& config, std::size_t threads, int repeats) {
    double best = 0;
    WorkerThreads workers(static_cast<unsigned>(threads));
    for (const std::int64_t tokens : {64, 128, 256, 512}) {
        for (int i = 0; i < repeats; ++i) {
            std::vector<double> rates(threads, 0);
            workers.run(threads, [&](std::size_t t) {
                rates[t] = measure_products(tokens, config.d_model, 3 * config.d_model, 200);
            });
            double sum = 0;
            for (const double rate : rates) sum += rate;
            best = std::max(best, sum);
        }
    }
    return best;
}

}  // namespace

NetworkBenchReport bench_network(const NetworkBenchOptions& options) {
    std::optional<RandomCheckpoint> random;
    if (options.model.empty()) random.emplace();
    const Checkpoint checkpoint = Checkpoint::open(random ? random->path() : options.model);
    if (checkpoint.family() != ModelFamily::toto2) {
        throw Error(ErrorKind::usage, "model bench", checkpoint.id(),
                    "the plain loop is that of Toto 2.0", "use a Toto 2.0 checkpoint");
    }
    NetworkForecaster forecaster(checkpoint, open_network(checkpoint), checkpoint.id() + "-cpu-f32",
                                 {}, options.threads);
    const std::unique_ptr<Network> network = open_network(checkpoint);
    forecaster.warm_up();
    NetworkBenchReport report;
    report.producer = forecaster.id();
    report.threads = forecaster.batches_at_once();
    report.matrix_gflops = matrix_rate(checkpoint.toto2(), report.threads, options.repeats);
    const auto patch = static_cast<std::size_t>(checkpoint.patch_size());
    for (std::size_t bucket = 0; bucket <= bucket_of(forecaster.maximum_points()); ++bucket) {
        const std::size_t points = kContextBuckets[bucket];
        const std::size_t shown = std::min(points, forecaster.maximum_points());
        BucketRate rate;
        rate.points = points;
        rate.rows_per_batch = forecaster.rows_per_batch()[bucket];
        const auto requests = requests_of(2 * rate.rows_per_batch, 1, shown);
        PlainLoop plain(*network, checkpoint, report.threads, requests, points);
        rate.plain_batch = plain.best_batch();
        const Comparison times =
            compare(forecaster, requests, plain, rate.plain_batch, options.repeats);
        const auto rows = static_cast<double>(plain.rows());
        const Operations operations = operations_of(
            checkpoint.toto2(),
            static_cast<double>(prepared_points(points, patch, checkpoint.convention()) / patch));
        rate.rows_per_second = rows / times.production;
        rate.gflops = rate.rows_per_second * operations.pruned / 1e9;
        rate.plain_rows_per_second = rows / times.plain;
        rate.plain_gflops = rate.plain_rows_per_second * operations.whole / 1e9;
        report.buckets.push_back(rate);
    }
    const std::size_t points = std::min(kPassPoints, forecaster.maximum_points());
    const auto requests = requests_of(options.symbols, options.days_per_symbol, points);
    PlainLoop plain(*network, checkpoint, report.threads, requests,
                    kContextBuckets[bucket_of(points)]);
    const std::size_t batch = plain.best_batch();
    const Comparison times = compare(forecaster, requests, plain, batch, options.repeats);
    report.pass_forecasts = plain.rows() * kSeriesCount;
    report.pass_seconds = times.production;
    report.plain_pass_seconds = times.plain;
    report.pass_ratio = times.ratio;
    report.pass_processor_ratio = times.processor_ratio;
    report.plain_batch = batch;
    report.bit_equal = same_alone(forecaster, requests);
    return report;
}

namespace {

std::uint64_t resident_bytes() {
    std::ifstream file("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    file >> size >> resident;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

WarmupReport warm_up_model(const std::string& model, unsigned threads) {
    WarmupReport report;
    std::unique_ptr<Forecaster> forecaster;
    report.open_seconds = seconds_of([&] {
        ForecasterOptions options;
        options.model = model;
        options.threads = threads;
        forecaster = open_forecaster(options);
    });
    report.producer = forecaster->id();
    report.warmup_seconds = seconds_of([&] { forecaster->warm_up(); });
    const auto requests = requests_of(1, 1, std::max<std::size_t>(kPassPoints, 64));
    report.first_forecast_seconds = seconds_of([&] {
        const auto answers = forecaster->forecast(requests);
        if (!answers.front().refusal.empty()) {
            throw Error(ErrorKind::failed, "model warmup", report.producer, answers.front().refusal,
                        "use another checkpoint");
        }
    });
    report.resident_bytes = resident_bytes();
    return report;
}

std::string to_json(const NetworkBenchReport& report) {
    nlohmann::ordered_json json;
    json["producer"] = report.producer;
    json["threads"] = report.threads;
    json["matrix_gflops"] = report.matrix_gflops;
    for (const BucketRate& rate : report.buckets) {
        json["buckets"].push_back({{"points", rate.points},
                                   {"rows_per_batch", rate.rows_per_batch},
                                   {"rows_per_second", rate.rows_per_second},
                                   {"gflops", rate.gflops},
                                   {"plain_batch", rate.plain_batch},
                                   {"plain_rows_per_second", rate.plain_rows_per_second},
                                   {"plain_gflops", rate.plain_gflops}});
    }
    json["pass"] = {{"forecasts", report.pass_forecasts},
                    {"seconds", report.pass_seconds},
                    {"plain_seconds", report.plain_pass_seconds},
                    {"plain_batch", report.plain_batch},
                    {"ratio", report.pass_ratio},
                    {"processor_ratio", report.pass_processor_ratio},
                    {"bit_equal", report.bit_equal}};
    return json.dump(2);
}

std::string to_text(const NetworkBenchReport& report) {
    std::string text = "producer  " + report.producer + "\n";
    std::array<char, 160> line{};
    const auto add = [&](const char* format, auto... values) {
        std::snprintf(line.data(), line.size(), format, values...);
        text += line.data();
    };
    add("threads   %zu, matrix products %.1f GFLOP/s\n", report.threads, report.matrix_gflops);
    add("%8s %6s %12s %10s | %12s %10s %6s\n", "points", "batch", "rows/s", "GFLOP/s",
        "plain rows/s", "GFLOP/s", "batch");
    for (const BucketRate& rate : report.buckets) {
        add("%8zu %6zu %12.1f %10.1f | %12.1f %10.1f %6zu\n", rate.points, rate.rows_per_batch,
            rate.rows_per_second, rate.gflops, rate.plain_rows_per_second, rate.plain_gflops,
            rate.plain_batch);
    }
    add("pass      %zu forecasts in %.3f s, plain loop %.3f s (batch %zu)\n", report.pass_forecasts,
        report.pass_seconds, report.plain_pass_seconds, report.plain_batch);
    add("ratio     %.2f of the clock, %.2f of processor time; %s\n", report.pass_ratio,
        report.pass_processor_ratio,
        report.bit_equal ? "bit-equal alone and in any order" : "NOT bit-equal");
    return text;
}

std::string to_json(const WarmupReport& report) {
    const nlohmann::ordered_json json{{"producer", report.producer},
                                      {"open_seconds", report.open_seconds},
                                      {"warmup_seconds", report.warmup_seconds},
                                      {"first_forecast_seconds", report.first_forecast_seconds},
                                      {"resident_bytes", report.resident_bytes}};
    return json.dump(2);
}

std::string to_text(const WarmupReport& report) {
    std::array<char, 240> text{};
    std::snprintf(text.data(), text.size(),
                  "producer  %s\nopened    %.3f s\nwarmed up %.3f s\nfirst row %.4f s\n"
                  "resident  %.1f MB\n",
                  report.producer.c_str(), report.open_seconds, report.warmup_seconds,
                  report.first_forecast_seconds, static_cast<double>(report.resident_bytes) / 1e6);
    return text.data();
}

}  // namespace tradewind::model

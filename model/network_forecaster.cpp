#include "model/network_forecaster.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <utility>

#include "messages/error.hpp"
#include "model/causal_patch_scaler.hpp"
#include "model/input_preparation.hpp"
#include "model/request_queue.hpp"

namespace tradewind::model {

namespace {

// Below this many moves the volatility of a context is a guess.
constexpr std::size_t kFewestPoints = 20;

std::int64_t round_up(std::int64_t value, std::int64_t unit) {
    return (value + unit - 1) / unit * unit;
}

// The power of two that lifts observed moves to a deviation between 64 and 128: Toto 1.0 takes what
// varies by less than about one for a constant. Exact, so the way back is, too.
double lift_of(std::span<const double> values, std::span<const std::uint8_t> mask) {
    constexpr int kHighest = 40;
    RunningMoments moments;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (mask[i] != 0) moments.add(values[i]);
    }
    const double deviation = std::sqrt(moments.variance());
    const int power = deviation > 0 ? std::min(kHighest, 6 - std::ilogb(deviation)) : kHighest;
    return std::ldexp(1.0, power);
}

}  // namespace

NetworkForecaster::NetworkForecaster(Checkpoint checkpoint, std::unique_ptr<Network> network,
                                     const std::string& id, const BatchPlannerOptions& shapes,
                                     unsigned threads)
    : checkpoint_(std::move(checkpoint)),
      network_(std::move(network)),
      id_(id),
      shapes_(shapes),
      workers_(network_->traits().concurrent ? threads : 1) {
    const BatchPlanner validated(shapes);
    const auto patch = static_cast<std::size_t>(checkpoint_.patch_size());
    // Buckets are whole patches, and a code patch has room for the last code position.
    if (kContextBuckets.front() % patch != 0 ||
        (checkpoint_.convention().channel_code && patch < 32)) {
        throw Error(ErrorKind::data, "patch_size " + std::to_string(patch), checkpoint_.directory(),
                    "does not fit the context buckets or channel code",
                    "use a model with patches of 32 points");
    }
    if (lifted() && checkpoint_.convention().channel_code) {
        throw Error(ErrorKind::data, "metadata channel_code", checkpoint_.directory(),
                    "is not an input of Toto 1.0", "use a model without a channel code");
    }
}

std::size_t NetworkForecaster::minimum_points() const {
    return std::max(kFewestPoints, static_cast<std::size_t>(checkpoint_.patch_size()));
}

std::size_t NetworkForecaster::maximum_points() const {
    return std::min(checkpoint_.convention().context_points, kContextBuckets.back());
}

bool NetworkForecaster::lifted() const {
    return checkpoint_.family() == ModelFamily::toto1;
}

std::size_t NetworkForecaster::context_of(std::uint32_t end_index) const {
    const std::size_t moves = std::min<std::size_t>(end_index - 1, maximum_points());
    if (!lifted()) return moves;
    // Empty patches in front of a context change what Toto 1.0 says: the newest moves that fill a
    // bucket, or all where there are fewer than the smallest holds.
    std::size_t whole = std::min(moves, kContextBuckets.front());
    for (const std::size_t points : kContextBuckets) {
        if (points <= moves) whole = points;
    }
    return whole;
}

std::int64_t NetworkForecaster::horizon_of(const ForecastRequest& request) const {
    // Toto 1.0 computes one point alone or a whole patch.
    if (lifted() && request.horizon == 1) return 1;
    return round_up(request.horizon, checkpoint_.patch_size());
}

std::string NetworkForecaster::examine(const ForecastRequest& request,
                                       std::vector<std::size_t>& points) const {
    std::string refusal = refusal_of(request, minimum_points());
    if (!refusal.empty()) return refusal;
    std::uint32_t last = 0;
    for (const ForecastRow& row : request.rows) last = std::max(last, row.end_index);
    // unusable[i]: moves into the bars before i that no network can take.
    std::vector<std::uint32_t> unusable(last + 1, 0);
    for (std::uint32_t i = 1; i < last; ++i) {
        unusable[i + 1] =
            unusable[i] + (usable_move(*request.series, i, checkpoint_.convention()) ? 0 : 1);
    }
    points.clear();
    for (const ForecastRow& row : request.rows) {
        const std::size_t moves = context_of(row.end_index);
        const std::size_t prepared =
            std::min<std::size_t>(row.end_index - 1, kContextBuckets[bucket_of(moves)]);
        if (unusable[row.end_index] != unusable[row.end_index - prepared]) {
            return "a price before bar " + std::to_string(row.end_index) +
                   " is not positive or a move is absurd";
        }
        points.push_back(moves);
    }
    return {};
}

// Rows of one shape: at most the rows of their bucket, horizons of equal whole patches. None: an
// inert batch.
void NetworkForecaster::run_rows(std::size_t bucket, std::span<BatchedRow*> places) const {
    const auto patch = static_cast<std::size_t>(checkpoint_.patch_size());
    const InputConvention& convention = checkpoint_.convention();
    const std::size_t context = std::min(kContextBuckets[bucket], maximum_points());
    const std::size_t points = prepared_points(kContextBuckets[bucket], patch, convention);
    const std::size_t row_values = kSeriesCount * points;
    const std::size_t rows = network_->traits().rows_stand_alone
                                 ? std::max<std::size_t>(1, places.size())
                                 : shapes_.rows_per_batch[bucket];

    NetworkInput input;
    input.batch = static_cast<std::int64_t>(rows);
    input.variates = kSeriesCount;
    input.points = static_cast<std::int64_t>(points);
    input.series.assign(rows * row_values, 0.0);  // padding rows: observed zeros, inert
    input.mask.assign(rows * row_values, 1);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const ForecastRequest& request = *places[i]->request;
        const bool usable = prepare_channels(
            *request.series, request.rows[places[i]->row].end_index, kContextBuckets[bucket], patch,
            convention, std::span(input.series).subspan(i * row_values, row_values),
            std::span(input.mask).subspan(i * row_values, row_values));
        ensure(usable, "rows are examined before they enter a batch");
        // A context shorter than its bucket: older moves than the model's context stay hidden.
        for (std::size_t s = 0; s < kSeriesCount && context < kContextBuckets[bucket]; ++s) {
            const auto start =
                input.mask.begin() + static_cast<std::ptrdiff_t>(i * row_values + (s + 1) * points -
                                                                 kContextBuckets[bucket]);
            std::fill(start, start + static_cast<std::ptrdiff_t>(kContextBuckets[bucket] - context),
                      std::uint8_t{0});
        }
    }
    std::int64_t horizon = 1;
    for (const BatchedRow* place : places) {
        horizon = std::max<std::int64_t>(horizon, place->request->horizon);
    }
    std::vector<double> lifts(places.size() * kSeriesCount, 1.0);
    for (std::size_t channel = 0; lifted() && channel < lifts.size(); ++channel) {
        const auto values = std::span(input.series).subspan(channel * points, points);
        lifts[channel] = lift_of(values, std::span(input.mask).subspan(channel * points, points));
        for (double& value : values) value *= lifts[channel];
    }
    NetworkOptions options;
    options.horizon = horizon;
    const NetworkOutput output = network_->run(input, options);
    ensure(output.quantiles.size() ==
               kDeciles * rows * kSeriesCount * static_cast<std::size_t>(horizon),
           "a network answers for nine levels and every row");

    for (std::size_t i = 0; i < places.size(); ++i) {
        const ForecastRequest& request = *places[i]->request;
        std::vector<float> moves(kDeciles * kSeriesCount * request.horizon);
        for (std::size_t q = 0; q < kDeciles; ++q) {
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                const auto from = output.quantiles.begin() +
                                  static_cast<std::ptrdiff_t>(((q * rows + i) * kSeriesCount + s) *
                                                              static_cast<std::size_t>(horizon));
                const double lift = lifts[i * kSeriesCount + s];
                std::transform(from, from + request.horizon,
                               moves.begin() + static_cast<std::ptrdiff_t>((q * kSeriesCount + s) *
                                                                           request.horizon),
                               [lift](float move) { return static_cast<float>(move / lift); });
            }
        }
        places[i]->finite =
            to_cumulative_deciles(*request.series, request.rows[places[i]->row].end_index,
                                  convention, moves, request.horizon, places[i]->values);
    }
}

void NetworkForecaster::run_batch(RowsOfBatch& batch) const {
    batch.failure = nullptr;
    // The shape of a forward follows from the request: one forward per padded horizon.
    std::map<std::int64_t, std::vector<BatchedRow*>> by_horizon;
    for (BatchedRow& row : batch.rows) by_horizon[horizon_of(*row.request)].push_back(&row);
    if (batch.rows.empty()) by_horizon[0];
    try {
        for (auto& [horizon, rows] : by_horizon) run_rows(batch.bucket, rows);
    } catch (...) {
        batch.failure = std::current_exception();
    }
}

void NetworkForecaster::run(std::span<RowsOfBatch> batches) {
    workers_.run(batches.size(), [&](std::size_t i) { run_batch(batches[i]); });
}

std::vector<Forecast> NetworkForecaster::forecast(std::span<const ForecastRequest> requests) {
    return answer_all(*this, requests);
}

void NetworkForecaster::warm_up() {
    // A series that is long enough for every bucket, through preparation, network and back.
    auto series = std::make_shared<BarSeries>();
    for (std::size_t i = 0; i < kContextBuckets.back() + 2; ++i) {
        Bar bar;
        bar.start = Timestamp{static_cast<std::int64_t>(i) * kDay};
        bar.open = bar.high = bar.low = bar.close = Price::whole(100 + static_cast<int>(i % 7));
        series->bars.push_back(bar);
    }
    for (std::size_t bucket = 0; bucket <= bucket_of(maximum_points()); ++bucket) {
        // One point alone is a shape of its own for Toto 1.0.
        for (std::uint32_t horizon = 1; horizon <= (lifted() ? 2U : 1U); ++horizon) {
            ForecastRequest request;
            request.series = series;
            request.horizon = horizon;
            const std::size_t moves = std::min(kContextBuckets[bucket], maximum_points());
            // Rows that stand alone run in blocks of one shape, however many there are.
            const std::size_t rows =
                network_->traits().rows_stand_alone ? 1 : shapes_.rows_per_batch[bucket];
            request.rows.assign(rows, {static_cast<std::uint32_t>(moves + 1)});
            warm_up_shape(bucket, request);
        }
    }
}

void NetworkForecaster::warm_up_shape(std::size_t bucket, const ForecastRequest& request) {
    std::mutex failure_mutex;
    std::exception_ptr failure;
    workers_.on_every_worker([&] {
        const std::size_t width = kSeriesCount * request.horizon;
        std::vector<Deciles> values(request.rows.size() * width);
        RowsOfBatch batch;
        batch.bucket = bucket;
        for (std::uint32_t row = 0; row < request.rows.size(); ++row) {
            batch.rows.push_back(
                {&request, row, std::span(values).subspan(row * width, width), false});
        }
        run_batch(batch);
        const bool answered = std::all_of(batch.rows.begin(), batch.rows.end(),
                                          [](const BatchedRow& row) { return row.finite; });
        if (!batch.failure && answered) return;
        const std::lock_guard lock(failure_mutex);
        failure = batch.failure ? batch.failure
                                : std::make_exception_ptr(Error(ErrorKind::failed, "warm-up", id_,
                                                                "a forecast is not finite",
                                                                "use another checkpoint"));
    });
    if (failure) std::rethrow_exception(failure);
}

std::unique_ptr<Forecaster> open_network_forecaster(const ForecasterOptions& options) {
    if (!options.parameters.empty()) {
        throw Error(ErrorKind::usage, "parameter " + options.parameters.begin()->first,
                    options.model, "is not known for a network", "leave it out");
    }
    Checkpoint checkpoint = Checkpoint::open(options.model);
    NetworkPlacement placement;
    placement.device = options.device;
    std::unique_ptr<Network> network = open_network(checkpoint, placement);
    placement.precision = options.precision.empty() ? standard_precision(options.device)
                                                    : parse_precision(options.precision);
    const std::string id =
        checkpoint.id() + "-" + options.device + "-" + name_of(placement.precision);
    return std::make_unique<NetworkForecaster>(std::move(checkpoint), std::move(network), id,
                                               BatchPlannerOptions{}, options.threads);
}

}  // namespace tradewind::model

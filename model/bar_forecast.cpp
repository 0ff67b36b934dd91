// `tradewind model forecast --bars`: the production path over recorded bars, as CSV.
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include "messages/error.hpp"
#include "model/commands.hpp"

namespace tradewind::model {

namespace {

constexpr std::size_t kRowsPerRequest = 256;

struct ForecastPlace {
    Timestamp time;
    Symbol symbol;
    std::size_t forecast = 0;
    std::size_t row = 0;
};

// Shortest decimal that reads back as the same float, never in exponent notation.
void append_number(std::string& text, float value) {
    std::array<char, 64> digits{};
    if (value == 0) value = 0;  // no negative zero
    const auto [end, fault] = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                            std::chars_format::fixed);
    ensure(fault == std::errc{}, "a float has at most 60 digits");
    text.append(digits.data(), end);
}

std::vector<ForecastRequest> requests_of(const BarForecastOptions& options,
                                         std::size_t minimum_points, BarForecastSummary& summary) {
    std::vector<ForecastRequest> requests;
    for (const BarSeriesPtr& series : options.series) {
        ForecastRequest request;
        request.symbol = series->symbol;
        request.series = series;
        request.horizon = options.horizon;
        for (std::size_t i = 0; i < series->bars.size(); ++i) {
            const Timestamp time = series->bars[i].start;
            if (options.from && time < *options.from) continue;
            if (options.to && time > *options.to) break;
            if (i < minimum_points + 1) {
                ++summary.skipped;
                continue;
            }
            request.rows.push_back({static_cast<std::uint32_t>(i)});
            if (request.rows.size() == kRowsPerRequest) {
                requests.push_back(request);
                request.rows.clear();
            }
        }
        if (!request.rows.empty()) requests.push_back(request);
    }
    return requests;
}

class CsvFile {
  public:
    explicit CsvFile(const std::string& path)
        : path_(path), partial_(path + ".partial"), file_(std::fopen(partial_.c_str(), "wb")) {
        if (file_ == nullptr) fail("cannot create file");
    }
    CsvFile(const CsvFile&) = delete;
    CsvFile& operator=(const CsvFile&) = delete;
    ~CsvFile() {
        if (file_ != nullptr) {
            std::fclose(file_);
            std::remove(partial_.c_str());
        }
    }
    void write(const std::string& text) {
        if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) {
            fail("cannot write file");
        }
    }
    void finish() {
        std::FILE* const file = std::exchange(file_, nullptr);
        if (std::fclose(file) != 0 || std::rename(partial_.c_str(), path_.c_str()) != 0) {
            fail("cannot write file");
        }
    }

  private:
    [[noreturn]] void fail(const char* what) {
        throw Error(ErrorKind::usage, what, path_, std::strerror(errno), "choose another --out");
    }
    std::string path_;
    std::string partial_;
    std::FILE* file_;
};

}  // namespace

BarForecastSummary forecast_bars(const BarForecastOptions& options) {
    if (options.horizon < 1 || options.horizon > kMaximumHorizon) {
        throw Error(ErrorKind::usage, "option horizon", std::to_string(options.horizon),
                    "is outside 1 to " + std::to_string(kMaximumHorizon));
    }
    const std::unique_ptr<Forecaster> forecaster = open_forecaster(options.forecaster);
    BarForecastSummary summary;
    summary.producer = forecaster->id();
    const std::vector<ForecastRequest> requests =
        requests_of(options, forecaster->minimum_points(), summary);
    const std::vector<Forecast> forecasts = forecaster->forecast(requests);

    std::vector<ForecastPlace> places;
    for (std::size_t i = 0; i < forecasts.size(); ++i) {
        if (!forecasts[i].refusal.empty()) {
            throw Error(ErrorKind::data, "forecast of " + forecasts[i].symbol.to_string(), "bars",
                        forecasts[i].refusal);
        }
        for (std::size_t row = 0; row < forecasts[i].rows.size(); ++row) {
            const std::uint32_t end_index = forecasts[i].rows[row].end_index;
            places.push_back(
                {requests[i].series->bars[end_index].start, forecasts[i].symbol, i, row});
        }
    }
    if (places.empty()) {
        throw Error(ErrorKind::data, "no bar to forecast", "bars",
                    "no bar in the range has " + std::to_string(forecaster->minimum_points()) +
                        " moves before it",
                    "widen --from and --to or give more history");
    }
    std::stable_sort(places.begin(), places.end(), [](const auto& a, const auto& b) {
        return a.time != b.time ? a.time < b.time : a.symbol < b.symbol;
    });

    CsvFile file(options.output);
    std::string text = "time,symbol,series,step,q10,q20,q30,q40,q50,q60,q70,q80,q90\n";
    for (const ForecastPlace& place : places) {
        const std::string head = format_time(place.time) + "," + place.symbol.to_string() + ",";
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            const auto series = static_cast<Series>(s);
            for (std::uint32_t step = 0; step < options.horizon; ++step) {
                text += head;
                text += name_of(series);
                text += "," + std::to_string(step + 1);
                for (const float value : forecasts[place.forecast].at(place.row, step, series)) {
                    text += ",";
                    append_number(text, value);
                }
                text += "\n";
            }
        }
        if (text.size() > (1U << 20U)) {
            file.write(text);
            text.clear();
        }
    }
    file.write(text);
    file.finish();
    summary.forecasts = places.size();
    return summary;
}

}  // namespace tradewind::model

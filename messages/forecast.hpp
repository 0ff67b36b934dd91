// Requests to and answers from the inference owner.
//
// One request carries the rows of one symbol: `rows` of equal meaning, each a group of channels
// (close, high, low, open of one symbol). Values are relative moves or whatever input form the
// model's metadata names. Shapes are row-major. Values are double on the way in, float on the way
// out, and always finite. Source: strategies spec 2.2 and 5.7, forecast-models spec 9.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

enum class Series : std::uint8_t { close, high, low, open };
constexpr std::size_t kSeriesCount = 4;
[[nodiscard]] constexpr const char* name_of(Series series) {
    constexpr const char* kNames[] = {"close", "high", "low", "open"};
    return kNames[static_cast<std::size_t>(series)];
}

constexpr std::size_t kDeciles = 9;  // levels 0.1 ... 0.9
using Deciles = std::array<float, kDeciles>;

// One context: the bars of a symbol before day `end_index`, of which the model takes the newest.
struct ForecastRow {
    std::uint32_t end_index = 0;  // forecast is for this bar index; context = bars before it
};

struct ForecastRequest {
    std::uint64_t id = 0;  // echo; content-derived by the caller
    Symbol symbol;
    std::shared_ptr<const struct BarSeries> series;
    std::vector<ForecastRow> rows;
    std::uint32_t horizon = 1;
    std::int64_t deadline_ns = 0;  // steady time; 0: none
    std::int32_t priority = 0;     // higher first; exits before entries
};

// Deciles of the relative move of each series from bar end_index - 1 to end_index (step 1), and
// cumulative for further steps. values[(row * horizon + step) * kSeriesCount + series].
struct Forecast {
    std::uint64_t id = 0;
    Symbol symbol;
    std::uint32_t horizon = 1;
    std::vector<ForecastRow> rows;
    std::vector<Deciles> values;
    std::string producer;  // model id with weight and parameter hash
    std::string refusal;   // not empty: no values, and why

    [[nodiscard]] const Deciles& at(std::size_t row, std::size_t step, Series series) const {
        return values[(row * horizon + step) * kSeriesCount + static_cast<std::size_t>(series)];
    }
};

// The point value of a quantile forecaster is its median, its band p60 - p40.
[[nodiscard]] inline double point_value(const Deciles& deciles) {
    return deciles[4];
}
[[nodiscard]] inline double band(const Deciles& deciles) {
    return static_cast<double>(deciles[5]) - static_cast<double>(deciles[3]);
}

}  // namespace tradewind

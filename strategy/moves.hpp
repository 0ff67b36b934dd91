// Alignment: turns bars and 1-step forecasts into the realised and predicted moves of one day.
//
// Day d is a bar index; its base is the close of bar d - 1 and its forecast is a pure function of
// the bars before d. Two alignments exist: `exact` relates everything to the base close; `legacy`
// keeps the reference's additive approximation and its one-day slip of directional returns, for
// differential tests. Pure; any thread. Source: strategies spec 2.2, 2.3 (H14, H15).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "messages/bar.hpp"
#include "messages/forecast.hpp"
#include "strategy/profit_kernel.hpp"

namespace tradewind::strategy {

enum class Alignment : std::uint8_t { exact, legacy };

// The point values of one day's forecasts: the move of each series relative to its own last value.
struct PointForecast {
    std::array<double, kSeriesCount> move{};
    double close_band = 0;  // p60 - p40 of the close

    [[nodiscard]] double of(Series series) const { return move[static_cast<std::size_t>(series)]; }
    friend bool operator==(const PointForecast&, const PointForecast&) = default;
};

// Forecasts of one symbol by day. Each day is computed once and shared by all rows; the owner drops
// it when a bar is revised.
class DayForecasts {
  public:
    void set(std::uint32_t day, const PointForecast& forecast) { days_[day] = forecast; }
    // Takes the medians of the first step of every row. Rows of a refusal are not added.
    void add(const Forecast& forecast);
    [[nodiscard]] const PointForecast* find(std::uint32_t day) const;
    void forget_before(std::uint32_t day) { days_.erase(days_.begin(), days_.lower_bound(day)); }
    void clear() { days_.clear(); }
    [[nodiscard]] std::size_t size() const { return days_.size(); }

  private:
    std::map<std::uint32_t, PointForecast> days_;
};

struct AlignedDay {
    std::uint32_t day = 0;
    double base = 0;             // close of the bar before
    DayMoves realised;           // c, h, l
    Bracket predicted;           // h^, l^ before offsets and clamping
    double predicted_close = 0;  // c^
    double close_band = 0;
    double directional_return = 0;  // what a close-to-close signal of this day earns
    // Each series relative to its own last value, as the directional and take-profit rules want it.
    double own_high = 0;
    double own_low = 0;
    double predicted_own_high = 0;
    double predicted_own_low = 0;
    // What percentage limits are made of and tested against, relative to `base`: the predicted
    // extremes and this day's bar; under legacy the own moves and the base bar itself (H23).
    Bracket limit_predicted;
    DayMoves limit_bar;
};

// `day` is at least 1 (legacy: and day + 1 exists), below series.bars.size().
[[nodiscard]] AlignedDay align_day(const BarSeries& series, std::uint32_t day,
                                   const PointForecast& forecast, Alignment alignment);

// First and one past the last evaluated day of the row that sees bars 0 ... end - 1. Exact: the
// last `window` days. Legacy: the same without the newest.
struct DayRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;  // exclusive
    [[nodiscard]] std::uint32_t size() const { return last - first; }
};
[[nodiscard]] DayRange evaluated_days(std::uint32_t end, std::uint32_t window, Alignment alignment);

// The day whose forecast gives a row's live prices: the coming bar; legacy: the newest known (H12).
[[nodiscard]] constexpr std::uint32_t live_day(std::uint32_t end, Alignment alignment) {
    return alignment == Alignment::exact ? end : end - 1;
}

// Predicted prices for the bar after `end - 1`, as moves of `base` (its close).
struct LiveForecast {
    double base = 0;
    double close_move = 0;
    Bracket moves;
    // High and low relative to their own last values; never repaired.
    double own_high_move = 0;
    double own_low_move = 0;

    [[nodiscard]] double close() const { return base * (1.0 + close_move); }
    [[nodiscard]] double high() const { return base * (1.0 + moves.high); }
    [[nodiscard]] double low() const { return base * (1.0 + moves.low); }
    // low <= close <= high is restored by widening (an inverted pair first collapses to the close).
    // Returns true if anything moved (H27).
    bool repair();
};
[[nodiscard]] LiveForecast live_forecast(const BarSeries& series, std::uint32_t end,
                                         const PointForecast& forecast);

}  // namespace tradewind::strategy

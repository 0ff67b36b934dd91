// Which bars a model may learn from and which ones judge it: the split of the training recipe.
//
// Daily series are cut by date, hourly and minute ones by their share of bars. What lies between
// training and test is for choices made while a model is made. Pure; any thread.
// Source: training recipe 1.
#pragma once

#include <algorithm>
#include <cstdint>

#include "messages/bar.hpp"
#include "messages/time.hpp"
#include "model/market_class.hpp"

namespace tradewind::model {

struct DataSplit {
    Date daily_training_end = Date{19905};  // 2024-07-01: training bars start before it
    Date daily_test_begin = Date{20089};    // 2025-01-01: test bars start at or after it
    double intraday_training_share = 0.7;   // the first bars
    double intraday_test_share = 0.18;      // the last bars
};

[[nodiscard]] inline bool is_daily(const BarSeries& series) {
    const MarketClass market_class = market_class_of(series);
    return market_class == MarketClass::daily_stocks || market_class == MarketClass::daily_crypto;
}

// The first bar that starts at or after a date (its UTC midnight).
[[nodiscard]] inline std::uint32_t first_bar_from(const BarSeries& series, Date date) {
    const auto found =
        std::lower_bound(series.bars.begin(), series.bars.end(), utc_midnight(date),
                         [](const Bar& bar, Timestamp time) { return bar.start < time; });
    return static_cast<std::uint32_t>(found - series.bars.begin());
}

// Bars [0, training_bars) are the training part.
[[nodiscard]] inline std::uint32_t training_bars(const BarSeries& series, const DataSplit& split) {
    if (is_daily(series)) return first_bar_from(series, split.daily_training_end);
    return static_cast<std::uint32_t>(split.intraday_training_share *
                                      static_cast<double>(series.bars.size()));
}

// Bars from here on are the time-ordered hold-out.
[[nodiscard]] inline std::uint32_t test_begin(const BarSeries& series, const DataSplit& split) {
    if (is_daily(series)) return first_bar_from(series, split.daily_test_begin);
    return static_cast<std::uint32_t>((1 - split.intraday_test_share) *
                                      static_cast<double>(series.bars.size()));
}

}  // namespace tradewind::model

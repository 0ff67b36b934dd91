// Random bars for laws: a seeded walk of daily bars with plausible ranges.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

#include "messages/bar.hpp"

namespace tradewind::test {

[[nodiscard]] inline BarSeries random_series(std::uint64_t seed, std::size_t bars,
                                             const char* symbol = "AAA", double drift = 0.0) {
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(0, 1);
    BarSeries series;
    series.symbol = Symbol(symbol);
    series.interval_ns = kDay;
    series.daily = true;
    double close = 100;
    for (std::size_t i = 0; i < bars; ++i) {
        const double open = close * (1 + 0.004 * normal(random));
        close = open * (1 + drift + 0.015 * normal(random));
        const double high = std::max(open, close) * (1 + 0.006 * std::abs(normal(random)));
        const double low = std::min(open, close) * (1 - 0.006 * std::abs(normal(random)));
        Bar bar;
        bar.start = utc_midnight(date_of(2023, 1, 2) + static_cast<int>(i));
        bar.end = bar.start + kDay;
        const Price cent = Price::of("0.01");
        bar.open = nearest_tick(price_of(open), cent);
        bar.high = ceil_to_tick(price_of(high), cent);
        bar.low = floor_to_tick(price_of(low), cent);
        bar.close = nearest_tick(price_of(close), cent);
        bar.volume = 1e6;
        series.bars.push_back(bar);
    }
    return series;
}

}  // namespace tradewind::test

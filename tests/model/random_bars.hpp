// A reproducible walk of bars for tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <string>

#include "messages/bar.hpp"

namespace tradewind::model::test {

[[nodiscard]] inline std::shared_ptr<BarSeries> random_bars(const std::string& symbol,
                                                            std::size_t count, std::uint64_t seed) {
    auto series = std::make_shared<BarSeries>();
    series->symbol = Symbol(symbol);
    series->interval_ns = kDay;
    series->daily = true;
    std::uint64_t state = seed * 2 + 1;
    const auto uniform = [&state] {  // in (-1, 1)
        state = state * 6364136223846793005U + 1442695040888963407U;
        return static_cast<double>(static_cast<std::int64_t>(state)) * 0x1p-63;
    };
    double close = 100;
    for (std::size_t i = 0; i < count; ++i) {
        const double open = close * (1 + 0.005 * uniform());
        close = open * (1 + 0.02 * uniform());
        const double high = std::max(open, close) * (1 + 0.01 * std::abs(uniform()));
        const double low = std::min(open, close) * (1 - 0.01 * std::abs(uniform()));
        Bar bar;
        bar.start = Timestamp{static_cast<std::int64_t>(i) * kDay};
        bar.end = bar.start + kDay;
        bar.open = price_of(open);
        bar.high = price_of(high);
        bar.low = price_of(low);
        bar.close = price_of(close);
        series->bars.push_back(bar);
    }
    return series;
}

}  // namespace tradewind::model::test

// Bars and a small network for the tests of training.
#pragma once

#include <cmath>
#include <cstdint>

#include "messages/bar.hpp"
#include "model/toto2_config.hpp"
#include "model/training/parameters.hpp"
#include "model/training/synthetic_bars.hpp"

namespace tradewind::model::test {

// Two layers, the second across variates; a thousandth of the embedded network's arithmetic.
inline Toto2Config tiny_config() {
    Toto2Config config = embedded_config();
    config.d_model = 16;
    config.qk_dim = config.v_dim = 8;
    config.num_layers = config.layer_group_size = 2;
    config.d_ff = 24;
    return config;
}

inline BarWindow random_window(std::size_t bars, std::uint32_t seed) {
    Draws draws(seed, DrawPurpose::window, 0, 0);
    SyntheticMarket market;
    market.scale = 0.02;
    market.gap_share = 0.2;
    market.slow_half_life = 50;
    market.slow_deviation = 0.4;
    return synthetic_bars(market, bars, draws);
}

// The same prices as fixed decimals, around 100.
inline BarSeries series_of(const BarWindow& window) {
    BarSeries series;
    series.symbol = Symbol("TEST");
    series.interval_ns = kDay;
    series.daily = true;
    const auto price = [](double log_price) { return price_of(100 * std::exp(log_price)); };
    for (std::size_t i = 0; i < window.size(); ++i) {
        Bar bar;
        bar.start = Timestamp{static_cast<std::int64_t>(i) * kDay};
        bar.end = bar.start + kDay;
        bar.open = price(window[i].open);
        bar.high = price(window[i].high);
        bar.low = price(window[i].low);
        bar.close = price(window[i].close);
        bar.suspect = !window[i].usable;
        series.bars.push_back(bar);
    }
    return series;
}

}  // namespace tradewind::model::test

// Synthetic bars for training: stochastic volatility (two speeds, regimes, seasons), GJR-GARCH,
// fat tails, jumps, overnight gaps, an intraday path that makes high and low, and now and then
// bid-ask noise, idle bars or a directional effect. Parameters are drawn anew for every series.
// Pure; about 1 us a bar. Source: training recipe 4.3.
#pragma once

#include <cstddef>

#include "model/training/bar_window.hpp"
#include "model/training/draws.hpp"

namespace tradewind::model {

// What one series is made of; 0 or false: the part is absent. Lengths in bars.
struct SyntheticMarket {
    double slow_half_life = 0, slow_deviation = 0;  // of log volatility
    double fast_half_life = 0, fast_deviation = 0;
    double leverage = 0;  // correlation of the fast part with the last standardised move
    double switch_probability = 0, regime_log_factor = 0;
    double season_period = 0;
    double season_amplitude[2] = {0, 0}, season_phase[2] = {0, 0};
    double arch = 0, asymmetry = 0, persistence = 0;  // arch 0: no GARCH
    double tail_degrees = 0;                          // 0: normal
    double jump_probability = 0, jump_deviation = 0;
    double gap_share = 0;  // of the variance of a bar that lies before its open
    std::size_t path_steps = 6;
    double noise = 0;  // half the bid-ask distance, in units of the bar's deviation
    double idle_share = 0;
    double autoregression = 0, drift = 0, skew = 0;
    double scale = 0.01;  // typical deviation of a bar's log move
};

[[nodiscard]] SyntheticMarket draw_market(Draws& draws);

// `bars` bars after a burn-in of 80.
[[nodiscard]] BarWindow synthetic_bars(const SyntheticMarket& market, std::size_t bars,
                                       Draws& draws);

}  // namespace tradewind::model

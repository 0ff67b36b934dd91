// The directional family: strategies that hold a side from close to close, and the two that trade
// one level inside the day (take-profit, high-low). Pure functions of one window.
//
// Days come in ascending order. Signals are -1, 0, +1. Returns are fractions per day after fees and
// half the spread. Source: strategies spec 3.4, 3.5 (H21, H22).
#pragma once

#include <span>
#include <vector>

#include "strategy/metrics.hpp"
#include "strategy/moves.hpp"

namespace tradewind::strategy {

struct TradingCosts {
    double fee = 0;           // per side, fraction of notional
    double spread_ratio = 1;  // ask / bid
    double periods_per_year = 252;
    bool long_only = false;  // coins

    [[nodiscard]] double half_spread() const {
        return (spread_ratio > 1 ? spread_ratio - 1 : 1 - spread_ratio) / 2;
    }
};

struct DirectionalResult {
    std::vector<double> signals;
    std::vector<double> returns;
    ReturnMetrics metrics;
    double final_day_return = 0;
};

// Turns a signal series into returns: signal x return less |change of signal| x (fee + half
// spread). A series that uses all of +1, -1 and 0 pays 0.523 of the fee.
[[nodiscard]] DirectionalResult evaluate_signals(std::vector<double> signals,
                                                 std::span<const AlignedDay> days,
                                                 const TradingCosts& costs);

[[nodiscard]] DirectionalResult simple_strategy(std::span<const AlignedDay> days,
                                                const TradingCosts& costs);
[[nodiscard]] DirectionalResult all_signals_strategy(std::span<const AlignedDay> days,
                                                     const TradingCosts& costs);
// Long while the forecast is positive. Its metrics are those of its own signals (H21); the return
// of simply holding is held_return below.
[[nodiscard]] DirectionalResult buy_and_hold_signals(std::span<const AlignedDay> days,
                                                     const TradingCosts& costs);
[[nodiscard]] DirectionalResult unprofit_shutdown_strategy(std::span<const AlignedDay> days,
                                                           const TradingCosts& costs);
// Trades only where the forecast leaves its own uncertainty band times `guard`.
[[nodiscard]] DirectionalResult ci_guard_strategy(std::span<const AlignedDay> days,
                                                  const TradingCosts& costs, double guard = 1.0);

// Compounded return of holding over the window, less one fee: a benchmark, reported apart.
[[nodiscard]] double held_return(std::span<const AlignedDay> days, double fee);

// Enters at the base close on the side of the forecast and takes profit at the predicted extreme.
// LEGACY shorts coins too; `coins_may_short` reproduces that (H22).
[[nodiscard]] DirectionalResult take_profit_strategy(std::span<const AlignedDay> days,
                                                     const TradingCosts& costs,
                                                     bool coins_may_short = false);
// Enters at the predicted low (short: high) if it is touched, else at the close; leaves at the
// close.
[[nodiscard]] DirectionalResult high_low_strategy(std::span<const AlignedDay> days,
                                                  const TradingCosts& costs);

}  // namespace tradewind::strategy

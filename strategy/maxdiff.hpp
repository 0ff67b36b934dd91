// The bracket strategies: MaxDiff (one side a day) and MaxDiff always on (both sides, coins only
// long). Entry limit at one predicted extreme, target at the other, both moved by fitted offsets.
//
// Pure functions of one window; the offsets come from the exact solver (or the search that
// `search` names), tried with and without closing at the end of the day. What is reported is base +
// 0.3 x optimised, since the offsets are judged on the days that chose them (H19). Source:
// strategies spec 3.2, 3.3.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "messages/order.hpp"
#include "strategy/exact_solver.hpp"
#include "strategy/metrics.hpp"
#include "strategy/moves.hpp"
#include "strategy/offset_search.hpp"

namespace tradewind::strategy {

constexpr double kOptimisedWeight = 0.3;

struct BracketOptions {
    double fee = 0;  // per side
    int fee_sides = 2;
    Intrabar intrabar = Intrabar::conservative;
    double fill_buffer = 0;
    OffsetBox box;
    SearchSettings search;
    double periods_per_year = 252;
    bool long_only = false;  // coins

    [[nodiscard]] KernelOptions kernel(bool close_at_end_of_day) const {
        return {close_at_end_of_day, fee, fee_sides, intrabar, fill_buffer};
    }
};

// Offsets, and whether to leave at the close instead of waiting for the target.
struct CloseChoice {
    OffsetFit fit;
    bool close_at_end_of_day = false;
    double open_value = 0;    // optimum of the variant that waits for the target
    double closed_value = 0;  // optimum of the variant that leaves at the close
};

struct BracketResult {
    CloseChoice choice;
    std::vector<double> base_returns;
    std::vector<double> returns;  // with offsets
    ReturnMetrics base;
    ReturnMetrics optimised;
    ReturnMetrics reported;
    double turnover = 0;      // mean |return| with offsets
    double max_drawdown = 0;  // with offsets
    double bias = 0;
    Side primary_side = Side::buy;
    bool neutral = true;
    // Always on: profit of each leg with offsets, and the days on which it traded.
    double buy_profit = 0;
    double sell_profit = 0;
    std::uint32_t filled_buys = 0;
    std::uint32_t filled_sells = 0;
};

// +1, -1 or 0 of each day: the larger predicted extreme names the side; flat where the predicted
// low is not below the predicted high, and for shorts of a long-only instrument.
[[nodiscard]] double bracket_position(const AlignedDay& day, bool long_only);

// The legs of a window: one a day with its position, and both sides of each day.
[[nodiscard]] std::vector<Leg> maxdiff_legs(std::span<const AlignedDay> days, bool long_only);
[[nodiscard]] std::vector<Leg> always_on_legs(std::span<const AlignedDay> days, bool long_only);

// Fits both variants and keeps closing at the end of the day only if it is strictly better.
// `budget`: objective calls where a search by DIRECT is asked for.
[[nodiscard]] CloseChoice choose_close(std::span<const Leg> legs, const BracketOptions& options,
                                       std::uint32_t budget);

// An empty window gives zeros and a neutral side.
[[nodiscard]] BracketResult maxdiff_strategy(std::span<const AlignedDay> days,
                                             const BracketOptions& options);
[[nodiscard]] BracketResult always_on_strategy(std::span<const AlignedDay> days,
                                               const BracketOptions& options);

// The profit of one day under given offsets: what an offset fitted earlier would have earned.
[[nodiscard]] double maxdiff_day(const AlignedDay& day, const CloseChoice& choice,
                                 const BracketOptions& options);
[[nodiscard]] double always_on_day(const AlignedDay& day, const CloseChoice& choice,
                                   const BracketOptions& options);

}  // namespace tradewind::strategy

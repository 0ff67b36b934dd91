// PctDiff: entry at a predicted extreme times a fitted factor, target a fitted percentage away.
//
// Direction as MaxDiff; touching is a fill here (with a fill buffer: trading through by it). Where
// entry and target lie in one bar, the conservative order grants the target only if the close
// proves it.
// Both legs separate, so that the best parameters are found exactly on a small set of candidates;
// the reference's coarse grid and DIRECT search all four at once. Pure; the exact fit does not
// depend on the order of the days. Prices are in units of the base close. Source: strategies
// spec 3.5, 3.6 (H18, H23).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "messages/order.hpp"
#include "strategy/metrics.hpp"
#include "strategy/moves.hpp"
#include "strategy/offset_search.hpp"

namespace tradewind::strategy {

struct PctDiffParameters {
    double low_factor = 0;  // entry low = predicted low x (1 + low_factor)
    double high_factor = 0;
    double long_target = 0;   // fraction above the long entry
    double short_target = 0;  // fraction below the short entry
};

struct PctDiffOptions {
    double fee = 0;  // per side
    int fee_sides = 2;
    Intrabar intrabar = Intrabar::conservative;
    double fill_buffer = 0;  // fraction of the limit price
    double factor_limit = 0.03;
    double minimum_target = 0.003;
    double maximum_target = 0.09;
    double max_daily_return = 0.10;
    double periods_per_year = 252;
    bool long_only = false;
    SearchSettings search;
};

struct PctDiffResult {
    PctDiffParameters parameters;
    std::vector<double> returns;
    ReturnMetrics metrics;
    double long_profit = 0;
    double short_profit = 0;
    std::uint32_t entries = 0;
    std::uint32_t targets = 0;
    std::uint32_t evaluations = 0;  // of the fit, objective calls
    double turnover = 0;
    double max_drawdown = 0;
    double bias = 0;
    Side primary_side = Side::buy;
    bool neutral = true;
};

// The series that given parameters earn.
[[nodiscard]] PctDiffResult evaluate_pctdiff(std::span<const AlignedDay> days,
                                             const PctDiffParameters& parameters,
                                             const PctDiffOptions& options);
// The parameters of the largest sum (exact; ties: the smaller |factor|, then the smaller target),
// evaluated. The grid has 7 x 7 x 10 x 10 points and takes the first of equals.
[[nodiscard]] PctDiffResult pctdiff_strategy(std::span<const AlignedDay> days,
                                             const PctDiffOptions& options);

}  // namespace tradewind::strategy

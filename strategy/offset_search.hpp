// The searches for the offsets of the bracket strategies that the reference used, beside the exact
// solver: a multi-stage grid and DIRECT. And the one place that chooses among them.
//
// Pure; any thread. A fit's `value` is always total_profit at its offsets, whatever the search
// maximised, and its `evaluations` are the objective calls. The exact solver is never worse than
// either (by less than 2 n 1e-6, n = number of fills) and some thousand times cheaper than DIRECT.
// Source: strategies spec 3.6 (H24).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "strategy/exact_solver.hpp"

namespace tradewind::strategy {

enum class Optimizer : std::uint8_t { exact, direct, grid };

// Objective calls of a DIRECT search per strategy, and for all of them with `fast`.
constexpr std::uint32_t kMaxDiffBudget = 500;
constexpr std::uint32_t kAlwaysOnBudget = 240;
constexpr std::uint32_t kPctDiffBudget = 720;
constexpr std::uint32_t kFastBudget = 100;

// What the grid maximises: the kernel itself; or, for comparisons, the reference's own fee rule: a
// fee if either side's level was touched (closing at the end of the day), only if both were
// (waiting for the target).
enum class GridFees : std::uint8_t { kernel, reference };

struct SearchSettings {
    Optimizer optimizer = Optimizer::exact;
    bool fast = false;
    GridFees grid_fees = GridFees::kernel;

    [[nodiscard]] std::uint32_t budget(std::uint32_t normal) const {
        return fast ? kFastBudget : normal;
    }
};

struct GridStages {
    std::array<std::uint32_t, 3> points{33, 17, 9};  // per axis, both ends included
    double shrink = 0.6;
    double minimum_half_width = 1e-4;
};

// `points` values from `first` to `last`, both included; one point: the first.
[[nodiscard]] std::vector<double> linspace(double first, double last, std::uint32_t points);

// Each stage takes the first maximum in row-major order (rows: high offset); the next is centred on
// it. `objective` of the fit is what was maximised, which differs from `value` under `reference`.
struct GridFit {
    OffsetFit fit;
    double objective = 0;
};
[[nodiscard]] GridFit grid_offsets(std::span<const Leg> legs, const KernelOptions& options,
                                   const OffsetBox& box = {}, GridFees fees = GridFees::kernel,
                                   const GridStages& stages = {});

[[nodiscard]] OffsetFit direct_offsets(std::span<const Leg> legs, const KernelOptions& options,
                                       const OffsetBox& box, std::uint32_t budget);

// By the chosen optimiser; `budget` is the strategy's normal one.
[[nodiscard]] OffsetFit fit_offsets(std::span<const Leg> legs, const KernelOptions& options,
                                    const OffsetBox& box, const SearchSettings& search,
                                    std::uint32_t budget);

}  // namespace tradewind::strategy

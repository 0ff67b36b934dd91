// The exact maximum of the bracket strategies' objectives over their offsets.
//
// The summed profit of a window is piecewise linear in the two offsets, with jumps where a limit
// begins to fill. Its supremum over the box is reached, or approached from one side, at breakpoints
// or box limits, so evaluating those (and a step of 1e-6 to either side of each breakpoint) finds
// it to within 2 n 1e-6, n = number of fills. No search, no randomness.
//
// Pure; any thread. The result does not depend on the order of the legs, bit for bit: they are
// evaluated in a canonical order. A leg that no offset in the box can fill changes nothing. Ties
// within 1e-12: smaller |offset_high|, then |offset_low|, then offset_high, then offset_low. The
// zero offset is a candidate too, so that an offset without influence is zero. Cost: (candidates
// per axis)^2 x legs multiply-adds, some microseconds for seven days. Source: strategies spec 3.6.
#pragma once

#include <cstdint>
#include <span>

#include "strategy/profit_kernel.hpp"

namespace tradewind::strategy {

constexpr double kBreakpointStep = 1e-6;
constexpr double kTieTolerance = 1e-12;

// One limit-entry trade of one day; a day with both sides is two legs.
struct Leg {
    DayMoves realised;
    Bracket predicted;    // before offsets
    double position = 0;  // > 0 long, < 0 short; zero legs are ignored
};

struct OffsetBox {
    double minimum = -0.03;
    double maximum = 0.03;
};

struct OffsetFit {
    double offset_high = 0;
    double offset_low = 0;
    double value = 0;               // total_profit at the offsets
    std::uint32_t evaluations = 0;  // candidate pairs
};

// Sum of day_profit over the legs with the offsets added to the predicted moves.
[[nodiscard]] double total_profit(std::span<const Leg> legs, const KernelOptions& options,
                                  double offset_high, double offset_low);

[[nodiscard]] OffsetFit maximise_offsets(std::span<const Leg> legs, const KernelOptions& options,
                                         const OffsetBox& box = {});

}  // namespace tradewind::strategy

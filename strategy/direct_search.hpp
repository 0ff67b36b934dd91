// Dividing rectangles (DIRECT) over a box: the reference's global search, kept for comparisons.
//
// Runs NLopt's original locally biased DIRECT. It is deterministic and free of shared state, so
// that any number of threads may search at once; NLopt's own rewrite of the method is not, it has
// one sentinel node for the whole process. The budget is tested after each iteration: the number of
// evaluations may overshoot it by the size of one. Errors: a throwing objective ends the search and
// its exception reaches the caller; a box without room is ensured away. Source: strategies spec 3.6
// (3).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace tradewind::strategy {

struct DirectOptions {
    std::uint32_t budget = 500;  // evaluations
    bool locally_biased = true;
};

struct DirectResult {
    std::vector<double> point;
    double value = 0;
    std::uint32_t evaluations = 0;
};

// `lower[i] < upper[i]`, at least one dimension; `objective` gets as many values.
[[nodiscard]] DirectResult maximise_direct(
    const std::function<double(std::span<const double>)>& objective, std::span<const double> lower,
    std::span<const double> upper, const DirectOptions& options = {});

}  // namespace tradewind::strategy

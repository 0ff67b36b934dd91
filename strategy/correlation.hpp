// Which symbols move together: correlation of daily returns on common days, and the groups that
// correlations above a threshold join.
//
// Pure; any thread. Groups are transitive: a with b and b with c make one group of three. The
// result does not depend on the order of the symbols. Cost: pairs x days; ask only about what is
// held or wanted. Source: strategies spec 4.7 (H30).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <vector>

#include "messages/analysis_row.hpp"

namespace tradewind::strategy {

// Fewer common days say nothing.
constexpr std::size_t kMinCommonDays = 20;

// Pearson's, over the days that both have; both ascending. Empty: too few, or no variance.
[[nodiscard]] std::optional<double> correlation(std::span<const DatedReturn> a,
                                                std::span<const DatedReturn> b);

// The members of each symbol's group, itself included, ascending; symbols alone have themselves.
using CorrelatedGroups = std::map<Symbol, std::vector<Symbol>>;
[[nodiscard]] CorrelatedGroups correlated_groups(
    const std::map<Symbol, std::span<const DatedReturn>>& returns, double threshold);

}  // namespace tradewind::strategy

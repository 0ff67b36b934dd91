// The classical forecasters with fitted deciles, baselines (ii), (iii) and (v) of the recipe:
//
//   ewma_empirical  q_k = e_k sigma_t                 sigma by exponential weights
//   garch           q_k = e_k sigma_t                 sigma by GARCH(1,1) with variance targeting
//   anchored        close as ewma_empirical; high, low and open x from the last close: with
//                   r[t] = x[t] / close[t-1] - 1,  q_k(y) = (1 + e_k sigma_r) close[t] / x[t] - 1
//
// Step h is cumulative: medians add up, distances from the median grow as sqrt(h) (garch: as its
// expected variances add up); anchored channels go h - 1 steps with the close and one of their own.
// Values are double, rounded to float at the end. A move that touches a bar which contradicts
// itself (Bar::suspect) leaves the state as it is. The parameters are those of the series' market
// class. Checkpoints, threads and refusals: recursive_forecaster.hpp. Source: training recipe 2.
#pragma once

#include <memory>
#include <string>

#include "model/classical_parameters.hpp"
#include "model/forecaster.hpp"

namespace tradewind::model {

enum class ClassicalKind : std::uint8_t { ewma_empirical, garch, anchored };

[[nodiscard]] const char* name_of(ClassicalKind kind);
[[nodiscard]] std::optional<ClassicalKind> classical_kind_named(std::string_view name);

// The id is the name and the content of the parameters. Throws Error (data) when no class
// was fitted.
[[nodiscard]] std::unique_ptr<Forecaster> make_classical_forecaster(
    ClassicalKind kind, const ClassicalParameters& parameters);

}  // namespace tradewind::model

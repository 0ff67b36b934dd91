// The causal patch scaler of Toto 2.0: running mean and standard deviation of the observed points
// up to the end of each patch, in double. Pure; any thread. Source: forecast-models spec 2.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tradewind::model {

constexpr double kScaleFloor = 1e-6;

// `values` and `mask` hold whole patches of `patch_size` points; `location` and `scale` one number
// per patch. A patch at whose end fewer than `fallback_min_obs` points have been observed takes the
// statistics of the first `fallback_min_obs` observed points of the whole series (0: off). Values
// under a zero mask are not read.
void causal_patch_statistics(std::span<const double> values, std::span<const std::uint8_t> mask,
                             std::size_t patch_size, std::int64_t fallback_min_obs,
                             std::span<double> location, std::span<double> scale);

}  // namespace tradewind::model

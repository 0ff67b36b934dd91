// The causal patch scalers: running mean and standard deviation of the observed points up to the
// end of each patch, in double. Pure; any thread. Source: forecast-models spec 1.4 and 2.4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tradewind::model {

constexpr double kScaleFloor = 1e-6;

// Moments of the points seen so far, one pass: sum of squares around the running mean.
class RunningMoments {
  public:
    void add(double value) {
        count_ += 1;
        sum_ += value;
        const double before = mean_;
        mean_ = sum_ / count_;
        squares_ += (value - before) * (value - mean_);
    }
    [[nodiscard]] double mean() const { return mean_; }
    // With one degree of freedom less than points, where there is more than one point.
    [[nodiscard]] double variance() const;

  private:
    double count_ = 0;
    double sum_ = 0;
    double mean_ = 0;
    double squares_ = 0;
};

// Toto 2.0. `values` and `mask` hold whole patches of `patch_size` points; `location` and `scale`
// one number per patch. A patch at whose end fewer than `fallback_min_obs` points have been
// observed takes the statistics of the first `fallback_min_obs` observed points of the whole series
// (0: off). Values under a zero mask are not read.
void causal_patch_statistics(std::span<const double> values, std::span<const std::uint8_t> mask,
                             std::size_t patch_size, std::int64_t fallback_min_obs,
                             std::span<double> location, std::span<double> scale);

// Toto 1.0: a floor under the variance instead of under the scale, and scales held within
// 10^-exponent to 10^exponent times the scale of the whole context.
constexpr double kVarianceFloor = 0.1;

struct ScaleBounds {
    double lowest = 0;
    double highest = 0;
};

// The bounds that follow from the context's `values` and `mask`.
[[nodiscard]] ScaleBounds scale_bounds_of(std::span<const double> values,
                                          std::span<const std::uint8_t> mask, double exponent);

// The scale of a patch at whose end the moments stand.
[[nodiscard]] double floored_scale(const RunningMoments& moments, const ScaleBounds& bounds);

}  // namespace tradewind::model

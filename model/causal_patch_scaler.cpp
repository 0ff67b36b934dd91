#include "model/causal_patch_scaler.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

struct Donor {
    double location = 0;
    double scale = kScaleFloor;
};

Donor donor_of(std::span<const double> values, std::span<const std::uint8_t> mask,
               std::int64_t count) {
    std::vector<double> first;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (static_cast<std::int64_t>(first.size()) == count) break;
        if (mask[i] != 0) first.push_back(values[i]);
    }
    double sum = 0;
    for (const double value : first) sum += value;
    const double n = std::max<double>(static_cast<double>(first.size()), 1);
    Donor donor;
    donor.location = sum / n;
    double squares = 0;
    for (const double value : first) {
        squares += (value - donor.location) * (value - donor.location);
    }
    donor.scale = std::max(std::sqrt(squares / std::max(n - 1, 1.0)), kScaleFloor);
    return donor;
}

}  // namespace

double RunningMoments::variance() const {
    // Rounding can leave a sum of squares below zero on a constant series.
    return std::max(squares_, 0.0) / std::max(count_ - 1, 1.0);
}

ScaleBounds scale_bounds_of(std::span<const double> values, std::span<const std::uint8_t> mask,
                            double exponent) {
    double count = 0;
    double sum = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (mask[i] == 0) continue;
        count += 1;
        sum += values[i];
    }
    count = std::max(count, 1.0);
    const double mean = sum / count;
    double squares = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (mask[i] != 0) squares += (values[i] - mean) * (values[i] - mean);
    }
    const double whole = std::sqrt(squares / count + kVarianceFloor);
    const double reach = std::pow(10.0, exponent);
    return {std::max(kVarianceFloor, whole / reach), whole * reach};
}

double floored_scale(const RunningMoments& moments, const ScaleBounds& bounds) {
    const double scale = std::sqrt(moments.variance() + kVarianceFloor);
    return std::min(std::max(scale, bounds.lowest), bounds.highest);
}

void causal_patch_statistics(std::span<const double> values, std::span<const std::uint8_t> mask,
                             std::size_t patch_size, std::int64_t fallback_min_obs,
                             std::span<double> location, std::span<double> scale) {
    ensure(values.size() == mask.size() && values.size() == location.size() * patch_size &&
               location.size() == scale.size(),
           "the scaler sees whole patches");
    Donor donor;
    if (fallback_min_obs > 0) donor = donor_of(values, mask, fallback_min_obs);

    std::int64_t observed = 0;
    RunningMoments moments;
    for (std::size_t patch = 0; patch < location.size(); ++patch) {
        for (std::size_t i = patch * patch_size; i < (patch + 1) * patch_size; ++i) {
            if (mask[i] == 0) continue;
            ++observed;
            moments.add(values[i]);
        }
        location[patch] = moments.mean();
        scale[patch] = std::max(std::sqrt(moments.variance()), kScaleFloor);
        if (observed < fallback_min_obs) {
            location[patch] = donor.location;
            scale[patch] = donor.scale;
        }
    }
}

}  // namespace tradewind::model

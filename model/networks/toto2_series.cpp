#include "model/networks/toto2_series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "messages/error.hpp"
#include "model/causal_patch_scaler.hpp"
#include "model/networks/input_checks.hpp"
#include "model/toto2_config.hpp"

namespace tradewind::model {

namespace {

// Infinite values take the extreme finite ones of their patch and quantile.
void make_finite(std::span<double> patch, std::int64_t patch_size, std::int64_t quantile) {
    constexpr double kLargest = std::numeric_limits<float>::max();
    double highest = -std::numeric_limits<double>::infinity();
    double lowest = std::numeric_limits<double>::infinity();
    for (std::int64_t p = 0; p < patch_size; ++p) {
        const double value = patch[p * kToto2Quantiles + quantile];
        if (std::abs(value) > kLargest) continue;
        highest = std::max(highest, value);
        lowest = std::min(lowest, value);
    }
    if (highest < lowest) {  // no finite value at all
        highest = kLargest;
        lowest = -kLargest;
    }
    for (std::int64_t p = 0; p < patch_size; ++p) {
        double& value = patch[p * kToto2Quantiles + quantile];
        if (value > kLargest) value = highest;
        if (value < -kLargest) value = lowest;
    }
}

}  // namespace

Toto2Series::Toto2Series(const NetworkInput& input, const NetworkOptions& options,
                         std::int64_t patch_size)
    : options_(options),
      patch_size_(patch_size),
      batch_(input.batch),
      targets_(input.variates),
      known_(input.known_variates) {
    const auto refuse = [](const std::string& what, const std::string& why) {
        throw Error(ErrorKind::usage, what, "", why);
    };
    if (batch_ < 1 || targets_ < 1 || input.points < 1 || known_ < 0) {
        refuse("input shape", "needs at least one batch row, one variate and one point");
    }
    if (options.horizon < 1) refuse("horizon", "is not positive");
    if (options.samples != 0) refuse("samples", "are an option of Toto 1.0");
    if (!options.kv_cache) refuse("kv_cache", "is an option of Toto 1.0");
    if (input.exogenous_variates != 0) {
        refuse("exogenous variates", "are an input of Toto 1.0; give known covariates");
    }
    if (options.decode_block_size < 0 || options.decode_block_size % patch_size != 0) {
        refuse("decode_block_size",
               "is not a multiple of the patch size " + std::to_string(patch_size));
    }
    if (options.scaler_fallback_min_obs < 0) refuse("scaler_fallback_min_obs", "is negative");
    if (!(options.quantile_real_cap_k >= 0)) refuse("quantile_real_cap_k", "is negative");
    context_ = divide_up(input.points, patch_size);
    horizon_patches_ = divide_up(options.horizon, patch_size);
    length_ = (context_ + horizon_patches_) * patch_size;
    if (length_ > kLargestInput / batch_ / rows()) refuse("input shape", "is too large");

    values_.assign(static_cast<std::size_t>(batch_ * rows() * length_), 0.0);
    mask_.assign(values_.size(), 0);
    ids_.assign(static_cast<std::size_t>(batch_ * rows()), 0);
    nonempty_.assign(static_cast<std::size_t>(batch_ * rows() * context_), 0);
    const auto patches = static_cast<std::size_t>(batch_ * rows() * (context_ + horizon_patches_));
    location_.assign(patches, 0);
    scale_.assign(patches, kScaleFloor);
    quantiles_.assign(static_cast<std::size_t>(batch_ * targets_ * horizon_patches_ * patch_size *
                                               kToto2Quantiles),
                      0);
    load_targets(input);
    load_known(input);
    for (std::int64_t row = 0; row < batch_ * rows(); ++row) {
        for (std::int64_t point = 0; point < context_ * patch_size_; ++point) {
            if (mask_[row * length_ + point] != 0) {
                nonempty_[row * context_ + point / patch_size_] = 1;
            }
        }
    }
    if (!options.has_missing_values &&
        std::find(nonempty_.begin(), nonempty_.end(), 0) != nonempty_.end()) {
        refuse("has_missing_values", "is off, but a context patch holds no observed point");
    }
}

void Toto2Series::load_targets(const NetworkInput& input) {
    const std::int64_t count = batch_ * targets_ * input.points;
    require_size("series", input.series.size(), count);
    if (!input.mask.empty()) require_size("mask", input.mask.size(), count);
    if (!input.group.empty()) require_size("group", input.group.size(), batch_ * targets_);
    const std::int64_t left = context_ * patch_size_ - input.points;
    for (std::int64_t b = 0; b < batch_; ++b) {
        for (std::int64_t v = 0; v < targets_; ++v) {
            const std::int64_t row = row_of(b, v);
            const std::int64_t source = (b * targets_ + v) * input.points;
            for (std::int64_t t = 0; t < input.points; ++t) {
                if (!input.mask.empty() && input.mask[source + t] == 0) continue;
                values_[row * length_ + left + t] = checked(input.series[source + t], row, t);
                mask_[row * length_ + left + t] = 1;
            }
            if (!input.group.empty()) ids_[row] = input.group[b * targets_ + v];
            if (ids_[row] < 0) {
                throw Error(ErrorKind::usage, "input group", "", "an id is negative");
            }
            fill_last_patch(row);
        }
    }
}

void Toto2Series::load_known(const NetworkInput& input) {
    if (known_ == 0) return;
    const std::int64_t points = input.points + options_.horizon;
    require_size("known", input.known.size(), batch_ * known_ * points);
    if (!input.known_mask.empty()) {
        require_size("known_mask", input.known_mask.size(), batch_ * known_ * points);
    }
    if (!input.known_group.empty()) {
        require_size("known_group", input.known_group.size(), batch_ * known_);
    }
    const std::int64_t left = context_ * patch_size_ - input.points;
    for (std::int64_t b = 0; b < batch_; ++b) {
        for (std::int64_t k = 0; k < known_; ++k) {
            const std::int64_t row = row_of(b, targets_ + k);
            const std::int64_t source = (b * known_ + k) * points;
            for (std::int64_t t = 0; t < points; ++t) {
                if (!input.known_mask.empty() && input.known_mask[source + t] == 0) continue;
                values_[row * length_ + left + t] = checked(input.known[source + t], row, t);
                mask_[row * length_ + left + t] = 1;
            }
            if (!input.known_group.empty()) ids_[row] = input.known_group[b * known_ + k];
            if (ids_[row] < 0) {
                throw Error(ErrorKind::usage, "input known_group", "", "an id is negative");
            }
        }
    }
}

// The network takes the last context patch as observed: its gaps carry the last value forward;
// points before any observation take the first observed value.
void Toto2Series::fill_last_patch(std::int64_t row) {
    double* const values = values_.data() + row * length_;
    std::uint8_t* const mask = mask_.data() + row * length_;
    const std::int64_t end = context_ * patch_size_;
    const std::int64_t begin = end - patch_size_;
    const std::uint8_t* const first = std::find(mask, mask + end, 1);
    double last = first == mask + end ? 0.0 : values[first - mask];
    for (std::int64_t t = 0; t < end; ++t) {
        if (mask[t] != 0) last = values[t];
        if (t < begin) continue;
        values[t] = last;
        mask[t] = 1;
    }
}

void Toto2Series::update_statistics() {
    const auto patches = static_cast<std::size_t>(context_ + horizon_patches_);
    const auto length = static_cast<std::size_t>(length_);
    for (std::size_t row = 0; row < static_cast<std::size_t>(batch_ * rows()); ++row) {
        causal_patch_statistics(
            std::span(values_).subspan(row * length, length),
            std::span(mask_).subspan(row * length, length), static_cast<std::size_t>(patch_size_),
            options_.scaler_fallback_min_obs, std::span(location_).subspan(row * patches, patches),
            std::span(scale_).subspan(row * patches, patches));
    }
}

float* Toto2Series::write_token(std::int64_t row, std::int64_t patch, float* out) const {
    const std::int64_t patches = context_ + horizon_patches_;
    const double location = location_[row * patches + patch];
    const double scale = scale_[row * patches + patch];
    const std::int64_t start = row * length_ + patch * patch_size_;
    for (std::int64_t p = 0; p < patch_size_; ++p, ++out) {
        const bool observed = mask_[start + p] != 0;
        *out = observed ? static_cast<float>(std::asinh((values_[start + p] - location) / scale))
                        : 0.0F;
        out[patch_size_] = observed ? 0.0F : 1.0F;
    }
    return out + patch_size_;
}

std::vector<float> Toto2Series::tokens(std::int64_t first, std::int64_t count) const {
    const std::int64_t all_rows = batch_ * rows();
    std::vector<float> tokens(static_cast<std::size_t>(all_rows * count * 2 * patch_size_));
    float* out = tokens.data();
    for (std::int64_t row = 0; row < all_rows; ++row) {
        for (std::int64_t patch = first; patch < first + count; ++patch) {
            out = write_token(row, patch, out);
        }
    }
    return tokens;
}

void Toto2Series::fill_tokens(std::int64_t first_series, std::int64_t series, std::int64_t count,
                              float* out) const {
    for (std::int64_t row = first_series; row < first_series + series; ++row) {
        for (std::int64_t patch = 0; patch < count; ++patch) out = write_token(row, patch, out);
    }
}

std::vector<std::int64_t> Toto2Series::groups(std::int64_t first, std::int64_t count) const {
    std::vector<std::int64_t> groups;
    groups.reserve(static_cast<std::size_t>(batch_ * rows() * count));
    for (std::int64_t row = 0; row < batch_ * rows(); ++row) {
        for (std::int64_t patch = first; patch < first + count; ++patch) {
            const bool empty = patch < context_ && nonempty_[row * context_ + patch] == 0;
            groups.push_back(empty ? -1 : ids_[row]);
        }
    }
    return groups;
}

std::vector<float> Toto2Series::locations(std::int64_t count) const {
    const std::int64_t patches = context_ + horizon_patches_;
    std::vector<float> result;
    for (std::int64_t row = 0; row < batch_ * rows(); ++row) {
        for (std::int64_t patch = 0; patch < count; ++patch) {
            result.push_back(static_cast<float>(location_[row * patches + patch]));
        }
    }
    return result;
}

std::vector<float> Toto2Series::scales(std::int64_t count) const {
    const std::int64_t patches = context_ + horizon_patches_;
    std::vector<float> result;
    for (std::int64_t row = 0; row < batch_ * rows(); ++row) {
        for (std::int64_t patch = 0; patch < count; ++patch) {
            result.push_back(static_cast<float>(scale_[row * patches + patch]));
        }
    }
    return result;
}

Toto2Series::Bounds Toto2Series::bounds_of(std::int64_t row) const {
    Bounds bounds{std::numeric_limits<double>::infinity(),
                  -std::numeric_limits<double>::infinity()};
    for (std::int64_t t = row * length_; t < row * length_ + context_ * patch_size_; ++t) {
        if (mask_[t] == 0) continue;
        bounds.lowest = std::min(bounds.lowest, values_[t]);
        bounds.highest = std::max(bounds.highest, values_[t]);
    }
    if (bounds.highest < bounds.lowest) bounds = {};
    const double reach =
        options_.quantile_real_cap_k * scale_[row * (context_ + horizon_patches_) + context_ - 1];
    return {bounds.lowest - reach, bounds.highest + reach};
}

// Head outputs to values by the statistics at `place`; false: one is beyond all numbers.
bool Toto2Series::scale_back(const float* head, std::span<double> values, std::size_t place) const {
    bool finite = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = std::sinh(static_cast<double>(head[i])) * scale_[place] + location_[place];
        finite = finite && std::abs(values[i]) <= std::numeric_limits<float>::max();
    }
    return finite;
}

void Toto2Series::accept(const std::vector<float>& head, std::int64_t first, std::int64_t count) {
    const std::int64_t patch_values = patch_size_ * kToto2Quantiles;
    const std::int64_t patches = context_ + horizon_patches_;
    ensure(head.size() == static_cast<std::size_t>(batch_ * rows() * count * patch_values),
           "the head answers for every row and patch");
    for (std::int64_t b = 0; b < batch_; ++b) {
        for (std::int64_t v = 0; v < targets_; ++v) {
            const std::int64_t row = row_of(b, v);
            const bool capped = options_.quantile_real_cap_k > 0;
            const Bounds bounds = capped ? bounds_of(row) : Bounds{};
            for (std::int64_t i = 0; i < count; ++i) {
                const float* in = head.data() + (row * count + i) * patch_values;
                const std::int64_t patch = first + i;
                const std::span<double> out(
                    quantiles_.data() +
                        ((b * targets_ + v) * horizon_patches_ + patch) * patch_values,
                    static_cast<std::size_t>(patch_values));
                if (std::any_of(in, in + patch_values, [](float x) { return std::isnan(x); })) {
                    throw Error(ErrorKind::failed, "network output", "",
                                "is not a number for batch row " + std::to_string(b));
                }
                // Steps beyond the horizon matter only where infinite ones need a finite neighbour.
                const std::int64_t steps =
                    std::min(patch_size_, options_.horizon - patch * patch_size_);
                const auto place = static_cast<std::size_t>(row * patches + context_ + patch);
                if (!scale_back(in, out.first(steps * kToto2Quantiles), place)) {
                    (void)scale_back(in, out, place);
                    for (std::int64_t q = 0; q < kToto2Quantiles; ++q) {
                        make_finite(out, patch_size_, q);
                    }
                }
                if (capped) {
                    for (double& value : out) {
                        value = std::clamp(value, bounds.lowest, bounds.highest);
                    }
                }
                for (std::int64_t p = 0; p < steps; ++p) {
                    std::sort(out.begin() + p * kToto2Quantiles,
                              out.begin() + (p + 1) * kToto2Quantiles);
                }
            }
        }
    }
}

void Toto2Series::feed_back(std::int64_t first, std::int64_t count) {
    constexpr std::int64_t kMedian = kToto2Quantiles / 2;
    for (std::int64_t b = 0; b < batch_; ++b) {
        for (std::int64_t v = 0; v < targets_; ++v) {
            const std::int64_t start = row_of(b, v) * length_ + (context_ + first) * patch_size_;
            const std::int64_t source =
                ((b * targets_ + v) * horizon_patches_ + first) * patch_size_;
            for (std::int64_t p = 0; p < count * patch_size_; ++p) {
                values_[start + p] = quantiles_[(source + p) * kToto2Quantiles + kMedian];
                mask_[start + p] = 1;
            }
        }
    }
}

std::vector<float> Toto2Series::quantiles() const {
    const std::int64_t horizon = options_.horizon;
    std::vector<float> result(
        static_cast<std::size_t>(kToto2Quantiles * batch_ * targets_ * horizon));
    for (std::int64_t q = 0; q < kToto2Quantiles; ++q) {
        for (std::int64_t row = 0; row < batch_ * targets_; ++row) {
            for (std::int64_t h = 0; h < horizon; ++h) {
                result[(q * batch_ * targets_ + row) * horizon + h] = static_cast<float>(
                    quantiles_[(row * horizon_patches_ * patch_size_ + h) * kToto2Quantiles + q]);
            }
        }
    }
    return result;
}

}  // namespace tradewind::model

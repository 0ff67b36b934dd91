#include "model/networks/toto1_series.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/networks/input_checks.hpp"

namespace tradewind::model {

namespace {

void check_options(const NetworkInput& input, const NetworkOptions& options) {
    const auto refuse = [](const char* what, const char* why) {
        throw Error(ErrorKind::usage, what, "", why);
    };
    const char* const other = "is an option of Toto 2.0";
    if (options.horizon < 1) refuse("horizon", "is not positive");
    if (options.decode_block_size != 0) refuse("decode_block_size", other);
    if (!options.has_missing_values) refuse("has_missing_values", other);
    if (options.scaler_fallback_min_obs != 0) refuse("scaler_fallback_min_obs", other);
    if (options.quantile_real_cap_k != 0) refuse("quantile_real_cap_k", other);
    if (input.known_variates != 0) {
        refuse("known covariates", "are an input of Toto 2.0; give exogenous variates");
    }
    if (input.batch < 1 || input.variates < 1 || input.points < 1) {
        refuse("input shape", "needs at least one batch row, one variate and one point");
    }
    if (input.exogenous_variates < 0 || input.exogenous_variates > input.variates) {
        refuse("exogenous variates", "are more than there are variates");
    }
    if (options.samples < 0 || options.samples > 1 << 20) {
        refuse("samples", "are outside 0 to 1048576");
    }
    if (options.samples_per_pass < 0 ||
        (options.samples_per_pass > 0 && options.samples % options.samples_per_pass != 0)) {
        refuse("samples_per_batch", "does not divide samples");
    }
    if (!input.row_seed.empty()) require_size("row seeds", input.row_seed.size(), input.batch);
}

}  // namespace

Toto1Series::Toto1Series(const NetworkInput& input, const NetworkOptions& options,
                         const Toto1Config& config) {
    check_options(input, options);
    Context context;
    context.batch = input.batch;
    context.variates = input.variates;
    context.exogenous = input.exogenous_variates;
    context.patch_size = config.patch_size;
    if (input.points > kLargestInput || options.horizon > kLargestInput) {
        throw Error(ErrorKind::usage, "input shape", "", "is too large");
    }
    context.patches = divide_up(input.points, config.patch_size);
    context.horizon_patches = divide_up(options.horizon, config.patch_size);
    const std::int64_t length = (context.patches + context.horizon_patches) * config.patch_size;
    if (length > kLargestInput / input.batch / input.variates) {
        throw Error(ErrorKind::usage, "input shape", "", "is too large");
    }
    load(context, input);
    std::vector<std::uint8_t> mask(context.values.size(), 0);
    const std::int64_t padded = context.patches * config.patch_size;
    const std::int64_t left = padded - input.points;
    for (std::int64_t row = 0; row < input.batch * input.variates; ++row) {
        for (std::int64_t t = 0; t < input.points; ++t) {
            const bool observed = input.mask.empty() || input.mask[row * input.points + t] != 0;
            mask[row * padded + left + t] = observed ? 1 : 0;
        }
    }
    measure(context, mask, config);
    load_future(context, input, options.horizon);
    *this = Toto1Series(std::make_shared<const Context>(std::move(context)), 1);
}

Toto1Series::Toto1Series(std::shared_ptr<const Context> context, std::int64_t paths)
    : context_(std::move(context)), paths_(paths) {
    const auto count = static_cast<std::size_t>(rows() * variates());
    const auto patches = static_cast<std::size_t>(context_->horizon_patches);
    moments_.reserve(count);
    for (std::int64_t path = 0; path < paths; ++path) {
        moments_.insert(moments_.end(), context_->moments.begin(), context_->moments.end());
    }
    appended_.assign(count * patches * static_cast<std::size_t>(context_->patch_size), 0.0);
    location_.assign(count * patches, 0.0);
    scale_.assign(count * patches, 1.0);
}

Toto1Series Toto1Series::replicated(std::int64_t paths) const {
    return Toto1Series(context_, paths);
}

void Toto1Series::load(Context& context, const NetworkInput& input) {
    const std::int64_t rows = context.batch * context.variates;
    require_size("series", input.series.size(), rows * input.points);
    if (!input.mask.empty()) require_size("mask", input.mask.size(), rows * input.points);
    if (!input.group.empty()) require_size("group", input.group.size(), rows);
    const std::int64_t padded = context.patches * context.patch_size;
    context.values.assign(static_cast<std::size_t>(rows * padded), 0.0);
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t t = 0; t < input.points; ++t) {
            const std::int64_t from = row * input.points + t;
            if (!input.mask.empty() && input.mask[from] == 0) continue;
            context.values[row * padded + padded - input.points + t] =
                checked(input.series[from], row, t);
        }
    }
    context.ids = input.group;
    if (context.ids.empty()) context.ids.assign(static_cast<std::size_t>(rows), 0);
}

void Toto1Series::measure(Context& context, const std::vector<std::uint8_t>& mask,
                          const Toto1Config& config) {
    const std::int64_t rows = context.batch * context.variates;
    const auto padded = static_cast<std::size_t>(context.patches * context.patch_size);
    for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        const auto values = std::span(context.values).subspan(row * padded, padded);
        const auto seen = std::span(mask).subspan(row * padded, padded);
        const ScaleBounds bounds = config.stabilize_with_global
                                       ? scale_bounds_of(values, seen, config.scale_factor_exponent)
                                       : ScaleBounds{0, std::numeric_limits<double>::infinity()};
        RunningMoments moments;
        for (std::size_t t = 0; t < padded; ++t) {
            if (seen[t] != 0) moments.add(values[t]);
            if ((t + 1) % static_cast<std::size_t>(context.patch_size) != 0) continue;
            context.location.push_back(moments.mean());
            context.scale.push_back(floored_scale(moments, bounds));
        }
        context.bounds.push_back(bounds);
        context.moments.push_back(moments);
    }
}

void Toto1Series::load_future(Context& context, const NetworkInput& input, std::int64_t horizon) {
    if (input.future_exogenous.empty()) return;
    const std::int64_t rows = context.batch * context.exogenous;
    require_size("future_exogenous", input.future_exogenous.size(), rows * horizon);
    const std::int64_t length = context.horizon_patches * context.patch_size;
    context.future.assign(static_cast<std::size_t>(rows * length), 0.0);
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t t = 0; t < horizon; ++t) {
            context.future[row * length + t] =
                checked(input.future_exogenous[row * horizon + t], row, t);
        }
    }
}

std::vector<std::int64_t> Toto1Series::groups() const {
    std::vector<std::int64_t> groups;
    for (std::int64_t path = 0; path < paths_; ++path) {
        groups.insert(groups.end(), context_->ids.begin(), context_->ids.end());
    }
    return groups;
}

std::vector<float> Toto1Series::tokens(std::int64_t first, std::int64_t count) const {
    const std::int64_t size = context_->patch_size;
    std::vector<float> tokens(static_cast<std::size_t>(rows() * variates() * count * size));
    float* out = tokens.data();
    for (std::int64_t row = 0; row < rows() * variates(); ++row) {
        for (std::int64_t patch = first; patch < first + count; ++patch) {
            const bool known = patch < context_->patches;
            const std::int64_t place =
                known ? source(row) * context_->patches + patch
                      : row * context_->horizon_patches + patch - context_->patches;
            const double location = (known ? context_->location : location_)[place];
            const double scale = (known ? context_->scale : scale_)[place];
            const double* const values =
                (known ? context_->values : appended_).data() + place * size;
            // Points that were not observed are scaled, too: their zero becomes -location / scale.
            for (std::int64_t p = 0; p < size; ++p) {
                *out++ = static_cast<float>((values[p] - location) / scale);
            }
        }
    }
    return tokens;
}

std::vector<float> Toto1Series::statistics(const std::vector<double>& of_context,
                                           const std::vector<double>& of_path) const {
    std::vector<float> result;
    for (std::int64_t row = 0; row < rows() * variates(); ++row) {
        for (std::int64_t patch = 0; patch < patches(); ++patch) {
            const bool known = patch < context_->patches;
            result.push_back(static_cast<float>(
                known ? of_context[source(row) * context_->patches + patch]
                      : of_path[row * context_->horizon_patches + patch - context_->patches]));
        }
    }
    return result;
}

std::vector<float> Toto1Series::locations() const {
    return statistics(context_->location, location_);
}

std::vector<float> Toto1Series::scales() const {
    return statistics(context_->scale, scale_);
}

double Toto1Series::location(std::int64_t row_variate) const {
    return done_ > 0 ? location_[row_variate * context_->horizon_patches + done_ - 1]
                     : context_->location[(source(row_variate) + 1) * context_->patches - 1];
}

double Toto1Series::scale(std::int64_t row_variate) const {
    return done_ > 0 ? scale_[row_variate * context_->horizon_patches + done_ - 1]
                     : context_->scale[(source(row_variate) + 1) * context_->patches - 1];
}

void Toto1Series::append(const std::vector<double>& patch) {
    constexpr double kAbsurd = std::numeric_limits<float>::max() / 2.0;
    const std::int64_t size = context_->patch_size;
    ensure(done_ < context_->horizon_patches &&
               patch.size() == static_cast<std::size_t>(rows() * variates() * size),
           "a patch is appended for every row and within the horizon");
    const std::int64_t first_exogenous = variates() - exogenous();
    for (std::int64_t row = 0; row < rows() * variates(); ++row) {
        const std::int64_t place = row * context_->horizon_patches + done_;
        double* const out = appended_.data() + place * size;
        const std::int64_t variate = row % variates();
        const double* future = nullptr;
        if (!context_->future.empty() && variate >= first_exogenous) {
            const std::int64_t batch_row = source(row) / variates();
            future =
                context_->future.data() +
                ((batch_row * exogenous() + variate - first_exogenous) * context_->horizon_patches +
                 done_) *
                    size;
        }
        for (std::int64_t p = 0; p < size; ++p) {
            const double value = patch[row * size + p];
            out[p] = future != nullptr ? future[p] : std::abs(value) < kAbsurd ? value : 0.0;
            moments_[row].add(out[p]);
        }
        location_[place] = moments_[row].mean();
        scale_[place] = floored_scale(moments_[row], context_->bounds[source(row)]);
    }
    ++done_;
}

double Toto1Series::appended(std::int64_t row_variate, std::int64_t point) const {
    return appended_[row_variate * context_->horizon_patches * context_->patch_size + point];
}

}  // namespace tradewind::model

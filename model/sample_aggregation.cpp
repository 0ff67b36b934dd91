#include "model/sample_aggregation.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& why) {
    throw Error(ErrorKind::usage, "aggregation rule", name, why,
                "use mean, median, p10, p90, trimmed_mean_F, lower_trimmed_mean_F, "
                "upper_trimmed_mean_F, quantile_Q, mean_minus_std_K, mean_plus_std_K, "
                "mean_quantile_mix_Q_w or quantile_plus_std_Q_K");
}

// Digits with at most one point; at most nine digits, so that products with a count stay exact.
RuleFraction decimal_of(const std::string& name, const std::string& text) {
    RuleFraction decimal;
    std::size_t digits = 0;
    bool behind_point = false;
    for (const char c : text) {
        if (c == '.' && !behind_point) {
            behind_point = true;
        } else if (c >= '0' && c <= '9' && digits < 9) {
            decimal.numerator = decimal.numerator * 10 + (c - '0');
            if (behind_point) decimal.denominator *= 10;
            ++digits;
        } else {
            refuse(name, "`" + text + "` is not a number of at most nine digits");
        }
    }
    if (digits == 0) refuse(name, "a number is missing");
    return decimal;
}

RuleFraction fraction_of(const std::string& name, const std::string& text) {
    RuleFraction fraction = decimal_of(name, text);
    if (fraction.numerator > fraction.denominator) fraction.denominator *= 100;
    if (fraction.numerator > fraction.denominator) refuse(name, "`" + text + "` exceeds 100 %");
    return fraction;
}

struct RuleForm {
    const char* prefix;
    AggregationKind kind;
    bool has_fraction;
    bool has_factor;
    double factor_sign;
};

constexpr RuleForm kForms[] = {
    {"trimmed_mean_", AggregationKind::trimmed_mean, true, false, 1},
    {"lower_trimmed_mean_", AggregationKind::lower_trimmed_mean, true, false, 1},
    {"upper_trimmed_mean_", AggregationKind::upper_trimmed_mean, true, false, 1},
    {"quantile_plus_std_", AggregationKind::quantile_plus_std, true, true, 1},
    {"quantile_", AggregationKind::quantile, true, false, 1},
    {"mean_minus_std_", AggregationKind::mean_plus_std, false, true, -1},
    {"mean_plus_std_", AggregationKind::mean_plus_std, false, true, 1},
    {"mean_quantile_mix_", AggregationKind::mean_quantile_mix, true, true, 1},
};

double mean_of(std::span<const double> values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
}

// The whole part of count x fraction, exactly.
std::size_t whole_part(std::size_t count, const RuleFraction& fraction) {
    return static_cast<std::size_t>(static_cast<std::int64_t>(count) * fraction.numerator /
                                    fraction.denominator);
}

double trimmed_mean(std::span<const double> sorted, const RuleFraction& fraction) {
    const std::size_t cut = whole_part(sorted.size(), fraction);
    if (cut == 0 || 2 * cut >= sorted.size()) return mean_of(sorted);
    return mean_of(sorted.subspan(cut, sorted.size() - 2 * cut));
}

}  // namespace

AggregationRule AggregationRule::parse(const std::string& name) {
    AggregationRule rule;
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (lower.empty() || lower == "mean") return rule;
    rule.name_ = lower;
    const std::pair<const char*, RuleFraction> fixed[] = {
        {"median", {1, 2}}, {"p10", {1, 10}}, {"p90", {9, 10}}};
    for (const auto& [word, level] : fixed) {
        if (lower != word) continue;
        rule.kind_ = AggregationKind::quantile;
        rule.fraction_ = level;
        return rule;
    }
    for (const RuleForm& form : kForms) {
        if (!lower.starts_with(form.prefix)) continue;
        rule.kind_ = form.kind;
        std::string rest = lower.substr(std::string_view(form.prefix).size());
        if (form.has_fraction) {
            const std::size_t end = form.has_factor ? rest.find('_') : rest.size();
            if (end == std::string::npos) refuse(name, "a number is missing");
            rule.fraction_ = fraction_of(name, rest.substr(0, end));
            rest = form.has_factor ? rest.substr(end + 1) : std::string();
        }
        if (form.has_factor) rule.factor_ = form.factor_sign * decimal_of(name, rest).value();
        if (form.kind == AggregationKind::trimmed_mean &&
            2 * rule.fraction_.numerator >= rule.fraction_.denominator) {
            refuse(name, "cuts off half or more on each side");
        }
        if (form.kind == AggregationKind::mean_quantile_mix) {
            rule.factor_ = std::clamp(rule.factor_, 0.0, 1.0);
        }
        return rule;
    }
    refuse(name, "is not known");
}

double AggregationRule::of_sorted(std::span<const double> sorted) const {
    if (sorted.empty()) {
        throw Error(ErrorKind::usage, "aggregation rule", name_, "there are no samples");
    }
    const auto level = [&] { return interpolated_quantile(sorted, fraction_.value()); };
    switch (kind_) {
        case AggregationKind::mean:
            return mean_of(sorted);
        case AggregationKind::trimmed_mean:
            return trimmed_mean(sorted, fraction_);
        case AggregationKind::lower_trimmed_mean: {
            const RuleFraction kept{fraction_.denominator - fraction_.numerator,
                                    fraction_.denominator};
            return mean_of(sorted.first(std::max<std::size_t>(1, whole_part(sorted.size(), kept))));
        }
        case AggregationKind::upper_trimmed_mean:
            return mean_of(
                sorted.subspan(std::min(sorted.size() - 1, whole_part(sorted.size(), fraction_))));
        case AggregationKind::quantile:
            return level();
        case AggregationKind::mean_plus_std:
            return mean_of(sorted) + factor_ * population_deviation(sorted);
        case AggregationKind::mean_quantile_mix:
            return factor_ * mean_of(sorted) + (1 - factor_) * level();
        case AggregationKind::quantile_plus_std:
            return level() + factor_ * population_deviation(sorted);
    }
    ensure(false, "every aggregation kind is computed");
    return 0;
}

double AggregationRule::of(std::span<const double> samples) const {
    std::vector<double> sorted(samples.begin(), samples.end());
    std::sort(sorted.begin(), sorted.end());
    return of_sorted(sorted);
}

double interpolated_quantile(std::span<const double> sorted, double level) {
    ensure(!sorted.empty() && level >= 0 && level <= 1, "a quantile of something");
    const double position = level * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    if (below + 1 >= sorted.size()) return sorted.back();
    const double part = position - static_cast<double>(below);
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

double population_deviation(std::span<const double> values) {
    const double mean = mean_of(values);
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    return std::sqrt(squares / static_cast<double>(values.size()));
}

std::vector<double> aggregate(const AggregationRule& rule, const SampleMatrix& matrix) {
    if (matrix.samples == 0 || matrix.values.size() / matrix.samples != matrix.steps ||
        matrix.values.size() % matrix.samples != 0) {
        throw Error(ErrorKind::usage, "samples", "",
                    "are not " + std::to_string(matrix.steps) + " steps x " +
                        std::to_string(matrix.samples) + " samples",
                    "state the shape of the values");
    }
    std::vector<double> result;
    for (std::size_t step = 0; step < matrix.steps; ++step) {
        result.push_back(
            rule.of(std::span(matrix.values).subspan(step * matrix.samples, matrix.samples)));
    }
    return result;
}

}  // namespace tradewind::model

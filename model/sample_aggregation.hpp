// Aggregation rules: from samples of a forecast to one number, named as in parameter sets
// (`trimmed_mean_10`, `quantile_0.35`, ...). Values; pure; any thread.
// Source: strategies spec 5.2.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tradewind::model {

// A fraction of a rule, kept as the decimal text says: numerator / 10^decimals. A text above one is
// a percentage (`10` is 0.10; `1` is one).
struct RuleFraction {
    std::int64_t numerator = 0;
    std::int64_t denominator = 1;

    [[nodiscard]] double value() const {
        return static_cast<double>(numerator) / static_cast<double>(denominator);
    }
};

enum class AggregationKind : std::uint8_t {
    mean,
    trimmed_mean,        // fraction in [0, 0.5) cut off on both sides
    lower_trimmed_mean,  // of the lowest 1 - fraction
    upper_trimmed_mean,  // of what lies from the fraction upwards
    quantile,
    mean_plus_std,      // factor: with its sign
    mean_quantile_mix,  // factor: weight of the mean
    quantile_plus_std,
};

class AggregationRule {
  public:
    // Any case; empty: mean. Throws Error (usage) for an unknown rule or a fraction out of range.
    [[nodiscard]] static AggregationRule parse(const std::string& name);

    [[nodiscard]] const std::string& name() const { return name_; }  // lower case
    [[nodiscard]] AggregationKind kind() const { return kind_; }

    // Of ascending values, at least one; sums in double in ascending order.
    [[nodiscard]] double of_sorted(std::span<const double> sorted) const;
    // Of values in any order.
    [[nodiscard]] double of(std::span<const double> samples) const;

  private:
    std::string name_ = "mean";
    AggregationKind kind_ = AggregationKind::mean;
    RuleFraction fraction_;
    double factor_ = 0;
};

// Linear interpolation between the order statistics of ascending values at the position
// level x (count - 1).
[[nodiscard]] double interpolated_quantile(std::span<const double> sorted, double level);
// Standard deviation without correction for the mean, of at least one value.
[[nodiscard]] double population_deviation(std::span<const double> values);

// Samples of several steps with a shape that is stated, never guessed: values[step x samples + i].
struct SampleMatrix {
    std::size_t steps = 0;
    std::size_t samples = 0;
    std::vector<double> values;
};
// One number for each step. Throws Error (usage) when the shape and the values do not agree.
[[nodiscard]] std::vector<double> aggregate(const AggregationRule& rule,
                                            const SampleMatrix& matrix);

}  // namespace tradewind::model

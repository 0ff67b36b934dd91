#include "model/sample_aggregation.hpp"

#include <algorithm>

#include "messages/error.hpp"
#include "tests/catch.hpp"

namespace tradewind::model::test {

namespace {

const std::vector<double> kSamples = {-0.03, -0.02, -0.01, 0, 0.005, 0.01, 0.02, 0.03, 0.05, 0.10};

double value_of(const char* rule) {
    std::vector<double> shuffled = kSamples;
    std::reverse(shuffled.begin(), shuffled.end());
    return AggregationRule::parse(rule).of(shuffled);
}

}  // namespace

TEST_CASE("the rules give the values of the specification's vector") {
    struct Row {
        const char* rule;
        double value;
    };
    const Row rows[] = {
        {"", 0.0155},
        {"mean", 0.0155},
        {"median", 0.0075},
        {"p10", -0.021},
        {"p90", 0.055},
        {"trimmed_mean_10", 0.010625},
        {"trimmed_mean_5", 0.0155},
        {"trimmed_mean_20", 0.00916667},
        {"lower_trimmed_mean_20", 0.000625},
        {"upper_trimmed_mean_20", 0.025625},
        {"quantile_0.35", 0.00075},
        {"mean_minus_std_0.5", -0.00247394},
        {"mean_quantile_mix_0.15_0.40", -0.0037},
        {"quantile_plus_std_0.5_0.2", 0.01468958},
        {"Trimmed_Mean_0.10", 0.010625},
        {"QUANTILE_35", 0.00075},
        {"mean_plus_std_0", 0.0155},
        {"mean_quantile_mix_0.15_7", 0.0155},
        {"lower_trimmed_mean_1", -0.03},
        {"upper_trimmed_mean_1", 0.10},
        {"quantile_1", 0.10},
        {"quantile_0", -0.03},
    };
    for (const Row& row : rows) {
        INFO(row.rule);
        CHECK(value_of(row.rule) == Approx(row.value).margin(5e-9));
    }
    CHECK(population_deviation(kSamples) == Approx(0.03594788).margin(5e-9));
    CHECK(interpolated_quantile(kSamples, 0.6) - interpolated_quantile(kSamples, 0.4) ==
          Approx(0.011).margin(1e-12));
    CHECK(AggregationRule::parse("MEDIAN").name() == "median");
}

TEST_CASE("unknown rules and fractions out of range are refused where they are read") {
    for (const char* rule : {"average",
                             "trimmed_mean",
                             "trimmed_mean_",
                             "trimmed_mean_50",
                             "trimmed_mean_0.5",
                             "trimmed_mean_x",
                             "trimmed_mean_1",
                             "quantile_101",
                             "quantile_-1",
                             "quantile_1e-1",
                             "quantile_0.5_0.2",
                             "quantile_plus_std_0.5",
                             "quantile_plus_std_0.5_",
                             "mean_quantile_mix_0.15",
                             "mean_minus_std_",
                             "mean_minus_std_nan",
                             "p50",
                             " mean",
                             "quantile_0.1234567890",
                             "quantile_..5"}) {
        INFO(rule);
        try {
            (void)AggregationRule::parse(rule);
            FAIL("accepted");
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
        }
    }
    CHECK_THROWS_AS(AggregationRule::parse("mean").of({}), Error);
}

TEST_CASE("counts are cut by exact decimals, not by a rounded product") {
    // 10 x 0.8 and 100 x 0.29 fall below the whole number in binary.
    std::vector<double> values(100);
    for (int i = 0; i < 100; ++i) values[i] = i;
    CHECK(AggregationRule::parse("upper_trimmed_mean_0.29").of_sorted(values) == 64.0);
    CHECK(AggregationRule::parse("lower_trimmed_mean_0.71").of_sorted(values) == 14.0);
    CHECK(AggregationRule::parse("trimmed_mean_0.29").of_sorted(values) == 49.5);
}

TEST_CASE("every rule that averages or picks stays within the samples") {
    tradewind::test::law("within", [] {
        auto values = *rc::gen::nonEmpty(rc::gen::container<std::vector<double>>(
            rc::gen::map(rc::gen::inRange(-1000, 1000), [](int v) { return v / 64.0; })));
        const auto percent = *rc::gen::inRange(0, 50);
        for (const std::string rule : {"mean", "median", "trimmed_mean_0.", "lower_trimmed_mean_0.",
                                       "upper_trimmed_mean_0.", "quantile_0."}) {
            const std::string digits = (percent < 10 ? "0" : "") + std::to_string(percent);
            const double result =
                AggregationRule::parse(rule.ends_with('.') ? rule + digits : rule).of(values);
            const auto [low, high] = std::minmax_element(values.begin(), values.end());
            RC_ASSERT(result >= *low - 1e-9);
            RC_ASSERT(result <= *high + 1e-9);
        }
    });
}

TEST_CASE("a matrix of samples has a stated shape") {
    const auto rule = AggregationRule::parse("mean");
    CHECK(aggregate(rule, {2, 3, {1, 2, 3, 4, 5, 6}}) == std::vector<double>{2, 5});
    CHECK(aggregate(rule, {3, 2, {1, 2, 3, 4, 5, 6}}) == std::vector<double>{1.5, 3.5, 5.5});
    CHECK_THROWS_AS(aggregate(rule, {2, 2, {1, 2, 3, 4, 5, 6}}), Error);
    CHECK_THROWS_AS(aggregate(rule, {2, 0, {}}), Error);
}

}  // namespace tradewind::model::test

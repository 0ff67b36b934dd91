#include "ledger/overfitting.hpp"

#include <cmath>
#include <vector>

#include "messages/counter_random.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::ledger;

namespace {

// Days of normal returns: `mean` in units of their deviation.
std::vector<double> random_days(std::uint64_t seed, std::size_t days, double mean) {
    const CounterRandom random(seed, "DAYS");
    std::vector<double> returns;
    for (std::size_t i = 0; i < days; ++i) {
        returns.push_back(0.01 * (random.normal(1, Date{}, i) + mean));
    }
    return returns;
}

}  // namespace

TEST_CASE("the Sharpe ratio of a day needs days that differ", "[overfitting]") {
    CHECK(sharpe_per_day(std::vector{0.01, 0.03}).value() == Approx(0.02 / std::sqrt(0.0002)));
    CHECK_FALSE(sharpe_per_day(std::vector{0.01}));
    CHECK_FALSE(sharpe_per_day(std::vector{0.01, 0.01, 0.01}));
    CHECK_FALSE(probabilistic_sharpe(std::vector{0.01, 0.02}, 0));
}

TEST_CASE("the expected best of skilless trials", "[overfitting]") {
    // The paper's example: 100 trials, variance of their annual Sharpe ratios 1/2: sqrt(1/2 / 250)
    // a day; the expected maximum is 0.1132 a day.
    CHECK(expected_best_sharpe(100, 0.5 / 250) == Approx(0.1132).margin(0.0001));
    CHECK(expected_best_sharpe(1, 1) == 0);
    double last = 0;
    for (const std::size_t trials : {2U, 5U, 20U, 100U, 1000U}) {
        const double best = expected_best_sharpe(trials, 1);
        CHECK(best > last);
        last = best;
    }
    // Against the simulated maximum of 50 draws.
    double sum = 0;
    for (std::uint64_t round = 0; round < 2000; ++round) {
        const CounterRandom random(round, "MAXIMUM");
        double best = -10;
        for (std::uint64_t i = 0; i < 50; ++i) best = std::max(best, random.normal(2, Date{}, i));
        sum += best;
    }
    CHECK(expected_best_sharpe(50, 1) == Approx(sum / 2000).margin(0.05));
}

TEST_CASE("the probabilistic Sharpe ratio is the normal one for normal days", "[overfitting]") {
    const auto days = random_days(3, 1000, 0.05);
    const double sharpe = sharpe_per_day(days).value();
    CHECK(probabilistic_sharpe(days, sharpe).value() == Approx(0.5));
    const double expected = 0.5 * std::erfc(-sharpe * std::sqrt(999.0) / std::sqrt(2.0));
    CHECK(probabilistic_sharpe(days, 0).value() == Approx(expected).margin(0.01));
    CHECK(probabilistic_sharpe(days, 0.2).value() < 0.01);
}

TEST_CASE("more trials deflate the same returns", "[overfitting]") {
    const auto days = random_days(5, 500, 0.1);
    std::vector<double> sharpes{sharpe_per_day(days).value()};
    double last = deflated_sharpe(days, sharpes).value();
    CHECK(last == Approx(probabilistic_sharpe(days, 0).value()));
    for (std::uint64_t i = 0; i < 200; ++i) {
        sharpes.push_back(sharpe_per_day(random_days(100 + i, 500, 0)).value());
        if (i % 50 == 49) {
            const double now = deflated_sharpe(days, sharpes).value();
            CHECK(now < last);
            last = now;
        }
    }
}

TEST_CASE("overfitting is likely among trials of luck and unlikely with one of skill",
          "[overfitting]") {
    std::vector<std::vector<double>> luck;
    double mean = 0;
    constexpr int kRounds = 20;
    for (int round = 0; round < kRounds; ++round) {
        luck.clear();
        for (std::uint64_t i = 0; i < 30; ++i) {
            luck.push_back(random_days(1000 * static_cast<std::uint64_t>(round) + i, 400, 0));
        }
        const auto result = probability_of_overfitting(luck).value();
        CHECK(result.splits == 252);
        mean += result.probability / kRounds;
    }
    CHECK(mean > 0.35);
    CHECK(mean < 0.75);
    luck.push_back(random_days(77, 400, 0.5));
    const auto skilled = probability_of_overfitting(luck).value();
    CHECK(skilled.probability == 0);
    CHECK(skilled.probability_loss == 0);
}

TEST_CASE("overfitting of trials that are no set", "[overfitting]") {
    CHECK_FALSE(probability_of_overfitting({random_days(1, 100, 0)}));
    CHECK_FALSE(probability_of_overfitting({random_days(1, 19, 0), random_days(2, 19, 0)}));
    CHECK_THROWS_AS(probability_of_overfitting({random_days(1, 100, 0), random_days(2, 99, 0)}),
                    Error);
    CHECK_THROWS_AS(probability_of_overfitting({random_days(1, 100, 0), random_days(2, 100, 0)}, 5),
                    Error);
    // Equal trials: each is at the median of the other half.
    const auto same = random_days(9, 100, 0);
    CHECK(probability_of_overfitting({same, same, same}).value().probability == 0);
}

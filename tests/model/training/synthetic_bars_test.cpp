// Laws of the synthetic market: bars agree with themselves, each part does what it says, and draws
// depend on their key alone.
#include "model/training/synthetic_bars.hpp"

#include <algorithm>
#include <cmath>

#include "tests/catch.hpp"
#include "tests/model/training/random_market.hpp"

namespace tradewind::model::test {

namespace {

struct Moments {
    double mean = 0, deviation = 0, kurtosis = 0;
};

std::vector<double> close_moves(const BarWindow& bars) {
    std::vector<double> moves;
    for (std::size_t i = 1; i < bars.size(); ++i) {
        moves.push_back(bars[i].close - bars[i - 1].close);
    }
    return moves;
}

Moments moments_of(const std::vector<double>& values) {
    Moments result;
    const auto count = static_cast<double>(values.size());
    for (const double value : values) result.mean += value / count;
    double fourth = 0;
    for (const double value : values) {
        const double d = value - result.mean;
        result.deviation += d * d / count;
        fourth += d * d * d * d / count;
    }
    result.kurtosis = fourth / (result.deviation * result.deviation);
    result.deviation = std::sqrt(result.deviation);
    return result;
}

BarWindow bars_of(const SyntheticMarket& market, std::size_t count = 20'000) {
    Draws draws(5, DrawPurpose::window, 0, 0);
    return synthetic_bars(market, count, draws);
}

// Correlation of neighbours.
double persistence_of(const std::vector<double>& values) {
    const Moments moments = moments_of(values);
    double sum = 0;
    for (std::size_t i = 1; i < values.size(); ++i) {
        sum += (values[i] - moments.mean) * (values[i - 1] - moments.mean);
    }
    return sum / static_cast<double>(values.size()) / (moments.deviation * moments.deviation);
}

std::vector<double> squares_of(std::vector<double> values) {
    for (double& value : values) value *= value;
    return values;
}

}  // namespace

TEST_CASE("every drawn market makes finite bars that do not contradict themselves") {
    tradewind::test::law("bars", [](std::uint32_t seed) {
        Draws draws(seed, DrawPurpose::window, 2, 7);
        const SyntheticMarket market = draw_market(draws);
        const BarWindow bars = synthetic_bars(market, 200, draws);
        RC_ASSERT(bars.size() == 200U);
        for (const LogBar& bar : bars) {
            RC_ASSERT(std::isfinite(bar.high) && std::isfinite(bar.low));
            RC_ASSERT(bar.high >= std::max(bar.open, bar.close));
            RC_ASSERT(bar.low <= std::min(bar.open, bar.close));
            RC_ASSERT(bar.usable);
        }
    });
}

TEST_CASE("equal keys give equal bars, other keys other bars") {
    const auto bars = [](std::uint32_t step, std::uint32_t item) {
        Draws draws(1, DrawPurpose::window, step, item);
        return synthetic_bars(draw_market(draws), 50, draws).back().close;
    };
    CHECK(bars(3, 4) == bars(3, 4));
    CHECK(bars(3, 4) != bars(4, 3));
    CHECK(bars(3, 4) != bars(3, 5));
}

TEST_CASE("a plain market has normal moves of its scale, without memory") {
    SyntheticMarket market;
    market.scale = 0.02;
    market.path_steps = 10;
    const BarWindow bars = bars_of(market);
    const auto moves = close_moves(bars);
    const Moments moments = moments_of(moves);
    CHECK(std::abs(moments.mean) < 4 * 0.02 / std::sqrt(2e4));
    CHECK(moments.deviation == Approx(0.02).epsilon(0.02));
    CHECK(moments.kurtosis == Approx(3).margin(0.2));
    CHECK(std::abs(persistence_of(squares_of(moves))) < 0.03);
    double range = 0;
    for (std::size_t i = 1; i < bars.size(); ++i) {
        CHECK(bars[i].open == bars[i - 1].close);  // no gap
        range += (bars[i].high - bars[i].low) / static_cast<double>(bars.size());
    }
    // Range of a walk of ten steps: below the 1.596 of a continuous path.
    CHECK(range > 1.15 * 0.02);
    CHECK(range < 1.5 * 0.02);
}

TEST_CASE("each part changes what it is there for") {
    SyntheticMarket plain;
    plain.scale = 0.01;
    SECTION("fat tails keep the variance") {
        SyntheticMarket market = plain;
        market.tail_degrees = 5;
        const Moments moments = moments_of(close_moves(bars_of(market, 60'000)));
        CHECK(moments.deviation == Approx(0.01).epsilon(0.05));
        CHECK(moments.kurtosis > 5);
    }
    SECTION("GARCH makes volatility cluster around the same level") {
        SyntheticMarket market = plain;
        market.arch = 0.1;
        market.persistence = 0.97;
        const auto moves = close_moves(bars_of(market, 60'000));
        CHECK(moments_of(moves).deviation == Approx(0.01).epsilon(0.1));
        CHECK(persistence_of(squares_of(moves)) > 0.1);
    }
    SECTION("stochastic volatility clusters, regimes change the level") {
        SyntheticMarket market = plain;
        market.slow_half_life = 50;
        market.slow_deviation = 0.6;
        CHECK(persistence_of(squares_of(close_moves(bars_of(market)))) > 0.1);
        market = plain;
        market.switch_probability = 0.01;
        market.regime_log_factor = 1;
        // Half of the time at e times the deviation.
        const double expected = 0.01 * std::sqrt((1 + std::exp(2.0)) / 2);
        CHECK(moments_of(close_moves(bars_of(market, 60'000))).deviation ==
              Approx(expected).epsilon(0.1));
    }
    SECTION("a season repeats") {
        SyntheticMarket market = plain;
        market.season_period = 5;
        market.season_amplitude[0] = 1;
        const auto moves = close_moves(bars_of(market, 20'001));
        std::array<double, 5> by_phase{};
        for (std::size_t i = 0; i < moves.size(); ++i) by_phase[i % 5] += moves[i] * moves[i];
        const auto [least, most] = std::minmax_element(by_phase.begin(), by_phase.end());
        CHECK(*most > 10 * *least);
    }
    SECTION("gaps take their share of the variance") {
        SyntheticMarket market = plain;
        market.gap_share = 0.4;
        const BarWindow bars = bars_of(market);
        std::vector<double> gaps;
        for (std::size_t i = 1; i < bars.size(); ++i) {
            gaps.push_back(bars[i].open - bars[i - 1].close);
        }
        CHECK(moments_of(gaps).deviation == Approx(0.01 * std::sqrt(0.4)).epsilon(0.03));
        CHECK(moments_of(close_moves(bars)).deviation == Approx(0.01).epsilon(0.03));
    }
    SECTION("idle bars stand still") {
        SyntheticMarket market = plain;
        market.idle_share = 0.3;
        std::size_t idle = 0;
        for (const LogBar& bar : bars_of(market)) idle += bar.high == bar.low ? 1 : 0;
        CHECK(static_cast<double>(idle) == Approx(6000).margin(250));
    }
    SECTION("bid-ask noise turns moves back") {
        SyntheticMarket market = plain;
        market.noise = 0.4;
        CHECK(persistence_of(close_moves(bars_of(market))) < -0.08);
    }
    SECTION("direction: drift, autoregression, skew") {
        SyntheticMarket market = plain;
        market.drift = 0.08;
        CHECK(moments_of(close_moves(bars_of(market))).mean == Approx(0.0008).epsilon(0.3));
        market = plain;
        market.autoregression = -0.2;
        CHECK(persistence_of(close_moves(bars_of(market))) == Approx(-0.2).margin(0.03));
        market = plain;
        market.skew = 0.25;
        const auto moves = close_moves(bars_of(market));
        const Moments moments = moments_of(moves);
        double third = 0;
        for (const double move : moves) third += std::pow(move / 0.01, 3) / 2e4;
        CHECK(std::abs(moments.mean) < 5 * 0.01 / std::sqrt(2e4));
        CHECK(third > 0.8);
    }
}

TEST_CASE("parts are present as often as the recipe says") {
    constexpr std::uint32_t kMarkets = 6000;
    std::array<double, 12> counts{};
    for (std::uint32_t i = 0; i < kMarkets; ++i) {
        Draws draws(8, DrawPurpose::window, 0, i);
        const SyntheticMarket market = draw_market(draws);
        const std::array<bool, 12> present = {market.slow_deviation > 0,
                                              market.fast_deviation > 0,
                                              market.switch_probability > 0,
                                              market.season_period > 0,
                                              market.arch > 0,
                                              market.tail_degrees > 0,
                                              market.jump_probability > 0,
                                              market.gap_share > 0.01,
                                              market.noise > 0,
                                              market.idle_share > 0,
                                              market.autoregression != 0,
                                              market.drift != 0};
        for (std::size_t p = 0; p < present.size(); ++p) counts[p] += present[p] ? 1 : 0;
        CHECK(market.scale > 2e-4);
        CHECK(market.scale < 0.05);
    }
    const std::array<double, 12> shares = {0.8, 0.6, 0.35, 0.3, 0.7,   0.75,
                                           0.3, 0.6, 0.2,  0.1, 0.105, 0.12};
    for (std::size_t p = 0; p < shares.size(); ++p) {
        const double deviation = std::sqrt(shares[p] * (1 - shares[p]) / kMarkets);
        INFO("part " << p);
        CHECK(counts[p] / kMarkets == Approx(shares[p]).margin(4 * deviation));
    }
}

TEST_CASE("gamma draws have the mean and the variance of their shape") {
    for (const double shape : {1.35, 3.0, 10.0}) {
        Draws draws(2, DrawPurpose::window, 0, 0);
        std::vector<double> values(20'000);
        for (double& value : values) value = draws.gamma(shape);
        const Moments moments = moments_of(values);
        CHECK(moments.mean == Approx(shape).epsilon(0.03));
        CHECK(moments.deviation == Approx(std::sqrt(shape)).epsilon(0.04));
    }
}

}  // namespace tradewind::model::test

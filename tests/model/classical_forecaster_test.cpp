#include "model/classical_forecaster.hpp"

#include <cmath>

#include "messages/error.hpp"
#include "model/pinball.hpp"
#include "model/variance_recursion.hpp"
#include "tests/catch.hpp"
#include "tests/model/classical_parameters_fixture.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

constexpr ClassicalKind kKinds[] = {ClassicalKind::ewma_empirical, ClassicalKind::garch,
                                    ClassicalKind::anchored};

ForecastRequest request_of(const std::shared_ptr<BarSeries>& series,
                           const std::vector<std::uint32_t>& ends, std::uint32_t horizon) {
    ForecastRequest request;
    request.symbol = series->symbol;
    request.series = series;
    request.horizon = horizon;
    for (const std::uint32_t end : ends) request.rows.push_back({end});
    return request;
}

Forecast ask(Forecaster& forecaster, const ForecastRequest& request) {
    return forecaster.forecast(std::span(&request, 1)).at(0);
}

Forecast ask(ClassicalKind kind, const std::shared_ptr<BarSeries>& series, std::uint32_t end,
             std::uint32_t horizon = 1) {
    const auto forecaster = make_classical_forecaster(kind, some_classical_parameters());
    return ask(*forecaster, request_of(series, {end}, horizon));
}

// Moves of one channel before bar `end`, written out: own, or from the close before.
std::vector<long double> moves_of(const BarSeries& series, std::uint32_t end, std::size_t channel,
                                  bool anchored) {
    std::vector<long double> moves;
    for (std::uint32_t i = 1; i < end; ++i) {
        const auto before = channel_prices(series.bars[i - 1]);
        moves.push_back(channel_prices(series.bars[i])[channel] / before[anchored ? 0 : channel] -
                        1);
    }
    return moves;
}

long double seed_of(const std::vector<long double>& moves) {
    long double sum = 0;
    const std::size_t count = std::min<std::size_t>(moves.size(), 32);
    for (std::size_t i = 0; i < count; ++i) sum += moves[i] * moves[i];
    return sum / static_cast<long double>(count);
}

long double ewma_sigma(const std::vector<long double>& moves, long double lambda) {
    long double variance = seed_of(moves);
    for (const long double move : moves) {
        variance = lambda * variance + (1 - lambda) * move * move;
    }
    return std::sqrt(variance);
}

long double garch_variance(const std::vector<long double>& moves, long double alpha,
                           long double persistence, long double& mean) {
    long double variance = seed_of(moves);
    long double squares = 0;
    for (std::size_t i = 0; i < moves.size(); ++i) {
        squares += moves[i] * moves[i];
        mean = squares / static_cast<long double>(i + 1);
        variance = (1 - persistence) * mean + alpha * moves[i] * moves[i] +
                   (persistence - alpha) * variance;
    }
    return variance;
}

void check_deciles(const Deciles& got, const std::array<long double, kDeciles>& wanted) {
    for (std::size_t q = 0; q < kDeciles; ++q) {
        CHECK(got[q] == Approx(static_cast<double>(wanted[q])).epsilon(1e-6).margin(1e-9));
    }
}

}  // namespace

TEST_CASE("a series belongs to the class of its bars and its symbol") {
    BarSeries series;
    const auto check = [&series](const char* symbol, std::int64_t interval_ns, bool daily,
                                 MarketClass expected) {
        series.symbol = Symbol(symbol);
        series.interval_ns = interval_ns;
        series.daily = daily;
        INFO(symbol << " " << interval_ns);
        CHECK(market_class_of(series) == expected);
        CHECK(market_class_named(name_of(expected)) == expected);
    };
    check("AAPL", kDay, true, MarketClass::daily_stocks);
    check("BTCUSD", kDay, true, MarketClass::daily_crypto);
    check("ETHUSDT", kDay, false, MarketClass::daily_crypto);
    check("EURUSD", kDay, false, MarketClass::daily_stocks);
    check("EURUSD", kHour, false, MarketClass::hourly);
    check("BTCUSD", 15 * kMinute, false, MarketClass::hourly);
    check("BTCUSD", 5 * kMinute, false, MarketClass::minute);
    check("AAPL", kMinute, false, MarketClass::minute);
    check("AAPL", 7 * kDay, false, MarketClass::daily_stocks);
    CHECK_FALSE(market_class_named("daily"));
}

TEST_CASE("ewma_empirical is the definition written out") {
    const auto parameters = some_classical_parameters();
    for (const char* symbol : {"AAA", "BTCUSD"}) {
        const auto series = random_bars(symbol, 200, 11);
        const auto& fitted = *parameters.of(*series);
        for (const std::uint32_t end : {21U, 33U, 34U, 200U}) {
            const Forecast forecast = ask(ClassicalKind::ewma_empirical, series, end, 5);
            REQUIRE(forecast.refusal.empty());
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                const EwmaShape& shape = fitted.channels[s].ewma_empirical;
                const long double sigma =
                    ewma_sigma(moves_of(*series, end, s, false), shape.lambda);
                for (const std::uint32_t step : {1U, 5U}) {
                    std::array<long double, kDeciles> wanted{};
                    for (std::size_t q = 0; q < kDeciles; ++q) {
                        wanted[q] = step == 1 ? shape.deciles[q] * sigma
                                              : 5 * shape.deciles[4] * sigma +
                                                    (shape.deciles[q] - shape.deciles[4]) * sigma *
                                                        std::sqrt(5.0L);
                    }
                    check_deciles(forecast.at(0, step - 1, static_cast<Series>(s)), wanted);
                }
            }
        }
    }
}

TEST_CASE("garch is the definition written out, further steps return to the mean") {
    const auto parameters = some_classical_parameters();
    const auto series = random_bars("AAA", 150, 12);
    for (const std::uint32_t end : {22U, 150U}) {
        const Forecast forecast = ask(ClassicalKind::garch, series, end, 3);
        REQUIRE(forecast.refusal.empty());
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            const GarchShape& shape = parameters.of(*series)->channels[s].garch;
            long double mean = 0;
            const long double variance = garch_variance(moves_of(*series, end, s, false),
                                                        shape.alpha, shape.persistence, mean);
            long double total = 0;
            long double step_variance = variance;
            for (std::uint32_t step = 1; step <= 3; ++step) {
                total += step_variance;
                step_variance = mean + shape.persistence * (step_variance - mean);
                std::array<long double, kDeciles> wanted{};
                for (std::size_t q = 0; q < kDeciles; ++q) {
                    wanted[q] = step * shape.deciles[4] * std::sqrt(variance) +
                                (shape.deciles[q] - shape.deciles[4]) * std::sqrt(total);
                }
                check_deciles(forecast.at(0, step - 1, static_cast<Series>(s)), wanted);
            }
        }
    }
}

TEST_CASE("anchored starts from the last close") {
    const auto parameters = some_classical_parameters();
    const auto series = random_bars("BTCUSD", 120, 13);
    const std::uint32_t end = 120;
    const Forecast forecast = ask(ClassicalKind::anchored, series, end, 3);
    const Forecast closes = ask(ClassicalKind::ewma_empirical, series, end, 3);
    REQUIRE(forecast.refusal.empty());
    const auto& fitted = *parameters.of(*series);
    const auto last = channel_prices(series->bars[end - 1]);
    const EwmaShape& close = fitted.channels[0].ewma_empirical;
    const long double close_sigma = ewma_sigma(moves_of(*series, end, 0, false), close.lambda);
    for (std::size_t step = 0; step < 3; ++step) {
        CHECK(forecast.at(0, step, Series::close) == closes.at(0, step, Series::close));
    }
    for (std::size_t s = 1; s < kSeriesCount; ++s) {
        const EwmaShape& shape = fitted.channels[s].anchored;
        const long double sigma = ewma_sigma(moves_of(*series, end, s, true), shape.lambda);
        for (std::uint32_t step = 1; step <= 3; ++step) {
            std::array<long double, kDeciles> wanted{};
            for (std::size_t q = 0; q < kDeciles; ++q) {
                const long double before = (close.deciles[q] - close.deciles[4]) * close_sigma *
                                           std::sqrt(static_cast<long double>(step - 1));
                const long double own = (shape.deciles[q] - shape.deciles[4]) * sigma;
                const long double centre =
                    close.deciles[4] * close_sigma * (step - 1) + shape.deciles[4] * sigma;
                const long double distance = std::sqrt(before * before + own * own);
                wanted[q] = (1 + centre + (q < 4 ? -distance : distance)) * last[0] / last[s] - 1;
            }
            check_deciles(forecast.at(0, step - 1, static_cast<Series>(s)), wanted);
        }
    }
}

TEST_CASE("deciles ascend, scale with nothing but moves, and see no future") {
    tradewind::test::law("of any classical forecaster on any series", [] {
        const auto seed = *rc::gen::inRange<std::uint64_t>(1, 100000);
        const auto end = *rc::gen::inRange<std::uint32_t>(21, 120);
        const auto series = random_bars("AAA", 120, seed);
        auto doubled = std::make_shared<BarSeries>(*series);
        for (Bar& bar : doubled->bars) {
            bar.open = bar.open + bar.open;
            bar.high = bar.high + bar.high;
            bar.low = bar.low + bar.low;
            bar.close = bar.close + bar.close;
        }
        auto cut = std::make_shared<BarSeries>(*series);
        cut->bars.resize(end);
        for (const ClassicalKind kind : kKinds) {
            const Forecast forecast = ask(kind, series, end, 4);
            RC_ASSERT(forecast.refusal.empty());
            for (const Deciles& deciles : forecast.values) {
                RC_ASSERT(std::is_sorted(deciles.begin(), deciles.end()));
            }
            RC_ASSERT(ask(kind, doubled, end, 4).values == forecast.values);
            RC_ASSERT(ask(kind, cut, end, 4).values == forecast.values);
        }
    });
}

TEST_CASE("any way of asking a classical forecaster gives the same bits") {
    const auto series = random_bars("AAA", 900, 5);
    tradewind::test::law("order, grouping and history of requests do not matter", [&series] {
        const auto ends = *rc::gen::container<std::vector<std::uint32_t>>(
            rc::gen::inRange<std::uint32_t>(21, 901));
        RC_PRE(!ends.empty());
        for (const ClassicalKind kind : kKinds) {
            const auto shared = make_classical_forecaster(kind, some_classical_parameters());
            const Forecast together = ask(*shared, request_of(series, ends, 2));
            for (std::size_t i = 0; i < std::min<std::size_t>(ends.size(), 3); ++i) {
                const Forecast alone = ask(kind, series, ends[i], 2);
                for (std::size_t step = 0; step < 2; ++step) {
                    for (std::size_t s = 0; s < kSeriesCount; ++s) {
                        const auto which = static_cast<Series>(s);
                        RC_ASSERT(together.at(i, step, which) == alone.at(0, step, which));
                    }
                }
            }
        }
    });
}

TEST_CASE("a bar that contradicts itself moves no volatility") {
    const auto series = random_bars("AAA", 100, 21);
    auto marked = std::make_shared<BarSeries>(*series);
    marked->bars[60].suspect = true;
    marked->bars[60].close = price_of(marked->bars[60].close.to_double() * 3);
    for (const ClassicalKind kind : kKinds) {
        auto other = std::make_shared<BarSeries>(*marked);
        other->bars[60].close = price_of(marked->bars[60].close.to_double() * 3);
        CHECK(ask(kind, marked, 100).values == ask(kind, other, 100).values);
        CHECK(ask(kind, marked, 100).values != ask(kind, series, 100).values);
    }
}

TEST_CASE("classical requests that cannot be answered are refused") {
    const auto series = random_bars("AAA", 60, 8);
    auto broken = std::make_shared<BarSeries>(*series);
    broken->bars[30].low = Price{};
    for (const ClassicalKind kind : kKinds) {
        CHECK_THAT(ask(kind, series, 20).refusal, Catch::Contains("only 19 moves"));
        CHECK_THAT(ask(kind, series, 61).refusal, Catch::Contains("row ends at bar 61"));
        CHECK(ask(kind, series, 21).refusal.empty());
        const Forecast refused = ask(ClassicalKind::garch, broken, 40);
        CHECK_THAT(refused.refusal, Catch::Contains("not positive"));
        CHECK(refused.values.empty());
    }
}

TEST_CASE("the id names the kind and the parameters") {
    auto parameters = some_classical_parameters();
    std::vector<std::string> ids;
    for (const ClassicalKind kind : kKinds) {
        ids.push_back(make_classical_forecaster(kind, parameters)->id());
        CHECK(ids.back().starts_with(std::string(name_of(kind)) + "-"));
        CHECK(classical_kind_named(name_of(kind)) == kind);
    }
    parameters.classes[3]->channels[3].garch.deciles[8] += 1e-9;
    CHECK(make_classical_forecaster(ClassicalKind::garch, parameters)->id() != ids[1]);
    CHECK_THROWS_AS(make_classical_forecaster(ClassicalKind::garch, ClassicalParameters{}), Error);
    CHECK_FALSE(classical_kind_named("ewma"));
}

TEST_CASE("pinball loss is smallest at the deciles of the outcomes") {
    tradewind::test::law("any other set of deciles costs more, and the loss scales", [] {
        const auto outcomes = *rc::gen::container<std::vector<double>>(
            20, rc::gen::map(rc::gen::inRange(-1000, 1000), [](int x) { return x / 1000.0; }));
        const auto shift = *rc::gen::inRange(-500, 500) / 1000.0;
        const auto place = *rc::gen::inRange<std::size_t>(0, kDeciles);
        auto sorted = outcomes;
        std::sort(sorted.begin(), sorted.end());
        std::array<double, kDeciles> best{};
        // Of 20 outcomes every point between the 2k-th and the next is a k-th decile.
        for (std::size_t q = 0; q < kDeciles; ++q) best[q] = sorted[2 * q + 1];
        auto other = best;
        other[place] += shift;
        double best_loss = 0;
        double other_loss = 0;
        double scaled_loss = 0;
        auto scaled = other;
        for (double& decile : scaled) decile *= 4;
        for (const double outcome : outcomes) {
            best_loss += pinball_loss(best, outcome);
            other_loss += pinball_loss(other, outcome);
            scaled_loss += pinball_loss(scaled, 4 * outcome);
        }
        RC_ASSERT(best_loss <= other_loss + 1e-12);
        RC_ASSERT(scaled_loss == Approx(4 * other_loss));
    });
    // One level by hand: outcome 1 against deciles at 0: mean of k over nine levels.
    CHECK(zero_move_loss(1) == Approx(0.5));
    CHECK(zero_move_loss(-1) == Approx(0.5));
    CHECK(pinball_loss(std::array<float, kDeciles>{1, 1, 1, 1, 1, 1, 1, 1, 1}, 0) == Approx(0.5));
}

}  // namespace tradewind::model::test

#include "ledger/statistics.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "ledger/equity_writer.hpp"
#include "ledger/number_text.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::law;

namespace {

const Date kMonday = date_of(2024, 3, 4);

Timestamp at(int day, std::int64_t of_day = 21 * kHour) {
    return utc_midnight(kMonday + day) + of_day;
}

orders::RoundTrip trade(const char* pnl) {
    orders::RoundTrip trip;
    trip.pnl = Money::of(pnl);
    return trip;
}

}  // namespace

TEST_CASE("statistics of a curve worked out by hand") {
    StatisticsAccumulator accumulator(Money::whole(100), true);
    // Returns of the days: +10 %, -10 %, +20 % (two rows on the first day: the last one counts).
    accumulator.add(at(0, 15 * kHour), Money::whole(90), Money::whole(45));
    accumulator.add(at(0), Money::whole(110), Money{});
    accumulator.add(at(1), Money::whole(99), Money::whole(99));
    accumulator.add(at(2), Money::of("118.8"), Money{});
    accumulator.add_trade(trade("30"));
    accumulator.add_trade(trade("-10"));
    accumulator.add_trade(trade("0"));
    accumulator.add_trade(trade("-1.2"));
    Fill fill;
    fill.price = Price::of("2.5");
    fill.quantity = Quantity::whole(40);
    fill.fee = Money::of("0.1");
    accumulator.add_fill(fill);
    accumulator.add_fill(fill);
    accumulator.add_financing(Money::of("0.3"));
    accumulator.count_order();
    const auto s = accumulator.finish({{Symbol("A"), Price::whole(10), Price::whole(12)},
                                       {Symbol("B"), Price::whole(10), Price::whole(9)}});
    CHECK(s.days == 3);
    CHECK(s.days_per_year == 252);
    CHECK(s.total_return == Approx(0.188));
    CHECK(*s.annual_return == Approx(std::pow(1.188, 84) - 1));
    const double mean = (0.1 - 0.1 + 0.2) / 3;
    const double deviation = std::sqrt(
        (std::pow(0.1 - mean, 2) + std::pow(-0.1 - mean, 2) + std::pow(0.2 - mean, 2)) / 2);
    CHECK(*s.annual_volatility == Approx(deviation * std::sqrt(252)));
    CHECK(*s.sharpe == Approx(mean / deviation * std::sqrt(252)));
    CHECK(*s.sortino == Approx(mean / std::sqrt(0.01 / 3) * std::sqrt(252)));
    CHECK(s.max_drawdown == Approx(0.1));
    CHECK(*s.calmar == Approx(*s.annual_return / 0.1));
    CHECK(s.max_drawdown_days == 2);
    CHECK(s.trades == 4);
    CHECK(s.winning_trades == 1);
    CHECK(s.losing_trades == 2);
    CHECK(*s.win_rate == 0.25);
    CHECK(*s.profit_factor == Approx(30 / 11.2));
    CHECK(*s.expectancy == Money::of("4.7"));
    CHECK(s.exposure_time == 0.5);
    CHECK(s.average_exposure == Approx((0.5 + 1) / 4));
    CHECK(s.traded_notional == Money::whole(200));
    CHECK(s.turnover == Approx(200 / ((90 + 110 + 99 + 118.8) / 4)));
    CHECK(*s.annual_turnover == Approx(s.turnover * 84));
    CHECK(s.fees == Money::of("0.2"));
    CHECK(s.financing == Money::of("0.3"));
    CHECK(*s.benchmark_total_return == Approx(0.05));
    CHECK(*s.excess_return == Approx(0.138));
}

TEST_CASE("weekends count with Monday unless every symbol is crypto") {
    for (const bool any_non_crypto : {true, false}) {
        StatisticsAccumulator accumulator(Money::whole(100), any_non_crypto);
        // Bars that end at midnight belong to the day before: Monday to the second Tuesday.
        for (int day = 0; day < 9; ++day) {
            accumulator.add(at(day + 1, 0), Money::whole(100 + day), Money{});
        }
        const auto s = accumulator.finish({});
        CHECK(s.days == (any_non_crypto ? 7 : 9));
        CHECK(s.days_per_year == (any_non_crypto ? 252 : 365));
        CHECK(s.max_drawdown == 0);
        CHECK_FALSE(s.calmar.has_value());
        CHECK_FALSE(s.sortino.has_value());
    }
}

TEST_CASE("an empty run and a flat one have no undefined numbers") {
    const auto empty = StatisticsAccumulator(Money::whole(100), true).finish({});
    CHECK(empty.total_return == 0);
    CHECK(empty.final_equity == Money::whole(100));
    const auto json = nlohmann::json::parse(to_json(empty));
    CHECK(json["sharpe"].is_null());
    CHECK(json["win_rate"].is_null());
    CHECK(json["benchmark_total_return"].is_null());
    CHECK(json["fees"] == "0");
    CHECK(json["first_time"].is_null());
    StatisticsAccumulator flat(Money::whole(100), true);
    for (int day = 0; day < 5; ++day) flat.add(at(day), Money::whole(100), Money{});
    const auto s = flat.finish({});
    CHECK_FALSE(s.sharpe.has_value());
    CHECK(*s.annual_volatility == 0);
    CHECK(*s.annual_return == 0);
}

TEST_CASE("a ruined account is described without a complex power") {
    StatisticsAccumulator accumulator(Money::whole(100), true);
    accumulator.add(at(0), Money::whole(100), Money::whole(400));
    accumulator.add(at(1), Money::whole(-50), Money::whole(300));
    accumulator.add(at(2), Money::whole(-60), Money{});
    const auto s = accumulator.finish({});
    CHECK(s.total_return == Approx(-1.6));
    CHECK_FALSE(s.annual_return.has_value());
    CHECK(s.max_drawdown == Approx(1.6));
    CHECK(nlohmann::json::parse(to_json(s))["annual_return"].is_null());
}

TEST_CASE("every statistic of the file is defined in the text, and the other way round") {
    const auto json = nlohmann::json::parse(to_json(Statistics{}));
    const auto text = definitions_text();
    for (const auto& [name, value] : json.items()) {
        if (name == "first_time" || name == "last_time") continue;
        CAPTURE(name);
        CHECK(text.find(name) != std::string::npos);
    }
}

TEST_CASE("drawdown equals the exact ratio") {
    law("fast path and division agree", [] {
        const auto peak =
            Money::from_units(static_cast<int128>(*rc::gen::inRange<std::int64_t>(1, 1LL << 62)) *
                              *rc::gen::inRange<std::int64_t>(1, 1LL << 40));
        const auto share = *rc::gen::inRange<std::int64_t>(-3'000, 1'000'000);
        const auto noise = *rc::gen::inRange<std::int64_t>(-999, 1'000);
        const auto equity = Money::from_units(peak.units() / 1'000'000 * share + noise);
        if (equity > peak) return;
        RC_ASSERT(drawdown_of(equity, peak) == ratio(peak - equity, peak));
    });
    // Ties go to the even digit.
    CHECK(drawdown_of(Money::of("0.999999995"), Money::whole(1)).is_zero());
    CHECK(drawdown_of(Money::of("0.999999985"), Money::whole(1)) == Fraction::of("0.00000002"));
    CHECK(drawdown_of(Money::whole(-1), Money::whole(1)) == Fraction::whole(2));
    CHECK(drawdown_of(Money::whole(-1), Money{}).is_zero());
}

TEST_CASE("doubles are written short and without exponents") {
    CHECK(fixed_text(0.1) == "0.1");
    CHECK(fixed_text(-0.0) == "0");
    CHECK(fixed_text(1e21) == "1000000000000000000000");
    CHECK(fixed_text(2.5e-7) == "0.00000025");
    law("they read back the same", [] {
        const auto bits = *rc::gen::arbitrary<std::uint64_t>();
        double value = 0;
        std::memcpy(&value, &bits, sizeof value);
        if (!std::isfinite(value)) return;
        const auto text = fixed_text(value);
        RC_ASSERT(text.find('e') == std::string::npos);
        RC_ASSERT(std::strtod(text.c_str(), nullptr) == value);
    });
}

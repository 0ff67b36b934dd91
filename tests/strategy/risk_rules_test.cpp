#include "strategy/risk_rules.hpp"

#include <cmath>

#include "messages/error.hpp"
#include "strategy/correlation.hpp"
#include "tests/strategy/golden_fixture.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

const Date kFriday = date_of(2025, 11, 14);

AccountSnapshot account(const char* equity, const char* gross, const char* peak = "0") {
    AccountSnapshot snapshot;
    snapshot.equity = Money::of(equity);
    snapshot.gross_exposure = Money::of(gross);
    snapshot.peak_equity = Money::of(peak);
    return snapshot;
}

std::vector<DatedReturn> returns(std::initializer_list<double> pattern, int days, int first = 0) {
    std::vector<DatedReturn> all;
    for (int i = 0; i < days; ++i) {
        all.push_back({Date{19000 + first + i}, pattern.begin()[i % pattern.size()]});
    }
    return all;
}

}  // namespace

TEST_CASE("a losing day makes the next weekday probe only", "[strategy][risk]") {
    DayPnlState state = record_day_pnl({}, kFriday, Money::of("-0.01"));
    CHECK_FALSE(is_probe_only(state, kFriday));
    CHECK_FALSE(is_probe_only(state, kFriday + 1));
    CHECK(is_probe_only(state, kFriday + 3));  // Monday
    CHECK_FALSE(is_probe_only(state, kFriday + 4));
    // A day without loss frees it; an older record changes nothing.
    const DayPnlState free = record_day_pnl(state, kFriday + 3, Money{});
    CHECK_FALSE(is_probe_only(free, kFriday + 4));
    CHECK(is_probe_only(record_day_pnl(state, kFriday - 1, Money::of("100")), kFriday + 3));
    // The same day's final figure replaces its earlier one.
    state = record_day_pnl(state, kFriday, Money::of("5"));
    CHECK_FALSE(is_probe_only(state, kFriday + 3));
}

TEST_CASE("the leverage threshold is two, more only after a day without loss", "[strategy][risk]") {
    const Fraction three = Fraction::whole(3);
    CHECK(leverage_threshold({}, Fraction::whole(2)) == Fraction::whole(2));
    CHECK(leverage_threshold({}, Fraction::of("1.5")) == Fraction::whole(2));
    CHECK(leverage_threshold({}, three) == three);
    CHECK(leverage_threshold(record_day_pnl({}, kFriday, Money{}), three) == three);
    CHECK(leverage_threshold(record_day_pnl({}, kFriday, Money::of("-1")), three) ==
          Fraction::whole(2));
}

TEST_CASE("drawdown suspends a strategy until it has recovered", "[strategy][risk]") {
    CHECK(drawdown_of(account("90000", "0", "100000")) == Approx(0.1));
    CHECK(drawdown_of(account("110000", "0", "100000")) == 0);
    CHECK(drawdown_of(account("90000", "0")) == 0);
    SuspensionSettings settings;
    const Symbol symbol("AAA");
    CHECK(suspended_strategies(symbol, 0.9, {}, settings).empty());  // no threshold
    settings.suspend = 0.10;
    CHECK(suspended_strategies(symbol, 0.0999, {}, settings).empty());
    auto now = suspended_strategies(symbol, 0.10, {}, settings);
    CHECK(now.size() == kCandidateKinds);
    // Between 0.08 (0.8 of it) and 0.10 nothing changes.
    now = suspended_strategies(symbol, 0.081, now, settings);
    CHECK(now.size() == kCandidateKinds);
    CHECK(suspended_strategies(symbol, 0.081, {}, settings).empty());
    CHECK(suspended_strategies(symbol, 0.08, now, settings).empty());
    settings.resume = 0.02;
    CHECK(suspended_strategies(symbol, 0.03, now, settings).size() == kCandidateKinds);
    // One strategy of one symbol by its own threshold.
    SymbolOverrides own;
    own.drawdown_suspend = {{"AAA@maxdiff", 0.01}};
    settings.suspend.reset();
    CHECK(suspended_strategies(symbol, 0.05, {}, settings, own) == std::set{StrategyKind::maxdiff});
    CHECK(suspended_strategies(Symbol("BBB"), 0.05, {}, settings, own).empty());
}

TEST_CASE("Kelly sizes shrink with the drawdown", "[strategy][risk]") {
    CHECK(drawdown_scale(0.3, std::nullopt, 0.2) == 1);
    CHECK(drawdown_scale(0.05, 0.2, 0.1) == Approx(0.75));
    CHECK(drawdown_scale(0.3, 0.2, 0.1) == Approx(0.1));
    CHECK(drawdown_scale(-0.1, 0.2, 0.1) == 1);
}

TEST_CASE("leverage: what exceeds the cap, and what borrowing costs", "[strategy][risk]") {
    CHECK(excess_exposure(account("100000", "150000"), Fraction::whole(1)) == Money::whole(50000));
    CHECK(excess_exposure(account("100000", "150000"), Fraction::whole(2)).is_zero());
    CHECK(excess_exposure(account("-5", "10"), Fraction::whole(2)) == Money::whole(10));
    // Twice leveraged on 100,000: 100,000 borrowed at 6.5 % over 252 days is 25.79 a day.
    const Money cost = financing_of(account("100000", "200000"), Fraction::of("0.065"), 252, 1);
    CHECK(cost.to_double() == Approx(25.7937).margin(1e-4));
    CHECK(financing_of(account("100000", "200000"), Fraction::of("0.065"), 252, 3).to_double() ==
          Approx(3 * 25.7937).margin(1e-3));
    CHECK(financing_of(account("100000", "100000"), Fraction::of("0.065"), 252, 9).is_zero());
}

TEST_CASE("a position is resized only beyond a quarter of it", "[strategy][risk]") {
    const auto at = [](const char* current, const char* wanted) {
        return needs_rebalance(Quantity::of(current), Quantity::of(wanted));
    };
    CHECK_FALSE(at("100", "125"));
    CHECK(at("100", "126"));
    CHECK_FALSE(at("100", "75"));
    CHECK(at("100", "74"));
    CHECK_FALSE(at("-100", "-125"));
    CHECK(at("-100", "-126"));
    CHECK(at("0", "1"));
    CHECK_FALSE(at("0", "0"));
    CHECK_THROWS_AS(at("100", "-100"), InvariantBroken);
}

TEST_CASE("correlation over common days", "[strategy][risk]") {
    const auto a = returns({0.01, -0.02, 0.005}, 60);
    CHECK(*correlation(a, a) == Approx(1));
    auto opposite = a;
    for (auto& day : opposite) day.value *= -2;
    CHECK(*correlation(a, opposite) == Approx(-1));
    // Only the days that both have count: here 30 of 60, then too few.
    CHECK(*correlation(a, returns({0.01, -0.02, 0.005}, 60, 30)) == Approx(1));
    CHECK_FALSE(correlation(a, returns({0.01, -0.02, 0.005}, 60, 45)));
    CHECK_FALSE(correlation(a, returns({0.01}, 60)));  // no variance
    // Against the definition, on gaps of either side.
    auto b = returns({0.01, -0.01, 0.0, 0.02, -0.03}, 55, 2);
    b.erase(b.begin() + 10);
    double mean_a = 0;
    double mean_b = 0;
    std::vector<std::pair<double, double>> common;
    for (const auto& x : a) {
        for (const auto& y : b) {
            if (x.day == y.day) common.emplace_back(x.value, y.value);
        }
    }
    for (const auto& [x, y] : common) {
        mean_a += x / static_cast<double>(common.size());
        mean_b += y / static_cast<double>(common.size());
    }
    double product = 0;
    double square_a = 0;
    double square_b = 0;
    for (const auto& [x, y] : common) {
        product += (x - mean_a) * (y - mean_b);
        square_a += (x - mean_a) * (x - mean_a);
        square_b += (y - mean_b) * (y - mean_b);
    }
    CHECK(*correlation(a, b) == Approx(product / std::sqrt(square_a * square_b)));
}

TEST_CASE("groups join symbols through any chain of correlations", "[strategy][risk]") {
    const auto a = returns({0.01, -0.02, 0.005, 0.0}, 60);
    auto b = a;
    for (std::size_t i = 0; i < b.size(); ++i) b[i].value += i % 3 == 0 ? 0.004 : -0.002;
    auto c = b;
    for (std::size_t i = 0; i < c.size(); ++i) c[i].value += i % 5 == 0 ? 0.006 : -0.001;
    const auto apart = returns({0.01, 0.01, -0.01, -0.01, 0.02}, 60);
    const double ab = *correlation(a, b);
    const double bc = *correlation(b, c);
    const double ac = *correlation(a, c);
    INFO(ab << ' ' << bc << ' ' << ac);
    const double threshold = (std::min(ab, bc) + ac) / 2;
    REQUIRE(ac < threshold);
    const std::map<Symbol, std::span<const DatedReturn>> all{
        {Symbol("A"), a}, {Symbol("B"), b}, {Symbol("C"), c}, {Symbol("D"), apart}};
    const auto groups = correlated_groups(all, threshold);
    const std::vector together{Symbol("A"), Symbol("B"), Symbol("C")};
    CHECK(groups.at(Symbol("A")) == together);
    CHECK(groups.at(Symbol("C")) == together);
    CHECK(groups.at(Symbol("D")) == std::vector{Symbol("D")});
    CHECK(correlated_groups({}, threshold).empty());
}

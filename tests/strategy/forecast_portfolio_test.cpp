#include "strategy/forecast_portfolio.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "market/instruments.hpp"
#include "messages/error.hpp"
#include "tests/strategy/golden_fixture.hpp"
#include "tests/strategy/random_market.hpp"
#include "tests/strategy/row_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

const Timestamp kOpen = *parse_time("2024-02-05T14:30:00Z");

PassSymbol pass_symbol(AnalysisRow row, const char* mid = "100", const char* spread = "0.02") {
    PassSymbol symbol;
    symbol.instrument = market::default_instrument(row.symbol, row.asset_class);
    symbol.quote = quote_around(row.symbol.to_string(), mid, spread);
    SelectionContext facts;
    facts.now = kOpen;
    facts.quote = symbol.quote;
    symbol.row = select_strategy(std::move(row), facts, SelectionSettings{});
    return symbol;
}
AnalysisRow only(AnalysisRow row, StrategyKind kind) {
    for (auto& result : row.strategies) result.available = result.kind == kind;
    return row;
}
AnalysisRow refused_row(const std::string& symbol) {
    AnalysisRow row;
    row.symbol = Symbol(symbol);
    row.refused = true;
    row.reason = "80 bars, 100 are needed";
    return row;
}

PassInput pass(std::vector<PassSymbol> symbols) {
    PassInput input;
    input.time = kOpen;
    input.symbols = std::move(symbols);
    input.headroom.equity = Money::whole(100000);
    input.headroom.buying_power = Money::whole(100000);
    input.headroom.gross_room = Money::whole(200000);
    return input;
}
void hold(PassInput& input, const char* symbol, const char* quantity, StrategyKind strategy) {
    Position position;
    position.symbol = Symbol(symbol);
    position.quantity = Quantity::of(quantity);
    position.last_price = Price::of("100");
    input.account.positions[position.symbol] = position;
    const Side side = position.quantity.sign() > 0 ? Side::buy : Side::sell;
    input.previous[position.symbol] = {strategy, side, {}, {}};
}
const Decision& decision_of(const PassPlan& plan, const char* symbol) {
    const auto found =
        std::find_if(plan.decisions.begin(), plan.decisions.end(),
                     [symbol](const Decision& d) { return d.symbol == Symbol(symbol); });
    REQUIRE(found != plan.decisions.end());
    return *found;
}
const ForecastPortfolioSettings kDefaults;

}  // namespace

TEST_CASE("I-11 a bracket entry: day limit at the entry price with its exit plan",
          "[strategy][pass]") {
    const PassPlan plan = plan_daily_pass(pass({pass_symbol(good_row("AAA"))}), kDefaults);
    REQUIRE(plan.intents.size() == 1);
    const Intent& entry = plan.intents[0];
    CHECK(entry.decision_id == "maxdiff.AAA.20240205T143000Z");
    CHECK(entry.strategy == "maxdiff");
    CHECK(entry.leg == "open");
    CHECK(entry.side == Side::buy);
    CHECK(entry.role == Role::entry);
    CHECK(entry.type == OrderType::limit);
    CHECK(entry.time_in_force == TimeInForce::day);
    CHECK(entry.limit_price == Price::of("98.5"));
    // 60 % of the equity at 98.50.
    CHECK(entry.quantity == Quantity::whole(609));
    CHECK(entry.exit_plan.target == Price::of("102.5"));
    CHECK(entry.exit_plan.target_time_in_force == TimeInForce::gtc);
    CHECK_FALSE(entry.exit_plan.leave_at_close);  // stocks keep the target open
    const Decision& decision = decision_of(plan, "AAA");
    CHECK(decision.outcome == "ordered");
    CHECK(decision.side == "buy");
    CHECK(decision.price == entry.limit_price);
    CHECK(decision.quantity == entry.quantity);
    CHECK(decision.strategy == "maxdiff");
    CHECK(plan.picks.at(Symbol("AAA")) ==
          Pick{StrategyKind::maxdiff, Side::buy, Price::of("98.5"), Price::of("102.5"), kOpen});
}

TEST_CASE("a coin leaves at the close of its day; its entry rests until cancelled",
          "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("ABCUSD", AssetClass::crypto))});
    input.previous[Symbol("ABCUSD")] = {StrategyKind::maxdiff, Side::buy, Price::of("97"), {}};
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].time_in_force == TimeInForce::gtc);
    CHECK(plan.intents[0].exit_plan.leave_at_close);
    CHECK(plan.intents[0].quantity == Quantity::of("507.614"));  // half of the equity
    REQUIRE(plan.cancels.size() == 1);
    CHECK(plan.cancels[0].role == Role::entry);
    CHECK(plan.cancels[0].strategy == "maxdiff");
}

TEST_CASE("simple enters at the open: stocks at market, coins by an immediate limit",
          "[strategy][pass]") {
    const PassPlan plan = plan_daily_pass(
        pass({pass_symbol(only(good_row("AAA"), StrategyKind::simple)),
              pass_symbol(only(good_row("ABCUSD", AssetClass::crypto), StrategyKind::simple))}),
        kDefaults);
    REQUIRE(plan.intents.size() == 2);
    CHECK(plan.intents[0].symbol == Symbol("AAA"));
    CHECK(plan.intents[0].type == OrderType::market);
    CHECK(plan.intents[0].limit_price.is_zero());
    CHECK(plan.intents[0].exit_plan == ExitPlan{});
    CHECK(plan.intents[1].type == OrderType::limit);
    CHECK(plan.intents[1].time_in_force == TimeInForce::ioc);
    CHECK(plan.intents[1].limit_price == Price::of("100.01"));
}

TEST_CASE("names that are not picked leave at the open", "[strategy][pass]") {
    AnalysisRow poor = good_row("AAA");
    for (auto& result : poor.strategies) result.forecast_pnl = result.avg_return = -0.01;
    AnalysisRow coin = poor;
    coin.symbol = Symbol("ABCUSD");
    coin.asset_class = AssetClass::crypto;
    PassInput input = pass({pass_symbol(poor), pass_symbol(coin)});
    hold(input, "AAA", "-40", StrategyKind::maxdiff);
    hold(input, "ABCUSD", "1.5", StrategyKind::simple);
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 2);
    const Intent& stock = plan.intents[0];
    CHECK(stock.role == Role::exit);
    CHECK(stock.side == Side::buy);
    CHECK(stock.quantity == Quantity::whole(40));
    CHECK(stock.type == OrderType::market);
    CHECK(stock.strategy == "maxdiff");
    CHECK(stock.leg == "close");
    const Intent& sold = plan.intents[1];
    CHECK(sold.type == OrderType::limit);
    CHECK(sold.time_in_force == TimeInForce::ioc);
    CHECK(sold.limit_price == Price::of("99.99"));  // the modelled bid
    CHECK(sold.strategy == "simple");
    CHECK(decision_of(plan, "AAA").reason.starts_with("not_in_portfolio: "));
    CHECK(decision_of(plan, "AAA").side == "buy");
    // Working exits go first.
    CHECK(std::count_if(plan.cancels.begin(), plan.cancels.end(),
                        [](const CancelIntent& c) { return !c.role.has_value(); }) == 2);
}

TEST_CASE("a flipped side closes and reopens under one decision", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    hold(input, "AAA", "-40", StrategyKind::pctdiff);
    input.headroom.symbol_exposure[Symbol("AAA")] = Money::whole(4000);
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 2);
    CHECK(plan.intents[0].role == Role::exit);
    CHECK(plan.intents[0].leg == "close");
    CHECK(plan.intents[0].strategy == "pctdiff");
    CHECK(plan.intents[1].role == Role::entry);
    CHECK(plan.intents[1].leg == "open");
    CHECK(plan.intents[1].strategy == "maxdiff");
    CHECK(plan.intents[0].decision_id == plan.intents[1].decision_id);
    // What the exit will free is not spent: 56,000 are left of the symbol cap.
    CHECK(plan.intents[1].quantity == Quantity::whole(568));
    REQUIRE(plan.decisions.size() == 1);
    CHECK(plan.decisions[0].reason.starts_with("direction_change"));
    CHECK(plan.decisions[0].side == "buy");
}

TEST_CASE("a flip whose entry is refused still closes and says so", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    hold(input, "AAA", "-40", StrategyKind::pctdiff);
    input.headroom.entries_allowed = false;
    input.headroom.reason = "trading is halted";
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].role == Role::exit);
    CHECK(decision_of(plan, "AAA").outcome == "ordered");
    CHECK(decision_of(plan, "AAA").reason == "direction_change; entry refused: trading is halted");
}

TEST_CASE("a kept position gets its new target", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    hold(input, "AAA", "40", StrategyKind::pctdiff);
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 1);
    const Intent& target = plan.intents[0];
    CHECK(target.role == Role::exit);
    CHECK(target.side == Side::sell);
    CHECK(target.type == OrderType::limit);
    CHECK(target.limit_price == Price::of("102.5"));
    CHECK(target.quantity == Quantity::whole(40));
    CHECK(target.strategy == "pctdiff");  // who opened it keeps it
    REQUIRE(plan.cancels.size() == 1);
    CHECK(plan.cancels[0].role == Role::exit);
    CHECK(plan.cancels[0].strategy == "pctdiff");
    CHECK(decision_of(plan, "AAA").outcome == "kept");
    CHECK(plan.picks.at(Symbol("AAA")).strategy == StrategyKind::pctdiff);
    // A strategy without a target drops the working one.
    input.symbols = {pass_symbol(only(good_row("AAA"), StrategyKind::simple))};
    const PassPlan dropped = plan_daily_pass(input, kDefaults);
    CHECK(dropped.intents.empty());
    CHECK(dropped.cancels.size() == 1);
}

TEST_CASE("a coin that outlived its close policy leaves", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("ABCUSD", AssetClass::crypto))});
    hold(input, "ABCUSD", "10", StrategyKind::maxdiff);
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 2);
    CHECK(plan.intents[0].leg == "close");
    CHECK(decision_of(plan, "ABCUSD").reason.find("close_policy") != std::string::npos);
}

TEST_CASE("a held name without analysis leaves only if it is short", "[strategy][pass]") {
    PassSymbol longs;
    longs.row = refused_row("AAA");
    longs.instrument = market::default_instrument(Symbol("AAA"), AssetClass::us_equity);
    PassSymbol shorts = longs;
    shorts.row.symbol = Symbol("BBB");
    PassInput input = pass({longs, shorts});
    hold(input, "AAA", "40", StrategyKind::maxdiff);
    hold(input, "BBB", "-40", StrategyKind::maxdiff);
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].symbol == Symbol("BBB"));
    CHECK(decision_of(plan, "AAA").outcome == "kept");
    CHECK(decision_of(plan, "BBB").reason.starts_with("no_analysis: 80 bars"));
    CHECK(plan.picks.contains(Symbol("AAA")));
}

TEST_CASE("every symbol that does not trade has a reason", "[strategy][pass]") {
    std::vector<PassSymbol> symbols;
    PassSymbol refused;
    refused.row = refused_row("REF");
    symbols.push_back(refused);
    AnalysisRow poor = good_row("POOR");
    for (auto& result : poor.strategies) result.forecast_pnl = result.avg_return = -0.01;
    symbols.push_back(pass_symbol(poor));
    for (int i = 0; i < 12; ++i)
        symbols.push_back(pass_symbol(good_row("S" + std::to_string(10 + i))));
    const PassPlan plan = plan_daily_pass(pass(symbols), kDefaults);
    REQUIRE(plan.decisions.size() == symbols.size());
    std::size_t ordered = 0;
    for (const Decision& decision : plan.decisions) {
        if (decision.outcome == "ordered") {
            ++ordered;
        } else {
            INFO(decision.symbol.to_string());
            CHECK((decision.outcome == "refused" || decision.outcome == "skipped"));
            CHECK_FALSE(decision.reason.empty());
        }
    }
    CHECK(ordered == plan.intents.size());
    // The cap takes 60,000, then each entry three quarters of what is left, until a share is too
    // much: seven of the ten picks.
    CHECK(ordered == 7);
    CHECK(plan.intents[0].quantity == Quantity::whole(609));
    CHECK(plan.intents[1].quantity == Quantity::whole(304));
    CHECK(decision_of(plan, "REF").outcome == "refused");
    CHECK(decision_of(plan, "REF").decision_id == "forecast_portfolio.REF.20240205T143000Z");
    CHECK(decision_of(plan, "POOR").outcome == "skipped");
    CHECK(decision_of(plan, "S19").outcome == "refused");
    CHECK(decision_of(plan, "S19").reason.starts_with("no headroom"));
    CHECK(decision_of(plan, "S21").reason.find("outranked") != std::string::npos);
}

TEST_CASE("entries come in order of their forecast P&L", "[strategy][pass]") {
    AnalysisRow better = good_row("ZZZ");
    result_of(better, StrategyKind::maxdiff).forecast_pnl = 0.01;
    const PassPlan plan =
        plan_daily_pass(pass({pass_symbol(good_row("AAA")), pass_symbol(better)}), kDefaults);
    REQUIRE(plan.intents.size() == 2);
    CHECK(plan.intents[0].symbol == Symbol("ZZZ"));
    CHECK(plan.intents[0].quantity > plan.intents[1].quantity);
}

TEST_CASE("symbols that do not decide keep their pick and take part in the ranking",
          "[strategy][pass]") {
    PassSymbol closed = pass_symbol(good_row("AAA"));
    closed.decides = false;
    PassInput input = pass({closed, pass_symbol(good_row("BBB"))});
    hold(input, "AAA", "40", StrategyKind::maxdiff);
    ForecastPortfolioSettings one;
    one.portfolio = {1, 1, std::nullopt};
    const PassPlan plan = plan_daily_pass(input, one);
    CHECK(plan.intents.empty());  // AAA has the only place
    CHECK(plan.decisions.size() == 1);
    CHECK(plan.picks.contains(Symbol("AAA")));
    CHECK(decision_of(plan, "BBB").reason.find("outranked") != std::string::npos);
}

TEST_CASE("I-24 dust is not a position", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("ABCUSD", AssetClass::crypto))});
    hold(input, "ABCUSD", "0.0099", StrategyKind::simple);
    CHECK(plan_daily_pass(input, kDefaults).intents.at(0).role == Role::entry);
    hold(input, "ABCUSD", "0.01", StrategyKind::simple);
    CHECK(decision_of(plan_daily_pass(input, kDefaults), "ABCUSD").outcome == "kept");
}

TEST_CASE("bracket prices are passive, on ticks and checked", "[strategy][pass]") {
    const Instrument stock = market::default_instrument(Symbol("AAA"), AssetClass::us_equity);
    const Quote quote = quote_around("AAA", "100", "0.02");
    struct Case {
        Side side;
        double entry, target;
        const char* entry_price;
        const char* target_price;
        const char* failure;  // empty: none
    };
    const Case cases[] = {
        {Side::buy, 98.506, 102.501, "98.5", "102.51", ""},
        {Side::sell, 101.501, 97.509, "101.51", "97.5", ""},
        {Side::buy, 100.5, 103, "99.99", "103", ""},  // never above the bid
        {Side::sell, 99.5, 97, "100.01", "97", ""},   // never below the ask
        {Side::buy, 98.5, 98.51, "98.5", "98.51", "minimum distance"},
        {Side::buy, 98.5, 98.53, "98.5", "98.53", ""},  // 3.05 bp
        {Side::buy, 98.5, 97, "98.5", "97", "minimum distance"},
        {Side::sell, 101, 102, "101", "102", "minimum distance"},
        {Side::buy, 89.99, 102, "89.99", "102", "too far"},
        {Side::buy, 90, 102, "90", "102", ""},
        {Side::sell, 110.01, 102, "110.01", "102", "too far"},
        {Side::buy, 0, 102, "0", "0", "positive price"},
        {Side::buy, -1, 102, "0", "0", "positive price"},
        {Side::buy, std::nan(""), 102, "0", "0", "positive price"},
        {Side::buy, 0.00001, 102, "0", "102", "rounds to nothing"},
    };
    for (const Case& expected : cases) {
        StrategyResult result;
        result.entry_buy = result.entry_sell = expected.entry;
        result.target_buy = result.target_sell = expected.target;
        const auto prices = bracket_prices(result, expected.side, stock, quote, kDefaults);
        INFO("entry " << expected.entry << ", target " << expected.target << ": "
                      << prices.failure);
        CHECK(prices.entry == Price::of(expected.entry_price));
        CHECK(prices.target == Price::of(expected.target_price));
        CHECK(prices.failure.empty() == (*expected.failure == 0));
        CHECK(prices.failure.find(expected.failure) != std::string::npos);
    }
}

TEST_CASE("settings are checked and carry the preset", "[strategy][settings]") {
    CHECK_NOTHROW(check(kDefaults));
    ForecastPortfolioSettings settings;
    settings.use(*market::cost_preset("era-2025-11"));
    CHECK(settings.stock.maker_fee == Approx(0.0005));
    CHECK(settings.crypto.taker_fee == Approx(0.0025));
    CHECK(settings.fee_sides == 1);
    CHECK(settings.intrabar == Intrabar::optimistic);
    settings.use(*market::cost_preset("realistic"));
    CHECK(settings.stock.fill_buffer == Approx(0.0005));
    CHECK(settings.stock.spread_ratio == Approx(1.0002 / 0.9998));
    CHECK(settings.fee_sides == 2);
    const auto options = settings.walk_forward(AssetClass::crypto);
    CHECK(options.bracket.long_only);
    CHECK(options.bracket.periods_per_year == 365);
    CHECK(options.costs.long_only);
    CHECK_FALSE(settings.walk_forward(AssetClass::us_equity).pctdiff.long_only);
    using Spoil = void (*)(ForecastPortfolioSettings&);
    const Spoil spoils[] = {
        [](ForecastPortfolioSettings& s) { s.simulations = 0; },
        [](ForecastPortfolioSettings& s) { s.window = 1; },
        [](ForecastPortfolioSettings& s) { s.window = 65; },
        [](ForecastPortfolioSettings& s) { s.fee_sides = 3; },
        [](ForecastPortfolioSettings& s) { s.offset_limit = -0.01; },
        [](ForecastPortfolioSettings& s) { s.crypto.maker_fee = std::nan(""); },
        [](ForecastPortfolioSettings& s) { s.stock.spread_ratio = 0.9; },
        [](ForecastPortfolioSettings& s) { s.portfolio.min_core = 11; },
    };
    for (const Spoil spoil : spoils) {
        ForecastPortfolioSettings bad;
        spoil(bad);
        CHECK_THROWS_AS(check(bad), Error);
    }
}

TEST_CASE("analysis of a symbol: refusals, and the whole way to a row", "[strategy][pass]") {
    auto series = std::make_shared<BarSeries>(random_series(21, 200));
    const DayForecasts forecasts = stub_forecasts(*series);
    AnalysisInput input;
    input.snapshot.symbol = series->symbol;
    input.snapshot.series = series;
    input.snapshot.quote = quote_around("AAA", "100", "0.02");
    input.snapshot.has_quote = true;
    RowCache cache;
    input.snapshot.visible = 99;
    const auto few = analyse_symbol(input, forecasts, cache, {}, kDefaults);
    CHECK(few.refused);
    CHECK(few.reason == "99 bars, 100 are needed");
    input.snapshot.visible = 100;
    const auto row = analyse_symbol(input, forecasts, cache, {}, kDefaults);
    CHECK_FALSE(row.refused);
    CHECK(row.simulations == 70);
    CHECK(row.result(StrategyKind::maxdiff).samples == 70);
    CHECK((row.selected || !row.reason.empty()));
    CHECK(cache.size() == 70);
    const auto missing = analyse_symbol(input, {}, cache, {}, kDefaults);
    CHECK(missing.refused);
    CHECK(missing.reason.starts_with("no forecast for bar"));
    CHECK(refusal_reason(100, kDefaults).empty());
}

TEST_CASE("I-27 the decision for a day does not see the bars from that day on",
          "[strategy][pass][law]") {
    for (const std::uint32_t day : {110U, 150U, 199U}) {
        auto series = std::make_shared<BarSeries>(random_series(31, 200));
        auto changed = std::make_shared<BarSeries>(*series);
        for (std::size_t i = day; i < changed->bars.size(); ++i) {
            Bar& bar = changed->bars[i];
            bar.high = bar.high + bar.high;
            bar.close = bar.high;
            bar.volume *= 3;
        }
        std::vector<PassPlan> plans;
        std::vector<AnalysisRow> rows;
        for (const auto& bars : {series, changed}) {
            AnalysisInput input;
            input.snapshot.symbol = bars->symbol;
            input.snapshot.series = bars;
            input.snapshot.visible = day;
            RowCache cache;
            SelectionContext facts;
            facts.now = kOpen;
            facts.quote = quote_around("AAA", "100", "0.02");
            PassSymbol symbol;
            symbol.quote = facts.quote;
            symbol.instrument = market::default_instrument(bars->symbol, AssetClass::us_equity);
            DayForecasts forecasts;
            for (const auto d : required_days(day, kDefaults.walk_forward(AssetClass::us_equity))) {
                forecasts.set(d, stub_forecast(*bars, d));
            }
            symbol.row = analyse_symbol(input, forecasts, cache, facts, kDefaults);
            rows.push_back(symbol.row);
            plans.push_back(plan_daily_pass(pass({symbol}), kDefaults));
        }
        REQUIRE_FALSE(rows[0].refused);
        CHECK(rows[0].chosen == rows[1].chosen);
        CHECK(rows[0].composite_score == rows[1].composite_score);
        CHECK(rows[0].atr_pct == rows[1].atr_pct);
        CHECK(rows[0].dollar_volume == rows[1].dollar_volume);
        CHECK(rows[0].predicted_close == rows[1].predicted_close);
        for (std::size_t i = 0; i < kStrategyKinds; ++i) {
            CHECK(rows[0].strategies[i].avg_return == rows[1].strategies[i].avg_return);
            CHECK(rows[0].strategies[i].high_price == rows[1].strategies[i].high_price);
        }
        REQUIRE(plans[0].decisions.size() == 1);
        CHECK(plans[0].decisions[0].outcome == plans[1].decisions[0].outcome);
        CHECK(plans[0].decisions[0].reason == plans[1].decisions[0].reason);
        CHECK(plans[0].decisions[0].price == plans[1].decisions[0].price);
        CHECK(plans[0].decisions[0].quantity == plans[1].decisions[0].quantity);
        CHECK(plans[0].picks == plans[1].picks);
    }
}

TEST_CASE("a pass does not depend on the order of its symbols and never repeats an order",
          "[strategy][pass][law]") {
    law("permutation of symbols; invariants of the plan", [] {
        std::vector<PassSymbol> symbols;
        PassInput input = pass({});
        const int count = *rc::gen::inRange(1, 14);
        for (int i = 0; i < count; ++i) {
            const bool coin = *rc::gen::inRange(0, 3) == 0;
            const std::string name = "S" + std::to_string(i) + (coin ? "USD" : "");
            AnalysisRow row = good_row(name, coin ? AssetClass::crypto : AssetClass::us_equity);
            for (auto& result : row.strategies) {
                result.forecast_pnl = *rc::gen::inRange(-2, 4) * 1e-3;
                result.avg_return = *rc::gen::inRange(-2, 4) * 1e-3;
                result.primary_side = *rc::gen::arbitrary<bool>() ? Side::buy : Side::sell;
            }
            if (*rc::gen::inRange(0, 6) == 0) row = refused_row(name);
            PassSymbol symbol = pass_symbol(row);
            symbol.decides = *rc::gen::inRange(0, 5) != 0;
            symbols.push_back(symbol);
            const int held = *rc::gen::inRange(-1, 3);
            if (held != 0 && (held > 0 || !coin)) {
                hold(input, name.c_str(), held > 0 ? "20" : "-20", StrategyKind::maxdiff);
            }
        }
        input.symbols = symbols;
        input.only_pass = *rc::gen::inRange(0, 2) == 0;  // two legs then
        const PassPlan plan = plan_daily_pass(input, kDefaults);
        std::mt19937 random(static_cast<unsigned>(*rc::gen::inRange(0, 1000)));
        std::shuffle(input.symbols.begin(), input.symbols.end(), random);
        const PassPlan again = plan_daily_pass(input, kDefaults);
        RC_ASSERT(again.picks == plan.picks);
        RC_ASSERT(again.intents.size() == plan.intents.size());
        std::set<std::string> orders;
        Money entered;
        for (std::size_t i = 0; i < plan.intents.size(); ++i) {
            const Intent& intent = plan.intents[i];
            RC_ASSERT(again.intents[i].decision_id == intent.decision_id);
            RC_ASSERT(again.intents[i].quantity == intent.quantity);
            RC_ASSERT(again.intents[i].limit_price == intent.limit_price);
            RC_ASSERT(orders.insert(intent.decision_id + "." + intent.leg).second);
            RC_ASSERT(intent.quantity.sign() > 0);
            if (intent.role != Role::entry) continue;
            if (intent.leg == kOtherLeg) {  // in place of the first, and no larger
                const Intent& first = plan.intents[i - 1];
                RC_ASSERT(first.decision_id == intent.decision_id);
                RC_ASSERT(intent.limit_price * intent.quantity <=
                          first.limit_price * first.quantity);
                continue;
            }
            entered =
                entered + intent.quantity * (intent.limit_price.is_zero() ? Price::of("99.99")
                                                                          : intent.limit_price);
            if (intent.symbol.view().ends_with("USD")) RC_ASSERT(intent.side == Side::buy);
        }
        RC_ASSERT(entered <= input.headroom.buying_power);
        std::set<Symbol> decided;
        std::size_t deciding = 0;
        for (const PassSymbol& symbol : symbols) deciding += symbol.decides ? 1 : 0;
        for (const Decision& decision : plan.decisions) {
            RC_ASSERT(decided.insert(decision.symbol).second);
            RC_ASSERT(decision.outcome == "ordered" || !decision.reason.empty());
        }
        RC_ASSERT(decided.size() == deciding);
    });
}

TEST_CASE("before the close names leave by their own strategy's rule, and nothing enters",
          "[strategy][pass]") {
    AnalysisRow turned = good_row("BBB");
    AnalysisRow lost = good_row("CCC");
    result_of(lost, StrategyKind::simple).avg_return = -0.001;
    AnalysisRow kept = good_row("DDD");
    PassInput input = pass(
        {pass_symbol(good_row("AAA")), pass_symbol(turned), pass_symbol(lost), pass_symbol(kept)});
    input.closing = true;
    hold(input, "BBB", "-10", StrategyKind::maxdiff);
    hold(input, "CCC", "10", StrategyKind::simple);
    hold(input, "DDD", "10", StrategyKind::maxdiff);
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 2);
    for (const auto& intent : plan.intents) CHECK(intent.role == Role::exit);
    CHECK(decision_of(plan, "AAA").reason == "before the close nothing enters");
    CHECK(decision_of(plan, "BBB").reason == "direction_change");
    CHECK(decision_of(plan, "CCC").reason == "strategy_lost: simple");
    CHECK(decision_of(plan, "DDD").outcome == "kept");
    CHECK(plan.picks.contains(Symbol("DDD")));
}

TEST_CASE("the coins' day roll refreshes what is picked and picks nothing", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("ABCUSD", AssetClass::crypto)),
                            pass_symbol(good_row("XYZUSD", AssetClass::crypto))});
    input.known_only = true;
    input.exchange_open = false;
    input.previous[Symbol("XYZUSD")] = {StrategyKind::maxdiff, Side::buy, Price::of("97"), {}};
    const PassPlan plan = plan_daily_pass(input, kDefaults);
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].symbol == Symbol("XYZUSD"));
    CHECK(decision_of(plan, "ABCUSD").outcome == "skipped");
}

TEST_CASE("H3 a working entry stays where a later pass would send it again, and is withdrawn else",
          "[strategy][pass][hazard]") {
    const PassPlan first = plan_daily_pass(pass({pass_symbol(good_row("AAA"))}), kDefaults);
    PassInput later = pass({pass_symbol(good_row("AAA"))});
    later.previous = first.picks;
    later.time = kOpen + kHour;
    const Money reserved = Money::whole(59986);
    later.headroom.reserved[Symbol("AAA")] = reserved;
    later.headroom.symbol_exposure[Symbol("AAA")] = reserved;
    later.headroom.gross_exposure = reserved;
    later.headroom.buying_power = Money::whole(100000) - reserved;
    SECTION("the same entry stays, under the smaller caps of the pass too") {
        later.caps = PortfolioSettings{};
        later.caps->max_picks = 0;
        later.caps->min_core = 0;
        later.caps->expanded.reset();
        const PassPlan plan = plan_daily_pass(later, kDefaults);
        CHECK(plan.intents.empty());
        CHECK(plan.cancels.empty());
        CHECK(decision_of(plan, "AAA").outcome == "kept");
        CHECK(plan.picks == first.picks);
    }
    SECTION("another price withdraws it and sizes the new one as if it were not there") {
        AnalysisRow moved = good_row("AAA");
        for (auto& result : moved.strategies) result.entry_buy = 97;
        later.symbols = {pass_symbol(moved)};
        const PassPlan plan = plan_daily_pass(later, kDefaults);
        REQUIRE(plan.cancels.size() == 1);
        CHECK(plan.cancels[0].role == Role::entry);
        REQUIRE(plan.intents.size() == 1);
        CHECK(plan.intents[0].quantity == Quantity::whole(618));  // 60 % of the equity at 97
    }
    SECTION("what is not picked any more is withdrawn") {
        AnalysisRow poor = good_row("AAA");
        for (auto& result : poor.strategies) result.forecast_pnl = result.avg_return = -0.01;
        later.symbols = {pass_symbol(poor)};
        const PassPlan plan = plan_daily_pass(later, kDefaults);
        CHECK(plan.cancels.size() == 1);
        CHECK(plan.intents.empty());
    }
}

TEST_CASE("a probe above its size counts as any other position", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    hold(input, "AAA", "1", StrategyKind::maxdiff);
    input.previous[Symbol("AAA")].probe = true;
    input.previous[Symbol("AAA")].opened = kOpen - 2 * kDay;
    CHECK(decision_of(plan_daily_pass(input, kDefaults), "AAA").reason == "probe_expired");
    input.account.positions[Symbol("AAA")].quantity = Quantity::whole(4);  // 400 dollars
    CHECK(decision_of(plan_daily_pass(input, kDefaults), "AAA").outcome == "kept");
}

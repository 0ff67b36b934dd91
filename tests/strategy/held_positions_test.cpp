// What a pass makes of positions and of what it remembers: who holds, what works, what is kept.
#include <algorithm>

#include "market/instruments.hpp"
#include "strategy/forecast_portfolio.hpp"
#include "tests/catch.hpp"
#include "tests/strategy/row_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

const Timestamp kOpen = *parse_time("2024-02-05T14:30:00Z");

PassSymbol pass_symbol(AnalysisRow row) {
    PassSymbol symbol;
    symbol.instrument = market::default_instrument(row.symbol, row.asset_class);
    symbol.quote = quote_around(row.symbol.to_string(), "100", "0.02");
    SelectionContext facts;
    facts.now = kOpen;
    facts.quote = symbol.quote;
    symbol.row = select_strategy(std::move(row), facts, SelectionSettings{});
    return symbol;
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

// Held by the strategies of `parts`.
void hold(PassInput& input, const char* symbol, std::vector<HeldPart> parts) {
    Position position;
    position.symbol = Symbol(symbol);
    position.last_price = Price::of("100");
    for (const auto& part : parts) position.quantity += part.quantity;
    input.account.positions[position.symbol] = position;
    input.holders[position.symbol] = std::move(parts);
}
AnalysisRow poor(const char* symbol) {
    AnalysisRow row = good_row(symbol);
    for (auto& result : row.strategies) result.forecast_pnl = result.avg_return = -0.01;
    return row;
}
ForecastPortfolioSettings worked() {
    ForecastPortfolioSettings settings;
    settings.work_orders = true;
    return settings;
}
std::vector<Intent> exits(const PassPlan& plan) {
    std::vector<Intent> all;
    for (const auto& intent : plan.intents) {
        if (intent.role == Role::exit) all.push_back(intent);
    }
    for (const auto& work : plan.works) {
        if (work.intent.role == Role::exit) all.push_back(work.intent);
    }
    return all;
}
Pick bought(StrategyKind strategy) {
    return {strategy, Side::buy, Price::of("98.5"), Price::of("102.5"), kOpen + -kHour};
}

}  // namespace

TEST_CASE("the pick of a symbol that has no row yet is kept", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("ABCUSD", AssetClass::crypto))});
    const Pick share{StrategyKind::maxdiff, Side::buy, Price::of("98"), Price::of("103"), kOpen};
    input.previous[Symbol("AAA")] = share;
    const PassPlan plan = plan_daily_pass(input, {});
    REQUIRE(plan.picks.contains(Symbol("AAA")));
    CHECK(plan.picks.at(Symbol("AAA")) == share);
    CHECK(plan.picks.contains(Symbol("ABCUSD")));
    CHECK(plan.decisions.size() == 1);  // it does not decide
}

TEST_CASE("who holds a position is what the books say, never what is chosen now",
          "[strategy][pass]") {
    for (const bool work : {false, true}) {
        ForecastPortfolioSettings settings;
        settings.work_orders = work;
        for (const bool stays : {false, true}) {
            AnalysisRow row = stays ? good_row("AAA") : poor("AAA");
            PassInput input = pass({pass_symbol(std::move(row))});
            hold(input, "AAA", {{"pctdiff", Quantity::whole(40), kOpen + -kDay}});
            const auto made = exits(plan_daily_pass(input, settings));
            REQUIRE(made.size() == 1);
            CHECK(made[0].strategy == "pctdiff");
            CHECK(made[0].quantity == Quantity::whole(40));
            CHECK(made[0].leg == (stays ? "take_profit" : "close"));
            // A pick of another strategy does not hold it.
            input.previous[Symbol("AAA")] = bought(StrategyKind::maxdiff);
            CHECK(exits(plan_daily_pass(input, settings)).at(0).strategy == "pctdiff");
        }
    }
}

TEST_CASE("I-8 an adopted position has a target, and leaves as what it is", "[strategy][pass]") {
    for (const bool work : {false, true}) {
        ForecastPortfolioSettings settings;
        settings.work_orders = work;
        PassInput input = pass({pass_symbol(good_row("AAA")), pass_symbol(poor("BBB"))});
        hold(input, "AAA", {{"adopted", Quantity::whole(7), {}}});
        hold(input, "BBB", {{"adopted", Quantity::whole(5), {}}});
        const auto plan = plan_daily_pass(input, settings);
        const auto made = exits(plan);
        REQUIRE(made.size() == 2);
        for (const auto& exit : made) {
            CHECK(exit.strategy == "adopted");
            CHECK(exit.side == Side::sell);
        }
        CHECK(made[0].limit_price == Price::of("102.5"));
        CHECK(made[0].quantity == Quantity::whole(7));
        CHECK(made[1].quantity == Quantity::whole(5));
        CHECK(plan.picks.at(Symbol("AAA")).target == Price::of("102.5"));
        // The next pass still knows who holds it.
        input.previous = plan.picks;
        CHECK(exits(plan_daily_pass(input, settings)).at(0).strategy == "adopted");
    }
}

TEST_CASE("I-8 each strategy that holds a part of a position leaves its own", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(poor("AAA"))});
    hold(input, "AAA",
         {{"adopted", Quantity::whole(7), {}}, {"maxdiff", Quantity::whole(30), kOpen + -kDay}});
    const auto made = exits(plan_daily_pass(input, {}));
    REQUIRE(made.size() == 2);
    CHECK(made[0].strategy == "maxdiff");
    CHECK(made[0].leg == "close");
    CHECK(made[0].quantity == Quantity::whole(30));
    CHECK(made[1].strategy == "adopted");
    CHECK(made[1].leg == "close.adopted");
    CHECK(made[1].quantity == Quantity::whole(7));
    CHECK(exits(plan_daily_pass(input, worked())).at(0).strategy == "maxdiff");
    // Both have a target.
    input.symbols = {pass_symbol(good_row("AAA"))};
    CHECK(exits(plan_daily_pass(input, {})).size() == 2);
}

TEST_CASE("I-8 a target that nobody works any more is worked again", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    input.closing = true;
    hold(input, "AAA", {{"maxdiff", Quantity::whole(40), kOpen + -kHour}});
    input.previous[Symbol("AAA")] = bought(StrategyKind::maxdiff);
    const auto again = plan_daily_pass(input, worked());
    REQUIRE(again.works.size() == 1);
    CHECK(again.works[0].kind == WorkKind::watch_exit);
    CHECK(again.works[0].intent.strategy == "maxdiff");
    CHECK(again.works[0].intent.limit_price == Price::of("102.5"));
    CHECK(again.works[0].intent.quantity == Quantity::whole(40));
    input.at_work = {{Symbol("AAA"), Side::sell, Role::exit}};
    CHECK(plan_daily_pass(input, worked()).works.empty());
}

TEST_CASE("an entry stays at work only where it is at work", "[strategy][pass]") {
    for (const auto kind : {AssetClass::us_equity, AssetClass::crypto}) {
        PassInput input = pass({pass_symbol(good_row("ABCUSD", kind))});
        input.previous[Symbol("ABCUSD")] = bought(StrategyKind::maxdiff);
        const auto entered = plan_daily_pass(input, worked());
        REQUIRE(entered.works.size() == 1);  // it was halted, expired or failed
        CHECK(entered.works[0].kind == WorkKind::watch_entry);
        CHECK(entered.decisions.at(0).outcome == "ordered");
        input.at_work = {{Symbol("ABCUSD"), Side::buy, Role::entry}};
        const auto stays = plan_daily_pass(input, worked());
        CHECK(stays.works.empty());
        CHECK(stays.decisions.at(0).reason == "the entry at work stays");
        // Of another symbol, side or role is none of it.
        input.at_work = {{Symbol("ABCUSD"), Side::sell, Role::entry},
                         {Symbol("ABCUSD"), Side::buy, Role::exit},
                         {Symbol("ZZZ"), Side::buy, Role::entry}};
        CHECK(plan_daily_pass(input, worked()).works.size() == 1);
        // Where nothing enters it is not told that one stays.
        input.closing = true;
        const auto closing = plan_daily_pass(input, worked());
        CHECK(closing.decisions.at(0).outcome == "skipped");
        CHECK(closing.picks.empty());
    }
}

TEST_CASE("I-26 no entry on an old quote; exits go on", "[strategy][pass]") {
    PassInput input = pass({pass_symbol(good_row("AAA")), pass_symbol(poor("BBB"))});
    hold(input, "BBB", {{"maxdiff", Quantity::whole(5), kOpen + -kDay}});
    for (auto& symbol : input.symbols) {
        symbol.quote->modelled = false;
        symbol.quote->time = kOpen + -5 * kMinute;
    }
    CHECK(plan_daily_pass(input, {}).decisions.at(0).outcome == "ordered");
    for (auto& symbol : input.symbols) symbol.quote->time = kOpen + (-5 * kMinute - kSecond);
    const auto plan = plan_daily_pass(input, {});
    CHECK(plan.decisions.at(0).outcome == "refused");
    CHECK(plan.decisions.at(0).reason == "quote is 301 s old, allowed are 300 s");
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].role == Role::exit);
}

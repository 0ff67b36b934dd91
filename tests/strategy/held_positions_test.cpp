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

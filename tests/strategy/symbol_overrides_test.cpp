#include "strategy/symbol_overrides.hpp"

#include "messages/error.hpp"
#include "tests/strategy/hazard_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

TEST_CASE("maps of single symbols are read, the strategy's own entry is stronger",
          "[strategy][overrides]") {
    const SymbolMap map = parse_symbol_map("m", "AAPL:1.5,BTCUSD@maxdiff:0,AAPL@simple:2");
    CHECK(map.size() == 3);
    CHECK(value_for(map, Symbol("AAPL"), StrategyKind::maxdiff) == 1.5);
    CHECK(value_for(map, Symbol("AAPL"), StrategyKind::simple) == 2);
    CHECK(value_for(map, Symbol("BTCUSD"), StrategyKind::maxdiff) == 0);
    CHECK_FALSE(value_for(map, Symbol("BTCUSD"), StrategyKind::simple));
    CHECK_FALSE(value_for({}, Symbol("AAPL"), StrategyKind::simple));
    CHECK(parse_symbol_map("m", "").empty());
    for (const char* text :
         {"AAPL", ":1", "AAPL:", "AAPL:x", "AAPL:-1", "AAPL:1,AAPL:2", "@simple:1",
          "AAPL@nothing:1", "AAPL@:1", "AAPL:inf", ",AAPL:1", "AA PL:1"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_symbol_map("symbols.min_move", text), Error);
    }
    const auto sides = parse_side_map("s", "AAPL:buy,MSFT:short,GOOG@pctdiff:none,QQQ:both");
    CHECK(sides.at("AAPL") == SidePermission::buy_only);
    CHECK(sides.at("MSFT") == SidePermission::sell_only);
    CHECK(sides.at("GOOG@pctdiff") == SidePermission::none);
    CHECK(sides.at("QQQ") == SidePermission::both);
    CHECK_THROWS_AS(parse_side_map("s", "AAPL:up"), Error);
}

TEST_CASE("a symbol's own settings gate it", "[strategy][overrides]") {
    const AnalysisRow row = good_row("AAA");  // maxdiff: move 0.025, return 0.004, close +1 %
    const auto blocks = [&row](const SymbolOverrides& own, SelectionContext facts = facts_now()) {
        SelectionSettings settings;
        settings.overrides = own;
        const AnalysisRow chosen = select_strategy(row, facts, settings);
        return chosen.blocks.empty() ? std::string() : chosen.blocks.front();
    };
    SymbolOverrides own;
    CHECK(blocks(own).empty());
    own.min_move = {{"AAA", 0.025}};
    CHECK(blocks(own).empty());
    own.min_move = {{"AAA", 0.0251}};
    CHECK(blocks(own).find("expected move") != std::string::npos);
    own = {};
    own.min_predicted_move = {{"AAA@maxdiff", 0.011}};
    CHECK(blocks(own).find("predicted move") != std::string::npos);
    own = {};
    own.min_strategy_return = {{"AAA", 0.0041}};
    CHECK(blocks(own).find("strategy return") != std::string::npos);
    own.min_strategy_return = {{"AAA", 0.0041}, {"AAA@maxdiff", 0.004}};
    CHECK(blocks(own).empty());
    // Another pause after a loss than the general 180 minutes.
    AnalysisRow simple = row;
    for (auto& result : simple.strategies) result.available = result.kind == StrategyKind::simple;
    SelectionContext facts = facts_now();
    facts.last_loss = kNow - 30 * kMinute;
    SelectionSettings settings;
    CHECK(select_strategy(simple, facts, settings).trade_blocked);
    settings.overrides.min_cooldown_minutes = {{"AAA", 30}};
    CHECK_FALSE(select_strategy(simple, facts, settings).trade_blocked);
    settings.overrides.min_cooldown_minutes = {{"AAA", 31}};
    CHECK(select_strategy(simple, facts, settings).trade_blocked);
    // A side, for one strategy only.
    settings = {};
    settings.overrides.sides = {{"AAA@maxdiff", SidePermission::sell_only}};
    CHECK(select_strategy(row, facts_now(), settings).chosen != StrategyKind::maxdiff);
    CHECK(settings.permission_of(Symbol("AAA"), StrategyKind::simple) == SidePermission::both);
    settings.permissions[Symbol("AAA")] = SidePermission::buy_only;
    CHECK(settings.permission_of(Symbol("AAA"), StrategyKind::maxdiff) == SidePermission::none);
}

TEST_CASE("switched-off gates leave the loss block, and are said", "[strategy][overrides]") {
    AnalysisRow row = good_row("AAA");
    row.calibrated_move = 0.0001;
    row.predicted_close = 100.01;
    result_of(row, StrategyKind::simple).forecast_pnl = 1;
    SelectionContext facts = facts_now();
    facts.quote.reset();
    SelectionSettings settings;
    CHECK(select_strategy(row, facts, settings).trade_blocked);
    settings.disable_gates = true;
    AnalysisRow open = select_strategy(row, facts, settings);
    CHECK_FALSE(open.trade_blocked);
    CHECK(open.notes.back() == "gates are disabled");
    facts.last_trades[{Side::buy, StrategyKind::simple}] = {kNow - kDay, -1, std::nullopt};
    CHECK(select_strategy(row, facts, settings).trade_blocked);
    // Entry gates of a strategy do not stop it either.
    AnalysisRow weak = good_row("AAA");
    for (auto& result : weak.strategies) result.available = result.kind == StrategyKind::maxdiff;
    result_of(weak, StrategyKind::maxdiff).sharpe = 0.1;
    result_of(weak, StrategyKind::maxdiff).forecast_pnl = 0;
    CHECK(select_strategy(weak, facts_now(), settings).selected);
    settings.disable_gates = false;
    CHECK_FALSE(select_strategy(weak, facts_now(), settings).selected);
}

TEST_CASE("of two models' rows the one that promises more is kept", "[strategy][selection]") {
    const AnalysisRow first = select_strategy(good_row("AAA"), facts_now(), {});
    AnalysisRow second = good_row("AAA");
    result_of(second, StrategyKind::maxdiff).forecast_pnl = 0.003;
    second = select_strategy(second, facts_now(), {});
    CHECK(&preferred_row(first, second) == &second);
    CHECK(&preferred_row(second, first) == &second);
    CHECK(&preferred_row(first, first) == &first);
    AnalysisRow none = second;
    none.selected = false;
    CHECK(&preferred_row(none, first) == &first);
    CHECK(&preferred_row(none, none) == &none);
    // Equal promises: the order of the strategies decides.
    AnalysisRow simple = first;
    simple.chosen = StrategyKind::simple;
    result_of(simple, StrategyKind::simple).forecast_pnl = 0.002;
    CHECK(&preferred_row(first, simple) == &simple);
    CHECK(&preferred_row(simple, first) == &simple);
}

TEST_CASE("other models take part in the consensus and in the scores", "[strategy][selection]") {
    AnalysisRow row = good_row("AAA");
    for (auto& result : row.strategies) result.available = result.kind == StrategyKind::simple;
    row.predicted_close = 100.05;  // 5 bp: no consensus alone
    CHECK(select_strategy(row, facts_now(), {}).trade_blocked);
    row.other_models = {{"second", -0.001, 0.02}};
    const AnalysisRow agreed = select_strategy(row, facts_now(), {});
    CHECK_FALSE(agreed.trade_blocked);
    check_close(agreed.composite_score, 0.02 - 0.0002, 1e-12);
    check_close(agreed.price_skill, 0.003 + 0.25 * 1.5 + 0.15 * 0.02, 1e-12);
    row.other_models[0].pnl = -1;  // a loss never counts against
    check_close(select_strategy(row, facts_now(), {}).price_skill, 0.003 + 0.25 * 1.5, 1e-12);
    // Only the second model answered: another cut-off.
    row.oos_sharpe = -0.2;
    SelectionSettings strict;
    strict.walk_forward_blocks = true;
    CHECK(select_strategy(row, facts_now(), strict).trade_blocked);
    SelectionContext facts = facts_now();
    facts.second_model_only = true;
    CHECK_FALSE(select_strategy(row, facts, strict).trade_blocked);
    row.oos_sharpe = -0.26;
    CHECK(select_strategy(row, facts, strict).trade_blocked);
}

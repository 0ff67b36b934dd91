// One test per hazard of the reference in selection, portfolio and sizing: each fails when the
// fault is put back. Source: strategies spec 11.
#include <map>

#include "strategy/position_rules.hpp"
#include "tests/strategy/hazard_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

TEST_CASE("H3 a smaller cap alone never closes", "[strategy][hazard]") {
    std::vector<PassSymbol> symbols;
    for (const char* name : {"AAA", "BBB", "CCC", "DDD", "EEE", "FFF"}) {
        symbols.push_back(pass_symbol(good_row(name)));
    }
    PassInput input = pass(symbols);
    for (const char* name : {"AAA", "BBB", "CCC", "DDD", "EEE", "FFF"}) {
        hold(input, name, "10", StrategyKind::maxdiff);
    }
    input.caps = PortfolioSettings{2, 2, std::nullopt};
    const PassPlan plan = plan_daily_pass(input, {});
    for (const char* name : {"AAA", "BBB", "CCC", "DDD", "EEE", "FFF"}) {
        INFO(name);
        CHECK(exit_of(plan, name) == nullptr);
    }
    // Nothing beyond the small cap enters.
    input.account.positions.clear();
    const PassPlan fresh = plan_daily_pass(input, {});
    CHECK(std::count_if(fresh.intents.begin(), fresh.intents.end(),
                        [](const Intent& intent) { return intent.role == Role::entry; }) <= 2);
    // A lost edge closes even then.
    for (auto& result : input.symbols[5].row.strategies) result.avg_return = -0.001;
    hold(input, "FFF", "10", StrategyKind::maxdiff);
    CHECK(exit_of(plan_daily_pass(input, {}), "FFF") != nullptr);
}

TEST_CASE("H9 the close looks at the row's own strategy", "[strategy][hazard]") {
    AnalysisRow row = good_row("AAA");
    row.selected = true;
    row.chosen = StrategyKind::maxdiff;
    result_of(row, StrategyKind::highlow).avg_return = -0.01;
    const HeldFacts held{AssetClass::us_equity, Side::buy, kNow - kDay, false, std::nullopt};
    for (const auto kind : {StrategyKind::maxdiff, StrategyKind::maxdiffalwayson}) {
        CHECK(close_exit_reason(row, kind, held, kNow).empty());
        AnalysisRow losing = row;
        result_of(losing, StrategyKind::highlow).avg_return = 0.01;
        result_of(losing, kind).avg_return = -0.001;
        CHECK(close_exit_reason(losing, kind, held, kNow) ==
              std::string("strategy_lost: ") + name_of(kind));
    }
}

TEST_CASE("H19 out of sample, a fit is judged on a day it did not see", "[strategy][hazard]") {
    // pctdiff fitted and judged on the same days looks best and earns nothing afterwards.
    AnalysisRow row = good_row("AAA");
    for (auto& result : row.strategies) {
        result.out_of_sample.samples = 69;
        result.out_of_sample.avg_return = 0.0005;
        result.out_of_sample.sharpe = 1;
        result.out_of_sample.forecast_pnl = 0.0001;
    }
    StrategyResult& pctdiff = result_of(row, StrategyKind::pctdiff);
    pctdiff.avg_return = 0.02;
    pctdiff.sharpe = 9;
    pctdiff.forecast_pnl = 0.02;
    pctdiff.out_of_sample.avg_return = -0.002;
    pctdiff.out_of_sample.sharpe = -1;
    pctdiff.out_of_sample.forecast_pnl = -0.002;
    StrategyResult& maxdiff = result_of(row, StrategyKind::maxdiff);
    maxdiff.out_of_sample.avg_return = 0.0030;
    maxdiff.out_of_sample.forecast_pnl = 0.0030;
    SelectionSettings settings;
    CHECK(select_strategy(row, facts_now(), settings).chosen == StrategyKind::pctdiff);
    settings.evidence = Evidence::out_of_sample;
    settings.gate_mode = GateMode::enforce;
    const AnalysisRow unseen = select_strategy(row, facts_now(), settings);
    CHECK(unseen.chosen == StrategyKind::maxdiff);
    CHECK(unseen.judged_out_of_sample);
    // Gates, scores and reasons all read it.
    CHECK(unseen.result(StrategyKind::pctdiff).gate_failure.find("edge -20.0 bp") !=
          std::string::npos);
    check_close(unseen.composite_score, 0.0030 - 0.0002, 1e-9);
    CHECK(unseen.evidence(StrategyKind::maxdiff).avg_return == 0.0030);
    // The day itself is not in the fit: what it earns is that of a fit which never had its bar.
    const BarSeries series = random_series(3, 90);
    const auto forecasts = stub_forecasts(series);
    const WalkForwardOptions options;
    int differ = 0;
    for (std::uint32_t day = 40; day < 90; ++day) {
        BarSeries before = series;
        before.bars.resize(day);
        const auto older = walk_forward_row(series, day, forecasts, options);
        const auto newer = walk_forward_row(series, day + 1, forecasts, options);
        const auto blind = walk_forward_row(before, day, forecasts, options);
        const AlignedDay seen = align_day(series, day, *forecasts.find(day), Alignment::exact);
        REQUIRE(next_day_profit(StrategyKind::maxdiff, older, newer, options) ==
                maxdiff_day(seen, blind.maxdiff.choice, options.bracket));
        REQUIRE(next_day_profit(StrategyKind::maxdiffalwayson, older, newer, options) ==
                always_on_day(seen, blind.always_on.choice, options.bracket));
        differ += maxdiff_day(seen, blind.maxdiff.choice, options.bracket) !=
                  newer.of(StrategyKind::maxdiff).newest_return;
    }
    CHECK(differ > 10);
}

TEST_CASE("H26 the sample gate is never impossible, and a by-pass is said", "[strategy][hazard]") {
    const SelectionSettings settings;
    for (const std::uint32_t simulations : {1U, 35U, 70U, 119U, 120U, 1000U}) {
        CHECK(required_samples(Symbol("AXP"), AssetClass::us_equity, simulations, settings) <=
              simulations);
    }
    AnalysisRow row = good_row("AAA");
    CHECK(entry_gate_failure(row, StrategyKind::maxdiff, facts_now(), settings).empty());
    // Out of sample there is one day fewer than simulations.
    row.judged_out_of_sample = true;
    result_of(row, StrategyKind::maxdiff).out_of_sample = {69,    0.004, 1, 2,    0.01,
                                                           -0.01, 0.1,   0, false};
    CHECK(entry_gate_failure(row, StrategyKind::maxdiff, facts_now(), settings).empty());
    result_of(row, StrategyKind::maxdiff).out_of_sample.samples = 68;
    CHECK(entry_gate_failure(row, StrategyKind::maxdiff, facts_now(), settings) ==
          "68 samples of 69");
    AnalysisRow weak = good_row("AAA");
    result_of(weak, StrategyKind::maxdiff).sharpe = 0.1;
    const AnalysisRow advised = select_strategy(weak, facts_now(), settings);
    REQUIRE(advised.chosen == StrategyKind::maxdiff);
    CHECK(std::any_of(advised.notes.begin(), advised.notes.end(), [](const std::string& note) {
        return note.find("advisory") != std::string::npos;
    }));
    SelectionSettings enforced;
    enforced.gate_mode = GateMode::enforce;
    CHECK(select_strategy(weak, facts_now(), enforced).chosen != StrategyKind::maxdiff);
}

TEST_CASE("H29 every strategy can enter through its own return", "[strategy][hazard]") {
    SelectionSettings settings;
    settings.enabled.fill(true);
    for (std::size_t i = 0; i < kCandidateKinds; ++i) {
        const auto kind = static_cast<StrategyKind>(i);
        INFO(name_of(kind));
        const std::vector<AnalysisRow> rows{
            select_strategy(only(good_row("AAA"), kind), facts_now(), settings)};
        REQUIRE(rows.front().chosen == kind);
        CHECK(build_portfolio(rows, {}).picks.size() == 1);
    }
    // The fallback fills to the minimum, not to the maximum.
    std::vector<AnalysisRow> rows;
    for (const char* name : {"AAA", "BBB", "CCC", "DDD", "EEE", "FFF"}) {
        rows.push_back(select_strategy(good_row(name), facts_now(), settings));
        result_of(rows.back(), rows.back().chosen).forecast_pnl = -1e-4;
    }
    CHECK(build_portfolio(rows, PortfolioSettings{}).picks.size() == 4);
}

TEST_CASE("H30 what moves together shares one limit", "[strategy][hazard]") {
    std::vector<PassSymbol> symbols;
    for (const char* name : {"AAA", "BBB", "CCC"}) symbols.push_back(pass_symbol(good_row(name)));
    const auto days = [](double sign) {
        std::vector<DatedReturn> returns;
        for (int i = 0; i < 40; ++i) {
            returns.push_back({Date{19000 + i}, sign * (i % 2 == 0 ? 0.01 : -0.012) + 0.0001 * i});
        }
        return returns;
    };
    symbols[0].row.recent_returns = symbols[1].row.recent_returns = days(1);
    symbols[2].row.recent_returns = days(-1);
    PassInput input = pass(symbols);
    const PassPlan plan = plan_daily_pass(input, {});
    std::map<Symbol, Money> planned;
    for (const Intent& intent : plan.intents) {
        planned[intent.symbol] = intent.limit_price * intent.quantity;
    }
    CHECK(planned[Symbol("AAA")] > Money::whole(59000));
    CHECK(planned[Symbol("AAA")] + planned[Symbol("BBB")] <= Money::whole(80000));
    // Without returns that agree, only the other limits bind.
    for (auto& symbol : input.symbols) symbol.row.recent_returns.clear();
    ForecastPortfolioSettings settings;
    input.headroom.buying_power = Money::whole(400000);
    Money both;
    for (const Intent& intent : plan_daily_pass(input, settings).intents) {
        if (intent.symbol != Symbol("CCC")) both = both + intent.limit_price * intent.quantity;
    }
    CHECK(both > Money::whole(80000));
}

TEST_CASE("H31 an allow-list that leaves nothing trades nothing", "[strategy][hazard]") {
    ForecastPortfolioSettings settings;
    settings.selection.allow = {Symbol("MSFT")};
    std::vector<PassSymbol> symbols;
    for (const char* name : {"AAA", "BBB"}) {
        symbols.push_back(pass_symbol(good_row(name), settings.selection));
    }
    const PassPlan plan = plan_daily_pass(pass(symbols), settings);
    CHECK(plan.intents.empty());
    REQUIRE(plan.decisions.size() == 2);
    for (const Decision& decision : plan.decisions) {
        CHECK(decision.reason == "not in the allow-list");  // and says so
    }
    settings.selection.allow.insert(Symbol("BBB"));
    for (auto& symbol : symbols)
        symbol = pass_symbol(good_row(symbol.row.symbol.to_string()), settings.selection);
    const PassPlan filtered = plan_daily_pass(pass(symbols), settings);
    REQUIRE(filtered.intents.size() == 1);
    CHECK(filtered.intents[0].symbol == Symbol("BBB"));
}

TEST_CASE("H32 prices follow the instrument's tick", "[strategy][hazard]") {
    AnalysisRow row = good_row("UNIUSD", AssetClass::crypto);
    StrategyResult& maxdiff = result_of(row, StrategyKind::maxdiff);
    maxdiff.entry_buy = maxdiff.low_price = 0.012345678;
    maxdiff.target_buy = maxdiff.high_price = 0.013012345;
    Quote quote;
    quote.symbol = row.symbol;
    quote.bid = Price::of("0.0125");
    quote.ask = Price::of("0.0126");
    Instrument instrument = market::default_instrument(row.symbol, AssetClass::crypto);
    const BracketPrices prices =
        bracket_prices(maxdiff, Side::buy, instrument, quote, ForecastPortfolioSettings{});
    CHECK(prices.failure.empty());
    CHECK(prices.entry > Price::of("0.0123"));
    CHECK(prices.entry <= Price::of("0.012345678"));
    CHECK(prices.target >= Price::of("0.013012345"));
    CHECK(prices.target < Price::of("0.0131"));
}

TEST_CASE("H33 a coin position of two dollars is a position", "[strategy][hazard]") {
    PassSymbol symbol = pass_symbol(good_row("LINKUSD", AssetClass::crypto));
    symbol.row.trade_blocked = true;
    PassInput input = pass({symbol});
    hold(input, "LINKUSD", "0.02", StrategyKind::maxdiff);  // two dollars; one LINK is not needed
    CHECK(exit_of(plan_daily_pass(input, {}), "LINKUSD") != nullptr);
    hold(input, "LINKUSD", "0.009", StrategyKind::maxdiff);  // ninety cents
    CHECK(exit_of(plan_daily_pass(input, {}), "LINKUSD") == nullptr);
}

TEST_CASE("H38 a short is allowed where the symbol is shortable, whatever the buying power",
          "[strategy][hazard]") {
    AnalysisRow row = good_row("AAA");
    result_of(row, StrategyKind::maxdiff).primary_side = Side::sell;
    PassInput input = pass({pass_symbol(row)});
    input.headroom.buying_power = Money::whole(200000);  // a margin account
    PassPlan plan = plan_daily_pass(input, {});
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].side == Side::sell);
    // The gross limit stays.
    CHECK(plan.intents[0].limit_price * plan.intents[0].quantity <= input.headroom.gross_room);
    input.headroom.gross_room = Money::whole(1000);
    plan = plan_daily_pass(input, {});
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].limit_price * plan.intents[0].quantity <= Money::whole(1000));
    input.symbols[0].instrument.shortable = false;
    CHECK(plan_daily_pass(input, {}).intents.empty());
}

TEST_CASE("H41, I-19 without an account nothing is sized", "[strategy][hazard]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    CHECK_FALSE(plan_daily_pass(input, {}).intents.empty());
    input.headroom = Headroom{};
    const PassPlan plan = plan_daily_pass(input, {});
    CHECK(plan.intents.empty());
    REQUIRE(plan.decisions.size() == 1);
    CHECK(plan.decisions[0].outcome == "refused");
    CHECK(AccountSnapshot{}.equity.is_zero());
    CHECK(AccountSnapshot{}.buying_power.is_zero());
}

TEST_CASE("H44 no sizing rule escapes the limits of the portfolio", "[strategy][hazard]") {
    std::vector<PassSymbol> symbols;
    for (const char* name : {"AAA", "BBB", "CCC", "DDD"}) {
        symbols.push_back(pass_symbol(only(good_row(name), StrategyKind::simple)));
        symbols.back().row.kelly_fraction = 1;
    }
    PassInput input = pass(symbols);
    input.headroom.buying_power = Money::whole(1000000);
    input.headroom.gross_room = Money::whole(1000000);
    for (const bool kelly : {false, true}) {
        ForecastPortfolioSettings settings;
        settings.sizing.kelly = kelly;
        const PassPlan plan = plan_daily_pass(input, settings);
        CHECK(entered(plan) > Money::whole(100000));
        CHECK(entered(plan) <= Money::whole(121000));  // 1.2 of equity; sized at the ask
    }
}

TEST_CASE("H45 decisions and picks carry the strategy's real name", "[strategy][hazard]") {
    SelectionSettings settings;
    settings.enabled.fill(true);
    for (const auto kind : {StrategyKind::maxdiff, StrategyKind::maxdiffalwayson,
                            StrategyKind::highlow, StrategyKind::pctdiff}) {
        INFO(name_of(kind));
        AnalysisRow row = only(good_row("AAA"), kind);
        StrategyResult& highlow = result_of(row, StrategyKind::highlow);
        highlow.entry_buy = 98.5;
        highlow.target_buy = 102.5;
        const PassPlan plan = plan_daily_pass(pass({pass_symbol(row, settings)}), {});
        REQUIRE(plan.intents.size() == 1);
        CHECK(plan.intents[0].strategy == name_of(kind));
        CHECK(plan.decisions[0].strategy == name_of(kind));
        CHECK(plan.picks.at(Symbol("AAA")).strategy == kind);
        // A loss of one does not block the others.
        SelectionContext facts = facts_now();
        for (const auto other : {StrategyKind::maxdiff, StrategyKind::maxdiffalwayson,
                                 StrategyKind::highlow, StrategyKind::pctdiff}) {
            facts.last_trades.clear();
            facts.last_trades[{Side::buy, other}] = {kNow - kDay, -10};
            CHECK(select_strategy(row, facts, settings).trade_blocked == (other == kind));
        }
    }
}

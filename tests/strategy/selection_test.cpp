#include "strategy/selection.hpp"

#include <algorithm>
#include <random>

#include "strategy/portfolio.hpp"
#include "tests/strategy/golden_fixture.hpp"
#include "tests/strategy/row_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

SelectionContext context() {
    SelectionContext facts;
    facts.now = *parse_time("2024-02-05T14:30:00Z");
    facts.quote = quote_around("AAA", "100", "0.02");
    return facts;
}
AnalysisRow select(const AnalysisRow& row, const SelectionContext& facts = context(),
                   const SelectionSettings& settings = {}) {
    return select_strategy(row, facts, settings);
}
bool mentions(const std::vector<std::string>& texts, const std::string& word) {
    return std::any_of(texts.begin(), texts.end(), [&word](const std::string& text) {
        return text.find(word) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("needed edge", "[strategy][selection]") {
    const SelectionSettings settings;
    CHECK(needed_edge_bp(Symbol("AXP"), AssetClass::us_equity, settings) == 16);
    CHECK(needed_edge_bp(Symbol("META"), AssetClass::us_equity, settings) == 41);
    CHECK(needed_edge_bp(Symbol("LINKUSD"), AssetClass::crypto, settings) == 40);
}

TEST_CASE("sample gate never asks for more than the walk-forward makes (H26)",
          "[strategy][selection]") {
    const SelectionSettings settings;
    CHECK(required_samples(Symbol("AXP"), AssetClass::us_equity, 70, settings) == 70);
    CHECK(required_samples(Symbol("AXP"), AssetClass::us_equity, 200, settings) == 120);
    CHECK(required_samples(Symbol("BTCUSD"), AssetClass::crypto, 70, settings) == 60);
    CHECK(required_samples(Symbol("LINKUSD"), AssetClass::crypto, 70, settings) == 70);
}

TEST_CASE("entry gate: the first failing test names the reason", "[strategy][selection]") {
    struct Case {
        const char* reason;  // empty: passes
        void (*spoil)(StrategyResult&, SelectionContext&);
    };
    const Case cases[] = {
        {"", [](StrategyResult&, SelectionContext&) {}},
        {"fallback",
         [](StrategyResult&, SelectionContext& facts) { facts.fallback_engine = true; }},
        {"edge 15.9 bp is below 16.0 bp",
         [](StrategyResult& result, SelectionContext&) { result.avg_return = 0.00159; }},
        {"sharpe", [](StrategyResult& result, SelectionContext&) { result.sharpe = 0.49; }},
        {"69 samples of 70",
         [](StrategyResult& result, SelectionContext&) { result.samples = 69; }},
        {"drawdown",
         [](StrategyResult& result, SelectionContext&) { result.max_drawdown = -0.081; }},
        {"turnover",
         [](StrategyResult& result, SelectionContext&) {
             result.turnover = 2.1;
             result.sharpe = 0.79;
         }},
        {"",
         [](StrategyResult& result, SelectionContext&) {
             result.turnover = 2.1;
             result.sharpe = 0.8;
         }},
    };
    for (const Case& expected : cases) {
        AnalysisRow row = good_row("AAA");
        SelectionContext facts = context();
        expected.spoil(result_of(row, StrategyKind::maxdiff), facts);
        const std::string failure =
            entry_gate_failure(row, StrategyKind::maxdiff, facts, SelectionSettings{});
        INFO(failure);
        if (*expected.reason == 0) {
            CHECK(failure.empty());
        } else {
            CHECK(failure.find(expected.reason) != std::string::npos);
        }
        // simple and all_signals have no entry gate.
        CHECK(entry_gate_failure(row, StrategyKind::simple, facts, SelectionSettings{}).empty());
    }
}

TEST_CASE("order of candidates", "[strategy][selection]") {
    AnalysisRow row = good_row("AAA");
    for (auto& result : row.strategies) result.forecast_pnl = -0.01;
    result_of(row, StrategyKind::pctdiff).forecast_pnl = 0.002;
    result_of(row, StrategyKind::maxdiff).forecast_pnl = 0.002;
    result_of(row, StrategyKind::simple).forecast_pnl = 0.001;
    using enum StrategyKind;
    CHECK(candidate_order(row) == std::vector{maxdiff, pctdiff, simple});
    for (auto& result : row.strategies) result.forecast_pnl = -0.01;
    result_of(row, highlow).forecast_pnl = 0;
    CHECK(candidate_order(row) ==
          std::vector{highlow, simple, all_signals, takeprofit, maxdiff, maxdiffalwayson, pctdiff});
    result_of(row, simple).available = false;
    CHECK(candidate_order(row).size() == kCandidateKinds - 1);
}

TEST_CASE("gate mode decides whether a failed gate with a positive forecast trades",
          "[strategy][selection]") {
    AnalysisRow row = good_row("AAA");
    result_of(row, StrategyKind::maxdiff).sharpe = 0.1;
    SelectionSettings settings;
    const AnalysisRow advised = select(row, context(), settings);
    CHECK(advised.selected);
    CHECK(advised.chosen == StrategyKind::maxdiff);
    CHECK(mentions(advised.notes, "entry gate (advisory): sharpe"));
    settings.gate_mode = GateMode::enforce;
    CHECK(select(row, context(), settings).chosen != StrategyKind::maxdiff);
    // A failed gate with no positive forecast is skipped in either mode.
    for (auto& result : row.strategies) result.forecast_pnl = -0.01;
    result_of(row, StrategyKind::maxdiff).forecast_pnl = 0;
    CHECK(select(row).chosen != StrategyKind::maxdiff);
}

TEST_CASE("side and expected move of each strategy", "[strategy][selection]") {
    AnalysisRow row = good_row("AAA");  // close 100, predicted 101 / 103 / 98
    SelectionSettings settings;
    settings.enabled.fill(true);
    const auto only = [&row](StrategyKind kind) {
        AnalysisRow copy = row;
        for (auto& result : copy.strategies) result.available = result.kind == kind;
        return copy;
    };
    {
        AnalysisRow maxdiff = only(StrategyKind::maxdiff);
        CHECK(select(maxdiff).side == Side::buy);
        check_close(select(maxdiff).expected_move_pct, 0.025, 1e-12);  // high price 102.5
        result_of(maxdiff, StrategyKind::maxdiff).primary_side = Side::sell;
        CHECK(select(maxdiff).side == Side::sell);
        check_close(select(maxdiff).expected_move_pct, -0.015, 1e-12);
        result_of(maxdiff, StrategyKind::maxdiff).neutral = true;
        result_of(maxdiff, StrategyKind::maxdiff).bias = -0.2;
        CHECK(select(maxdiff).side == Side::sell);
        result_of(maxdiff, StrategyKind::maxdiff).bias = 0;
        CHECK(select(maxdiff).side == Side::buy);  // the close is predicted to rise
        maxdiff.predicted_close = 99;
        CHECK(select(maxdiff).side == Side::sell);
        // Coins are never sold short.
        maxdiff.asset_class = AssetClass::crypto;
        CHECK_FALSE(select(maxdiff).selected);
        CHECK(select(maxdiff).reason.find("not sold short") != std::string::npos);
    }
    {
        const AnalysisRow always = only(StrategyKind::maxdiffalwayson);
        CHECK(select(always).side == Side::buy);
        settings.permissions[Symbol("AAA")] = SidePermission::sell_only;
        CHECK(select(always, context(), settings).side == Side::sell);
        settings.permissions[Symbol("AAA")] = SidePermission::none;
        const AnalysisRow none = select(always, context(), settings);
        CHECK_FALSE(none.selected);
        CHECK(none.reason.find("not allowed") != std::string::npos);
        settings.permissions.clear();
        // Replaced by the calibrated move, as for all but maxdiff.
        CHECK(select(always).expected_move_pct == row.calibrated_move);
    }
    {
        AnalysisRow agree = only(StrategyKind::all_signals);
        CHECK(select(agree).side == Side::buy);
        agree.own_low_move = -0.001;
        CHECK_FALSE(select(agree).selected);
        CHECK(select(agree).reason.find("disagree") != std::string::npos);
        agree.own_high_move = -0.001;
        agree.predicted_close = 99;
        CHECK(select(agree).side == Side::sell);
    }
    {
        AnalysisRow pct = only(StrategyKind::pctdiff);
        result_of(pct, StrategyKind::pctdiff).neutral = true;
        result_of(pct, StrategyKind::pctdiff).bias = 0;
        CHECK(select(pct).side == Side::buy);  // |103 - 100| against |99 - 100|
        result_of(pct, StrategyKind::pctdiff).target_sell = 96;
        CHECK(select(pct).side == Side::sell);
        result_of(pct, StrategyKind::pctdiff).target_sell = 97;
        CHECK(select(pct).side == Side::buy);  // a tie
    }
    {
        AnalysisRow simple = only(StrategyKind::simple);
        simple.predicted_close = 100;
        CHECK(select(simple).side == Side::sell);  // no move counts as down
        simple.calibrated_move = 0;
        CHECK_FALSE(select(simple).selected);
        CHECK(select(simple).reason == "expected move is 0");
    }
    {
        AnalysisRow off = only(StrategyKind::takeprofit);
        CHECK_FALSE(select(off).selected);
        CHECK(select(off).reason.find("takeprofit: disabled") != std::string::npos);
    }
}

TEST_CASE("scores", "[strategy][selection]") {
    AnalysisRow row = good_row("AAA");
    result_of(row, StrategyKind::simple).avg_return = 0.001;
    result_of(row, StrategyKind::simple).sharpe = 2;
    SelectionContext facts = context();
    facts.quote = quote_around("AAA", "100", "0.10");  // 10 bp
    const AnalysisRow scored = select(row, facts);
    check_close(scored.composite_score, 0.004 - 0.0010, 1e-12);
    check_close(scored.price_skill, 0.001 + 0.5, 1e-12);
    check_close(scored.edge_strength, 0.501 * 0.025, 1e-12);
    check_close(scored.kelly_fraction, 0.15, 1e-12);
    facts.quote = quote_around("AAA", "100", "2");  // capped at 25 bp
    check_close(select(row, facts).composite_score, 0.004 - 0.0025, 1e-12);
    facts.quote.reset();  // the full cap, and blocked
    const AnalysisRow blind = select(row, facts);
    check_close(blind.composite_score, 0.004 - 0.0025, 1e-12);
    CHECK(blind.trade_blocked);
    CHECK(mentions(blind.blocks, "quote"));
    row.symbol = Symbol("MSFT");
    check_close(select(row, facts).composite_score, 0.004 - 0.0008, 1e-12);
    CHECK(kelly_lite(0.01, 0.02) == Approx(0.15));
    CHECK(kelly_lite(0.0005, 0.05) == Approx(0.04));
    CHECK(kelly_lite(0.001, 0.05) == Approx(0.08));
    CHECK(kelly_lite(0.01, 0) == 0);
}

TEST_CASE("nothing profitable and no edge is skipped", "[strategy][selection]") {
    AnalysisRow row = good_row("AAA");
    for (auto& result : row.strategies) {
        result.avg_return = -0.001;
        result.sharpe = -1;
    }
    const AnalysisRow skipped = select(row);
    CHECK_FALSE(skipped.selected);
    CHECK(skipped.reason.find("edge strength") != std::string::npos);
}

TEST_CASE("gates block with reasons; the maxdiff family is exempt from most",
          "[strategy][selection]") {
    AnalysisRow row = good_row("AAA");
    row.calibrated_move = 0.0015;  // 15 bp: below the needed edge
    row.predicted_close = 100.05;  // below the consensus move
    result_of(row, StrategyKind::simple).recent_return_sum = -0.001;
    SelectionContext facts = context();
    facts.last_loss = facts.now - 179 * kMinute;
    CHECK_FALSE(select(row, facts).trade_blocked);
    result_of(row, StrategyKind::simple).forecast_pnl = 1;
    const AnalysisRow blocked = select(row, facts);
    REQUIRE(blocked.chosen == StrategyKind::simple);
    CHECK(blocked.trade_blocked);
    for (const char* gate : {"edge", "consensus", "cooldown", "recent"}) {
        INFO(gate);
        CHECK(mentions(blocked.blocks, gate));
    }
    CHECK_FALSE(mentions(blocked.blocks, "kelly"));
    facts.last_loss = facts.now - 180 * kMinute;
    CHECK_FALSE(mentions(select(row, facts).blocks, "cooldown"));
    // A walk-forward Sharpe below the cut-off is a note unless it is made to block.
    row.oos_sharpe = 0.29;
    CHECK(mentions(select(row, facts).notes, "walk-forward"));
    SelectionSettings strict;
    strict.walk_forward_blocks = true;
    CHECK(mentions(select(row, facts, strict).blocks, "walk-forward"));
}

TEST_CASE("loss block spares nobody but probes", "[strategy][selection]") {
    const AnalysisRow row = good_row("AAA");
    SelectionContext facts = context();
    facts.last_trades[{Side::buy, StrategyKind::maxdiff}] = {facts.now - 3 * kDay, -12.5};
    CHECK(mentions(select(row, facts).blocks, "loss block"));
    facts.probing = true;
    CHECK_FALSE(select(row, facts).trade_blocked);
    facts.probing = false;
    facts.last_trades[{Side::buy, StrategyKind::maxdiff}] = {facts.now - 3 * kDay - 1, -12.5};
    CHECK_FALSE(select(row, facts).trade_blocked);
    facts.last_trades.clear();
    facts.last_trades[{Side::sell, StrategyKind::maxdiff}] = {facts.now, -12.5};
    CHECK_FALSE(select(row, facts).trade_blocked);
    facts.suspended.insert(StrategyKind::maxdiff);
    CHECK(select(row, facts).chosen != StrategyKind::maxdiff);
}

namespace {

std::vector<Symbol> picked(const std::vector<AnalysisRow>& rows, const PortfolioSettings& settings,
                           const std::set<Symbol>& probing = {}) {
    std::vector<Symbol> symbols;
    for (const std::size_t i : build_portfolio(rows, settings, probing).picks) {
        symbols.push_back(rows[i].symbol);
    }
    return symbols;
}

}  // namespace

TEST_CASE("portfolio: core by score, ties by symbol, the rest has reasons",
          "[strategy][portfolio]") {
    std::vector<AnalysisRow> rows;
    for (const char* name : {"CCC", "AAA", "BBB", "DDD", "EEE", "FFF"}) {
        rows.push_back(select(good_row(name)));
    }
    rows[3].composite_score += 1;
    rows[4].trade_blocked = true;
    rows[4].blocks = {"edge: small"};
    result_of(rows[5], rows[5].chosen).forecast_pnl = 0;
    const PortfolioSettings settings{2, 3, std::nullopt};
    CHECK(picked(rows, settings) == std::vector{Symbol("DDD"), Symbol("AAA"), Symbol("BBB")});
    const auto portfolio = build_portfolio(rows, settings);
    CHECK(portfolio.reasons.at(Symbol("CCC")).find("outranked") != std::string::npos);
    CHECK(portfolio.reasons.at(Symbol("EEE")) == "blocked: edge: small");
    CHECK(portfolio.reasons.at(Symbol("FFF")).find("forecast") != std::string::npos);
    CHECK(portfolio.reasons.size() + portfolio.picks.size() == rows.size());
    CHECK(build_portfolio({}, settings).picks.empty());
}

TEST_CASE("portfolio: fallback fills to the minimum only (H29)", "[strategy][portfolio]") {
    std::vector<AnalysisRow> rows;
    for (const char* name : {"AAA", "BBB", "CCC", "DDD", "EEE", "FFF"}) {
        rows.push_back(select(good_row(name)));
        result_of(rows.back(), rows.back().chosen).forecast_pnl = -1e-4;
    }
    CHECK(picked(rows, {4, 10, 8}).size() == 4);
    for (auto& row : rows) row.composite_score = -1;
    CHECK(picked(rows, {4, 10, 8}).empty());  // an empty portfolio is valid
}

TEST_CASE("portfolio: every strategy can enter through its own return (H29)",
          "[strategy][portfolio]") {
    for (const auto kind : {StrategyKind::pctdiff, StrategyKind::all_signals}) {
        AnalysisRow row = good_row("AAA");
        for (auto& result : row.strategies) result.available = result.kind == kind;
        const std::vector<AnalysisRow> rows{select(row)};
        REQUIRE(rows[0].chosen == kind);
        CHECK(picked(rows, {4, 10, 8}).size() == 1);
    }
}

TEST_CASE("portfolio: probes are always in and evict the worst", "[strategy][portfolio]") {
    std::vector<AnalysisRow> rows;
    for (const char* name : {"AAA", "BBB", "CCC"}) rows.push_back(select(good_row(name)));
    rows[1].composite_score -= 0.001;
    rows[2].trade_blocked = true;
    result_of(rows[2], rows[2].chosen).avg_return = -1;
    const PortfolioSettings two{1, 2, std::nullopt};
    CHECK(picked(rows, two) == std::vector{Symbol("AAA"), Symbol("BBB")});
    const auto with_probe = picked(rows, two, {Symbol("CCC")});
    CHECK(std::find(with_probe.begin(), with_probe.end(), Symbol("CCC")) != with_probe.end());
    CHECK(std::find(with_probe.begin(), with_probe.end(), Symbol("BBB")) == with_probe.end());
    CHECK(with_probe.size() == 2);
}

TEST_CASE("portfolio does not depend on the order of rows", "[strategy][portfolio][law]") {
    law("permuting rows keeps the picks", [] {
        std::vector<AnalysisRow> rows;
        std::set<Symbol> probing;
        const int count = *rc::gen::inRange(1, 24);
        for (int i = 0; i < count; ++i) {
            AnalysisRow row = select(good_row("S" + std::to_string(i)));
            row.composite_score = *rc::gen::inRange(-2, 4) * 1e-3;
            row.edge_strength = *rc::gen::inRange(0, 3) * 1e-3;
            row.trade_blocked = *rc::gen::inRange(0, 4) == 0;
            result_of(row, row.chosen).avg_return = *rc::gen::inRange(-1, 3) * 1e-3;
            result_of(row, row.chosen).forecast_pnl = *rc::gen::inRange(-1, 3) * 1e-3;
            if (*rc::gen::inRange(0, 8) == 0) probing.insert(row.symbol);
            rows.push_back(row);
        }
        const PortfolioSettings settings{4, 10, 8};
        const auto before = picked(rows, settings, probing);
        std::mt19937 random(static_cast<unsigned>(*rc::gen::inRange(0, 1000)));
        std::shuffle(rows.begin(), rows.end(), random);
        RC_ASSERT(picked(rows, settings, probing) == before);
        RC_ASSERT(before.size() <= std::max<std::size_t>(10, probing.size()));
    });
}

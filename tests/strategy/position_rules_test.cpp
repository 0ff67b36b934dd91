#include "strategy/position_rules.hpp"

#include "market/calendar.hpp"
#include "messages/error.hpp"
#include "strategy/hourly.hpp"
#include "strategy/rejections.hpp"
#include "tests/strategy/hazard_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

AnalysisRow chosen_row(Side side = Side::buy) {
    AnalysisRow row = good_row("AAA");
    row.selected = true;
    row.chosen = StrategyKind::maxdiff;
    row.side = side;
    return row;
}
HeldFacts held_facts(Side side = Side::buy) {
    return {AssetClass::us_equity, side, kNow - 2 * kDay, false, std::nullopt};
}
PassFacts pass_facts(bool picked, bool open = true) {
    return {kNow, open, picked, "outranked", kDay};
}

}  // namespace

TEST_CASE("what leaves at a pass: the first rule that matches", "[strategy][positions]") {
    AnalysisRow refused;
    refused.refused = true;
    refused.reason = "stale";
    CHECK(pass_exit_reason(refused, held_facts(Side::buy), pass_facts(false)).empty());
    CHECK(pass_exit_reason(refused, held_facts(Side::sell), pass_facts(false)) ==
          "no_analysis: stale");
    CHECK(pass_exit_reason(refused, held_facts(Side::sell), pass_facts(false, false)).empty());
    // Not picked: leaves in an open market, else only on a turned side.
    CHECK(pass_exit_reason(chosen_row(), held_facts(), pass_facts(false)) ==
          "not_in_portfolio: outranked");
    CHECK(pass_exit_reason(chosen_row(), held_facts(), pass_facts(false, false)).empty());
    CHECK(pass_exit_reason(chosen_row(Side::sell), held_facts(), pass_facts(false, false)) ==
          "direction_change");
    CHECK(pass_exit_reason(chosen_row(), held_facts(), pass_facts(true)).empty());
    CHECK(pass_exit_reason(chosen_row(Side::sell), held_facts(), pass_facts(true)) ==
          "direction_change");
    HeldFacts probe = held_facts();
    probe.probe = true;
    CHECK(pass_exit_reason(chosen_row(), probe, pass_facts(true)) == "probe_expired");
    probe.opened = kNow - kDay;
    CHECK(pass_exit_reason(chosen_row(), probe, pass_facts(true)).empty());
    HeldFacts limited = held_facts();
    limited.asset_class = AssetClass::crypto;
    limited.max_hold_seconds = 2 * 86400;
    CHECK(pass_exit_reason(chosen_row(), limited, pass_facts(true)).empty());
    limited.max_hold_seconds = 2 * 86400 - 1;
    CHECK(pass_exit_reason(chosen_row(), limited, pass_facts(true)) == "max_hold");
    limited.opened.reset();  // unknown: no clock runs
    CHECK(pass_exit_reason(chosen_row(), limited, pass_facts(true)).empty());
}

TEST_CASE("what leaves before the close", "[strategy][positions]") {
    CHECK(close_exit_reason(chosen_row(), StrategyKind::maxdiff, held_facts(), kNow).empty());
    CHECK(close_exit_reason(chosen_row(Side::sell), StrategyKind::maxdiff, held_facts(), kNow) ==
          "direction_change");
    AnalysisRow losing = chosen_row();
    result_of(losing, StrategyKind::pctdiff).avg_return = -0.001;
    CHECK(close_exit_reason(losing, StrategyKind::pctdiff, held_facts(), kNow) ==
          "strategy_lost: pctdiff");
    // A probe may lose; it leaves by its age.
    HeldFacts probe = held_facts();
    probe.probe = true;
    probe.opened = kNow - kHour;
    CHECK(close_exit_reason(losing, StrategyKind::pctdiff, probe, kNow).empty());
    probe.opened = kNow - kDay - 1;
    CHECK(close_exit_reason(losing, StrategyKind::pctdiff, probe, kNow) == "probe_expired");
    AnalysisRow refused;
    refused.refused = true;
    CHECK(close_exit_reason(refused, StrategyKind::maxdiff, held_facts(), kNow).empty());
}

TEST_CASE("I-37 hold clocks: exchange time for stocks, wall time for coins",
          "[strategy][positions]") {
    using market::new_york_time;
    const Date friday = date_of(2025, 11, 14);
    const Timestamp opened = new_york_time(friday, 15, 0);
    const Timestamp monday = new_york_time(friday + 3, 10, 0);
    // An hour on Friday and half an hour on Monday.
    CHECK(held_ns(AssetClass::us_equity, opened, monday) == 90 * kMinute);
    CHECK(held_ns(AssetClass::crypto, opened, monday) == monday - opened);
    CHECK(held_ns(AssetClass::us_equity, opened, new_york_time(friday, 15, 20)) == 20 * kMinute);
    CHECK(held_ns(AssetClass::us_equity, new_york_time(friday, 20, 0),
                  new_york_time(friday + 2, 12, 0)) == 0);
    CHECK(held_ns(AssetClass::us_equity, monday, opened) == 0);
    // A half day counts its own hours: the day after Thanksgiving closes at 13:00.
    const Date half = date_of(2025, 11, 28);
    CHECK(held_ns(AssetClass::us_equity, new_york_time(half, 9, 30), new_york_time(half, 18, 0)) ==
          (3 * 60 + 30) * kMinute);
}

TEST_CASE("a plan keeps, leaves and remembers by these rules", "[strategy][pass][positions]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    hold(input, "AAA", "10", StrategyKind::maxdiff);
    input.previous[Symbol("AAA")].opened = kNow - 3 * kDay;
    ForecastPortfolioSettings settings;
    PassPlan plan = plan_daily_pass(input, settings);
    CHECK(exit_of(plan, "AAA") == nullptr);
    CHECK(plan.picks.at(Symbol("AAA")).opened == kNow - 3 * kDay);
    settings.selection.overrides.max_hold_seconds = {{"AAA@maxdiff", 3600}};
    plan = plan_daily_pass(input, settings);
    REQUIRE(exit_of(plan, "AAA") != nullptr);
    CHECK(plan.decisions[0].reason == "max_hold");
    CHECK(plan.intents.size() == 1);  // and does not enter again at once
    // A coin that lost its place at night stays, with its plan, until the exchange is open.
    input.symbols[0].row.trade_blocked = true;
    input.symbols[0].row.blocks = {"edge: small"};
    input.exchange_open = false;
    plan = plan_daily_pass(input, {});
    CHECK(plan.intents.empty());
    CHECK(plan.cancels.empty());
    CHECK(plan.decisions[0].outcome == "kept");
    CHECK(plan.decisions[0].reason.find("blocked: edge: small") != std::string::npos);
    CHECK(plan.picks.at(Symbol("AAA")) == input.previous.at(Symbol("AAA")));
    input.exchange_open = true;
    CHECK(exit_of(plan_daily_pass(input, {}), "AAA") != nullptr);
}

TEST_CASE("a day of one pass leaves at its close what the pass before the close would leave",
          "[strategy][pass][positions]") {
    PassInput input = pass({pass_symbol(good_row("AAA"))});
    hold(input, "AAA", "10", StrategyKind::pctdiff);
    result_of(input.symbols[0].row, StrategyKind::pctdiff).avg_return = -0.001;
    REQUIRE(exit_of(plan_daily_pass(input, {}), "AAA") == nullptr);  // another pass will look
    input.only_pass = true;
    PassPlan plan = plan_daily_pass(input, {});
    const Intent* exit = exit_of(plan, "AAA");
    REQUIRE(exit != nullptr);
    CHECK(exit->type == OrderType::market);
    CHECK(exit->time_in_force == TimeInForce::cls);
    CHECK(exit->quantity == Quantity::whole(10));
    CHECK(plan.decisions[0].reason == "at the close: strategy_lost: pctdiff");
    CHECK(plan.cancels.size() == 1);  // its target, which holds the shares
    CHECK(plan.intents.size() == 1);
    // A strategy that earns stays; where the orders are worked, a later pass decides.
    result_of(input.symbols[0].row, StrategyKind::pctdiff).avg_return = 0.001;
    CHECK(exit_of(plan_daily_pass(input, {}), "AAA") == nullptr);
    result_of(input.symbols[0].row, StrategyKind::pctdiff).avg_return = -0.001;
    ForecastPortfolioSettings worked;
    worked.work_orders = true;
    CHECK(exit_of(plan_daily_pass(input, worked), "AAA") == nullptr);
}

TEST_CASE("probes enter at the minimum size and are remembered", "[strategy][pass][positions]") {
    PassInput input = pass({pass_symbol(good_row("AAA")), pass_symbol(good_row("BBB"))});
    input.probing = {Symbol("AAA")};
    input.symbols[0].row.trade_blocked = true;  // a probe is in all the same
    PassPlan plan = plan_daily_pass(input, {});
    REQUIRE(plan.intents.size() == 2);
    for (const Intent& intent : plan.intents) {
        const bool probe = intent.symbol == Symbol("AAA");
        CHECK((intent.quantity == Quantity::whole(1)) == probe);
        CHECK(plan.picks.at(intent.symbol).probe == probe);
        CHECK(plan.picks.at(intent.symbol).opened == kNow);
    }
    input.probing.clear();
    input.symbols[0].row.trade_blocked = false;
    input.probe_only = true;
    plan = plan_daily_pass(input, {});
    for (const Intent& intent : plan.intents) CHECK(intent.quantity == Quantity::whole(1));
    CHECK(plan.intents.size() == 2);
    // By the symbol's own setting, and not more often a day than it says.
    input.probe_only = false;
    ForecastPortfolioSettings settings;
    settings.selection.overrides.force_probe = {{"AAA", 1}};
    settings.selection.overrides.max_entries = {{"BBB", 2}};
    input.entries_today = {{Symbol("AAA"), 7}, {Symbol("BBB"), 2}};
    plan = plan_daily_pass(input, settings);
    REQUIRE(plan.intents.size() == 1);
    CHECK(plan.intents[0].symbol == Symbol("AAA"));
    CHECK(plan.intents[0].quantity == Quantity::whole(1));
    input.entries_today[Symbol("BBB")] = 1;
    CHECK(plan_daily_pass(input, settings).intents.size() == 2);
}

TEST_CASE("the close policy of a symbol can be the one that earned more",
          "[strategy][pass][positions]") {
    ForecastPortfolioSettings settings;
    AnalysisRow stock = good_row("AAA");
    AnalysisRow coin = good_row("BTCUSD", AssetClass::crypto);
    CHECK_FALSE(settings.instant_close(stock));
    CHECK(settings.instant_close(coin));
    stock.close_policy_rows = coin.close_policy_rows = 10;
    stock.instant_close_profit = coin.keep_open_profit = 0.06;
    stock.keep_open_profit = coin.instant_close_profit = 0.05;
    CHECK_FALSE(settings.instant_close(stock));
    settings.measured_close_policy = true;
    CHECK(settings.instant_close(stock));
    CHECK_FALSE(settings.instant_close(coin));
    coin.keep_open_profit = 0.05;  // a tie: the class decides
    CHECK(settings.instant_close(coin));
    coin.close_policy_rows = 0;
    coin.keep_open_profit = 1;
    CHECK(settings.instant_close(coin));
    // Measured on the ten newest rows' always-on optima, both ways of leaving.
    const auto series = std::make_shared<BarSeries>(random_series(5, 90));
    const auto forecasts = stub_forecasts(*series);
    WalkForwardOptions options;
    options.simulations = 14;
    RowCache cache;
    const auto rows = walk_forward(*series, 90, forecasts, options, cache);
    const auto analysis = build_analysis(input_of(series, forecasts), rows, options);
    double instant = 0;
    double open = 0;
    for (std::size_t k = 0; k < 10; ++k) {
        const auto days = aligned_window(*series, rows[k].end, Alignment::exact, forecasts);
        const auto legs = always_on_legs(days, false);
        instant += maximise_offsets(legs, options.bracket.kernel(true)).value;
        open += maximise_offsets(legs, options.bracket.kernel(false)).value;
    }
    CHECK(analysis.close_policy_rows == 10);
    check_close(analysis.instant_close_profit, instant, 1e-12);
    check_close(analysis.keep_open_profit, open, 1e-12);
}

TEST_CASE("hourly: one pass of an hour, in its first minutes", "[strategy][hourly]") {
    const Timestamp hour = *parse_time("2025-11-14T15:00:00Z");
    const auto run = [](std::optional<Timestamp> last, Timestamp now, HourlySettings s = {}) {
        return hourly_run(last, now, s);
    };
    using enum HourlyRun;
    CHECK(run(hour - 50 * kMinute, hour) == scheduled);
    CHECK(run(hour - 50 * kMinute, hour + 12 * kMinute - 1) == scheduled);
    CHECK(run(hour - 50 * kMinute, hour + 12 * kMinute) == catch_up);
    CHECK(run(hour + kMinute, hour + 2 * kMinute) == none);
    CHECK(run(hour + kMinute, hour + 59 * kMinute) == none);
    CHECK(run(std::nullopt, hour + 30 * kMinute) == first);
    HourlySettings strict;
    strict.first_run_at_once = strict.catch_up = false;
    CHECK(run(std::nullopt, hour + 30 * kMinute, strict) == none);
    CHECK(run(hour - 50 * kMinute, hour + 12 * kMinute, strict) == none);
    CHECK(run(std::nullopt, hour + 11 * kMinute, strict) == scheduled);
    CHECK(missed_hours(hour - 10 * kMinute, hour + kMinute) == 0);
    CHECK(missed_hours(hour - 130 * kMinute, hour + kMinute) == 2);
    CHECK(hourly_snapshot_rules(AssetClass::us_equity).maximum_age_ns == 6 * kHour);
    CHECK(hourly_snapshot_rules(AssetClass::crypto).maximum_age_ns == 90 * kMinute);
    CHECK(hourly_snapshot_rules(AssetClass::crypto).maximum_lead_ns == 5 * kMinute);
    CHECK(refresh_from(std::nullopt, hour) == hour - 48 * kHour);
    CHECK(refresh_from(hour - 5 * kHour, hour) == hour - 7 * kHour);
    CHECK(refresh_from(hour - 90 * kHour, hour) == hour - 48 * kHour);
}

TEST_CASE("hourly: rows that promise nothing and pairs that lost do not trade",
          "[strategy][hourly]") {
    const SelectionSettings daily;
    const SelectionSettings hourly = hourly_selection(daily);
    const auto blocked = [&hourly](const AnalysisRow& row, const SelectionContext& facts) {
        return select_strategy(row, facts, hourly).trade_blocked;
    };
    AnalysisRow row = good_row("AAA");
    CHECK_FALSE(blocked(row, facts_now()));
    for (auto& result : row.strategies) result.forecast_pnl = 0;
    CHECK(blocked(row, facts_now()));
    CHECK_FALSE(select_strategy(row, facts_now(), daily).trade_blocked);
    // The last two trades together; one where there is one; none allows.
    row = good_row("AAA");
    SelectionContext facts = facts_now();
    auto& last = facts.last_trades[{Side::buy, StrategyKind::maxdiff}];
    last = {kNow - 9 * kDay, -5, std::nullopt};  // too old for the loss block
    CHECK(blocked(row, facts));
    last.previous_pnl = 6;
    CHECK_FALSE(blocked(row, facts));
    last = {kNow - 9 * kDay, 5, -6};
    CHECK(blocked(row, facts));
    CHECK_FALSE(select_strategy(row, facts, daily).trade_blocked);
    facts.last_trades.clear();
    facts.last_trades[{Side::sell, StrategyKind::maxdiff}] = {kNow - 9 * kDay, -5, std::nullopt};
    CHECK_FALSE(blocked(row, facts));
}

TEST_CASE("I-30 rejections are counted by class; a long run of nothing else is an alarm",
          "[strategy][portfolio]") {
    std::vector<AnalysisRow> rows;
    for (const char* name : {"AAA", "BBB", "CCC"}) rows.push_back(pass_symbol(good_row(name)).row);
    rows[1].trade_blocked = true;
    rows[1].blocks = {"edge: small"};
    rows[2].repaired = true;
    rows[2].producer = "ewma";
    AnalysisRow refused;
    refused.symbol = Symbol("DDD");
    refused.refused = true;
    refused.reason = "80 bars, 100 are needed";
    rows.push_back(refused);
    const auto counts = count_rejections(rows, build_portfolio(rows, {}));
    CHECK(counts.symbols == 4);
    CHECK(counts.picked == 2);
    CHECK(counts.by_class.at("blocked") == 1);
    CHECK(counts.by_class.at("refused") == 1);
    CHECK(counts.repaired_by_model.at("ewma") == 1);
    CHECK_FALSE(counts.all_rejected());
    for (auto& row : rows) row.trade_blocked = true;
    const auto nothing = count_rejections(rows, build_portfolio(rows, {}));
    CHECK(nothing.all_rejected());
    RejectionStreak streak;
    int alarms = 0;
    for (int passes = 0; passes < 10; ++passes) {
        streak = streak.after(nothing);
        alarms += streak.alarms(5);
    }
    CHECK(alarms == 1);
    CHECK(streak.after(counts).passes == 0);
    CHECK_FALSE(count_rejections({}, {}).all_rejected());
}

// Always on, on both sides: what a pass plans, keeps and withdraws.
#include <algorithm>

#include "market/instruments.hpp"
#include "strategy/entry_terms.hpp"
#include "tests/catch.hpp"
#include "tests/strategy/row_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

const Timestamp kOpen = *parse_time("2024-02-05T14:30:00Z");
const Symbol kShare("AAA");

AnalysisRow always_on(const std::string& symbol, AssetClass kind = AssetClass::us_equity) {
    AnalysisRow row = good_row(symbol, kind);
    for (auto& result : row.strategies) {
        result.available = result.kind == StrategyKind::maxdiffalwayson;
    }
    return row;
}
PassSymbol pass_symbol(AnalysisRow row, const ForecastPortfolioSettings& settings = {}) {
    PassSymbol symbol;
    symbol.instrument = market::default_instrument(row.symbol, row.asset_class);
    symbol.quote = quote_around(row.symbol.to_string(), "100", "0.02");
    SelectionContext facts;
    facts.now = kOpen;
    facts.quote = symbol.quote;
    symbol.row = select_strategy(std::move(row), facts, settings.selection);
    return symbol;
}
PassInput pass(std::vector<PassSymbol> symbols) {
    PassInput input;
    input.time = kOpen;
    input.symbols = std::move(symbols);
    input.headroom.equity = Money::whole(100000);
    input.headroom.buying_power = Money::whole(100000);
    input.headroom.gross_room = Money::whole(200000);
    input.only_pass = true;
    return input;
}
void hold(PassInput& input, const char* quantity, const char* paid) {
    Position position;
    position.symbol = kShare;
    position.quantity = Quantity::of(quantity);
    position.last_price = Price::of("100");
    position.cost = Price::of(paid) * position.quantity;
    input.account.positions[kShare] = position;
    input.headroom.symbol_exposure[kShare] = position.market_value().abs();
}
ForecastPortfolioSettings worked() {
    ForecastPortfolioSettings settings;
    settings.work_orders = true;
    return settings;
}
const Intent* leg_of(const PassPlan& plan, Side side) {
    for (const auto& intent : plan.intents) {
        if (intent.role == Role::entry && intent.side == side) return &intent;
    }
    for (const auto& work : plan.works) {
        if (work.intent.role == Role::entry && work.intent.side == side) return &work.intent;
    }
    return nullptr;
}

}  // namespace

TEST_CASE("always on waits on both sides: the low and the high, each the other's target",
          "[strategy][pass][legs]") {
    for (const bool work : {false, true}) {
        ForecastPortfolioSettings settings;
        settings.work_orders = work;
        const PassPlan plan = plan_daily_pass(pass({pass_symbol(always_on("AAA"))}), settings);
        CHECK(plan.intents.size() + plan.works.size() == 2);
        const Intent* buy = leg_of(plan, Side::buy);
        const Intent* sell = leg_of(plan, Side::sell);
        REQUIRE(buy != nullptr);
        REQUIRE(sell != nullptr);
        CHECK(buy->leg == "open");
        CHECK(sell->leg == kOtherLeg);
        CHECK(buy->decision_id == sell->decision_id);
        CHECK(buy->limit_price == Price::of("98.5"));
        CHECK(buy->exit_plan.target == Price::of("102.5"));
        CHECK(sell->limit_price == Price::of("102.5"));
        CHECK(sell->exit_plan.target == Price::of("98.5"));
        CHECK(buy->quantity == Quantity::whole(609));  // 60 % of the equity at 98.50
        CHECK(sell->quantity == Quantity::whole(work ? 579 : 585));
        CHECK(sell->limit_price * sell->quantity <= buy->limit_price * buy->quantity);
        REQUIRE(plan.decisions.size() == 1);  // one a symbol; it names both
        CHECK(plan.decisions[0].side == "buy");
        CHECK(plan.decisions[0].reason.find("sell leg: " + sell->quantity.to_string() +
                                            " at 102.5, target 98.5") != std::string::npos);
        const Pick& pick = plan.picks.at(kShare);
        CHECK(pick.two_sided());
        CHECK(pick.entry_of(Side::buy) == Price::of("98.5"));
        CHECK(pick.entry_of(Side::sell) == Price::of("102.5"));
        CHECK(pick.other_target == Price::of("98.5"));
    }
    // Sent at once in a running market nobody would keep them apart: one leg.
    PassInput running = pass({pass_symbol(always_on("AAA"))});
    running.only_pass = false;
    CHECK(plan_daily_pass(running, {}).intents.size() == 1);
}

TEST_CASE("one side only: coins, shares that may not be shorted, side maps, other strategies",
          "[strategy][pass][legs]") {
    const auto sides = [](const PassSymbol& symbol, const ForecastPortfolioSettings& settings) {
        const PassPlan plan = plan_daily_pass(pass({symbol}), settings);
        return std::pair(leg_of(plan, Side::buy) != nullptr, leg_of(plan, Side::sell) != nullptr);
    };
    const std::pair only_buy(true, false);
    CHECK(sides(pass_symbol(always_on("ABCUSD", AssetClass::crypto)), {}) == only_buy);
    PassSymbol held_back = pass_symbol(always_on("AAA"));
    held_back.instrument.shortable = false;
    CHECK(sides(held_back, {}) == only_buy);
    ForecastPortfolioSettings mapped;
    mapped.selection.permissions[kShare] = SidePermission::buy_only;
    CHECK(sides(pass_symbol(always_on("AAA"), mapped), mapped) == only_buy);
    mapped.selection.permissions[kShare] = SidePermission::sell_only;
    CHECK(sides(pass_symbol(always_on("AAA"), mapped), mapped) == std::pair(false, true));
    CHECK(sides(pass_symbol(good_row("AAA")), {}) == only_buy);
    // Legs that the gateway would hold too close to each other.
    AnalysisRow flat = always_on("AAA");
    auto& result = result_of(flat, StrategyKind::maxdiffalwayson);
    result.entry_buy = result.target_sell = 99.95;
    result.entry_sell = result.target_buy = 100.05;
    const PassPlan close = plan_daily_pass(pass({pass_symbol(flat)}), {});
    CHECK(leg_of(close, Side::sell) == nullptr);
    CHECK(close.decisions[0].reason.find("no sell leg: the legs lie too close") !=
          std::string::npos);
    // A probe is the minimum on both sides.
    PassInput probe = pass({pass_symbol(always_on("AAA"))});
    probe.probe_only = true;
    const PassPlan probes = plan_daily_pass(probe, {});
    CHECK(leg_of(probes, Side::sell)->quantity == Quantity::whole(1));
}

TEST_CASE("a position of either leg is no turned direction; the leg that waits is not withdrawn",
          "[strategy][pass][legs]") {
    for (const Side held : {Side::buy, Side::sell}) {
        const bool long_leg = held == Side::buy;
        PassInput input = pass({pass_symbol(always_on("AAA"))});
        hold(input, long_leg ? "100" : "-100", long_leg ? "98.5" : "102.5");
        Pick before{StrategyKind::maxdiffalwayson, Side::buy, Price::of("98.5"), Price::of("102.5"),
                    kOpen - kHour};
        before.other_entry = Price::of("102.5");
        before.other_target = Price::of("98.5");
        input.previous[kShare] = before;
        input.at_work = {{kShare, opposite(held), Role::exit},
                         {kShare, opposite(held), Role::entry}};
        const PassPlan plan = plan_daily_pass(input, worked());
        CHECK(plan.decisions[0].outcome == "kept");
        for (const auto& cancel : plan.cancels) {
            CHECK(cancel.role == Role::entry);
            CHECK(cancel.side == held);  // what is left of the leg that entered
        }
        REQUIRE(plan.works.size() == 1);
        CHECK(plan.works[0].kind == WorkKind::watch_exit);
        CHECK(plan.works[0].intent.limit_price == Price::of(long_leg ? "102.5" : "98.5"));
        const Pick& pick = plan.picks.at(kShare);
        CHECK(pick.side == held);
        CHECK(pick.entry_of(opposite(held)) == before.entry_of(opposite(held)));
        // Before the close it stays, too.
        PassInput closing = input;
        closing.closing = true;
        const PassPlan night = plan_daily_pass(closing, worked());
        CHECK(night.works.empty());
        CHECK(night.picks.at(kShare).two_sided());
        // New prices: the leg that waits is asked for anew, no larger than the position.
        AnalysisRow moved = always_on("AAA");
        auto& result = result_of(moved, StrategyKind::maxdiffalwayson);
        result.entry_buy = result.target_sell = 98;
        result.entry_sell = result.target_buy = 103;
        input.symbols = {pass_symbol(moved)};
        const PassPlan anew = plan_daily_pass(input, worked());
        const Intent* leg = leg_of(anew, opposite(held));
        REQUIRE(leg != nullptr);
        CHECK(leg_of(anew, held) == nullptr);
        CHECK(leg->limit_price == Price::of(long_leg ? "103" : "98"));
        CHECK(leg->limit_price * leg->quantity <= Money::whole(10000));
        CHECK(anew.picks.at(kShare).entry_of(opposite(held)) == leg->limit_price);
        // In a replay of daily bars nothing waits beside a position.
        const PassPlan daily = plan_daily_pass(input, {});
        CHECK(leg_of(daily, opposite(held)) == nullptr);
        CHECK_FALSE(daily.picks.at(kShare).two_sided());
    }
}

TEST_CASE("where another strategy is chosen, or the position leaves, the leg that waits goes",
          "[strategy][pass][legs]") {
    AnalysisRow other = good_row("AAA");  // maxdiff, buy
    PassInput input = pass({pass_symbol(other)});
    hold(input, "100", "98.5");
    Pick before{StrategyKind::maxdiffalwayson, Side::buy, Price::of("98.5"), Price::of("102.5"),
                kOpen - kHour};
    before.other_entry = Price::of("102.5");
    before.other_target = Price::of("98.5");
    input.previous[kShare] = before;
    SECTION("another strategy of the same side keeps the position") {
        const PassPlan plan = plan_daily_pass(input, worked());
        CHECK(std::any_of(plan.cancels.begin(), plan.cancels.end(), [](const auto& cancel) {
            return cancel.strategy == "maxdiffalwayson" && cancel.side == Side::sell;
        }));
        CHECK_FALSE(plan.picks.at(kShare).two_sided());
    }
    SECTION("one of the other side does not") {
        hold(input, "-100", "102.5");
        const PassPlan plan = plan_daily_pass(input, worked());
        CHECK(plan.decisions[0].reason == "direction_change");
        CHECK(std::any_of(plan.cancels.begin(), plan.cancels.end(), [](const auto& cancel) {
            return cancel.role == Role::entry && !cancel.side;
        }));
        CHECK_FALSE(plan.picks.at(kShare).two_sided());
    }
}

TEST_CASE("while it is flat both legs stay together, and are withdrawn together",
          "[strategy][pass][legs]") {
    const PassPlan first = plan_daily_pass(pass({pass_symbol(always_on("AAA"))}), worked());
    PassInput later = pass({pass_symbol(always_on("AAA"))});
    later.time = kOpen + kHour;
    later.previous = first.picks;
    later.at_work = {{kShare, Side::buy, Role::entry}, {kShare, Side::sell, Role::entry}};
    const PassPlan same = plan_daily_pass(later, worked());
    CHECK(same.cancels.empty());
    CHECK(same.works.empty());
    CHECK(same.picks == first.picks);
    // A leg that ended takes the other with it: both are asked for anew.
    PassInput half = later;
    half.at_work.erase({kShare, Side::sell, Role::entry});
    CHECK(plan_daily_pass(half, worked()).works.size() == 2);
    // One leg's price moved: both are asked for anew.
    AnalysisRow moved = always_on("AAA");
    auto& result = result_of(moved, StrategyKind::maxdiffalwayson);
    result.entry_sell = result.target_buy = 103;
    later.symbols = {pass_symbol(moved)};
    const PassPlan anew = plan_daily_pass(later, worked());
    REQUIRE(anew.cancels.size() == 1);
    CHECK_FALSE(anew.cancels[0].side);
    CHECK(anew.works.size() == 2);
}

// The profit kernel's truth table (strategies spec 3.1) through the matching engine on one-day
// bars.
#include "broker/paper_broker.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using market::FillModel;

namespace {

constexpr std::int64_t kBase = 100 * Price::kOne;  // yesterday's close

struct Day {
    Price close, high, low;
};
struct Plan {
    Price high, low;  // predicted, not yet clamped
};

Price at(const char* move) {
    return Price::from_units(kBase + Fraction::of(move).units() * 100);
}

// Profit of the day's bracket trade before fees, in currency, through the whole paper broker.
Money engine_profit(const Day& day, const Plan& plan, int position, bool leave_at_close_only,
                    FillModel model) {
    MatchingSettings settings;
    settings.fill_model = model;
    PaperBroker paper(settings, {});
    Instrument instrument;
    instrument.symbol = Symbol("AAA");
    instrument.asset_class = AssetClass::us_equity;
    const SlotId slot = paper.add(instrument);
    const Price base = Price::from_units(kBase);
    const Price high = std::max(plan.high, base);
    const Price low = std::min(plan.low, base);

    paper.on_session({SessionPhase::opened, {}, false}, {0});
    if (position != 0) {
        Order order;
        order.order_id = "e";
        order.symbol = instrument.symbol;
        order.type = OrderType::limit;
        order.side = position > 0 ? Side::buy : Side::sell;
        order.quantity = Quantity::whole(std::abs(position));
        order.limit_price = position > 0 ? low : high;
        if (!leave_at_close_only) order.exit_plan.target = position > 0 ? high : low;
        order.exit_plan.leave_at_close = true;
        paper.submit(order, {0});
    }
    Bar bar;
    bar.start = {0};
    bar.end = {10};
    bar.open = base;
    bar.high = day.high;
    bar.low = day.low;
    bar.close = day.close;
    paper.on_bar_opened(slot, bar.start, bar.open);
    paper.on_bar_closed(slot, bar);
    paper.on_session({SessionPhase::closed, {}, false}, {10});
    CHECK(paper.positions({10}).value.empty());
    CHECK(paper.open_orders({10}).value.empty());
    return paper.account({10}).value.cash - Money::whole(100'000);
}

// The kernel of the specification in exact arithmetic, before fees: per unit of position.
Money kernel(const Day& day, const Plan& plan, int position, bool eod, bool conservative) {
    const Price base = Price::from_units(kBase);
    const Price high = std::max(plan.high, base);
    const Price low = std::min(plan.low, base);
    const Quantity size = Quantity::whole(std::abs(position));
    if (position > 0) {
        if (!(low > day.low)) return {};
        Price leave = day.close;
        if (!eod && conservative) leave = std::min(high, day.close);
        if (!eod && !conservative && high <= day.high) leave = high;
        return leave * size - low * size;
    }
    if (position < 0) {
        if (!(high < day.high)) return {};
        Price leave = day.close;
        if (!eod && conservative) leave = std::max(low, day.close);
        if (!eod && !conservative && low >= day.low) leave = low;
        return high * size - leave * size;
    }
    return {};
}

}  // namespace

TEST_CASE("the truth table of the profit kernel holds in the matching engine") {
    struct Row {
        int number;
        int position;
        const char *close, *high, *predicted_high, *low, *predicted_low;
        const char *keep, *leave, *conservative;  // profit with fee 0.001 once
    };
    const Row rows[] = {
        {1, 1, "0.01", "0.02", "0.015", "-0.02", "-0.01", "0.024", "0.019", "0.019"},
        {2, 1, "0.01", "0.02", "0.03", "-0.02", "-0.01", "0.019", "0.019", "0.019"},
        {3, 1, "0.01", "0.02", "0.015", "-0.005", "-0.01", "0", "0", "0"},
        {4, 1, "0.01", "0.02", "0.02", "-0.01", "-0.01", "0", "0", "0"},
        {5, -1, "0.01", "0.02", "0.015", "-0.02", "-0.01", "0.024", "0.004", "0.004"},
        {6, -1, "0.01", "0.02", "0.015", "-0.005", "-0.01", "0.004", "0.004", "0.004"},
        {7, -1, "0.01", "0.02", "0.02", "-0.02", "-0.01", "0", "0", "0"},
        {8, 1, "0.018", "0.02", "0.015", "-0.02", "-0.01", "0.024", "0.027", "0.024"},
        {9, 1, "0.01", "0.02", "0.015", "-0.02", "0.01", "0.014", "0.009", "0.009"},
        {10, 1, "0.01", "0.02", "-0.01", "-0.02", "-0.01", "0.009", "0.019", "0.009"},
        {11, -2, "0.01", "0.02", "0.015", "-0.02", "-0.01", "0.048", "0.008", "0.008"},
        {12, 0, "0.01", "0.02", "0.015", "-0.02", "-0.01", "0", "0", "0"},
    };
    for (const Row& row : rows) {
        INFO("row " << row.number);
        const Day day{at(row.close), at(row.high), at(row.low)};
        const Plan plan{at(row.predicted_high), at(row.predicted_low)};
        // The table's fractions of the base, its fee added back, in currency.
        const auto wanted = [&](const char* profit) {
            const Fraction value = Fraction::of(profit);
            if (value.is_zero()) return Money{};
            const std::int64_t fee = 1'000'000LL * std::abs(row.position);
            return Price::from_units((value.units() + fee) * 100) * Quantity::whole(1);
        };
        CHECK(engine_profit(day, plan, row.position, false, FillModel::intrabar_optimistic) ==
              wanted(row.keep));
        CHECK(engine_profit(day, plan, row.position, true, FillModel::intrabar_optimistic) ==
              wanted(row.leave));
        CHECK(engine_profit(day, plan, row.position, true, FillModel::intrabar_conservative) ==
              wanted(row.leave));
        CHECK(engine_profit(day, plan, row.position, false, FillModel::intrabar_conservative) ==
              wanted(row.conservative));
        CHECK(engine_profit(day, plan, row.position, false, FillModel::next_open) ==
              wanted(row.conservative));
    }
}

TEST_CASE("the engine equals the kernel on random days") {
    test::law("engine profit = kernel profit", [] {
        const auto move = [](int low, int high) { return *rc::gen::inRange(low, high); };
        const auto price = [](int steps) {
            return Price::from_units(kBase + steps * 10'000'000LL);
        };
        const int high = move(0, 30);
        const int low = move(-30, 1);
        const Day day{price(move(low, high + 1)), price(high), price(low)};
        const Plan plan{price(move(-5, 35)), price(move(-35, 6))};
        const int position = move(-3, 4);
        // A plan clamped to one price on both sides is no bracket.
        RC_PRE(std::max(plan.high.units(), kBase) > std::min(plan.low.units(), kBase));
        for (const bool eod : {false, true}) {
            for (const bool conservative : {false, true}) {
                const auto model = conservative ? FillModel::intrabar_conservative
                                                : FillModel::intrabar_optimistic;
                RC_ASSERT(engine_profit(day, plan, position, eod, model) ==
                          kernel(day, plan, position, eod, conservative));
            }
        }
    });
}

// Two entries of one decision on opposite sides, judged by the gateway and met by the market.
#include <algorithm>
#include <vector>

#include "broker/matching_engine.hpp"
#include "market/instruments.hpp"
#include "orders/gateway.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker;
using namespace tradewind::test;

namespace {

const Symbol kShare("AAA");

Order leg_of(Side side, Price limit, Price target, Quantity quantity) {
    Order order;
    order.decision_id = "maxdiffalwayson.AAA.1";
    order.order_id =
        side == Side::buy ? "maxdiffalwayson.AAA.1.open" : "maxdiffalwayson.AAA.1.open_other";
    order.strategy = "maxdiffalwayson";
    order.symbol = kShare;
    order.side = side;
    order.type = OrderType::limit;
    order.time_in_force = TimeInForce::day;
    order.quantity = quantity;
    order.limit_price = limit;
    order.exit_plan.target = target;
    return order;
}
Order leg_of(Side side) {
    const bool buy = side == Side::buy;
    return leg_of(side, Price::of(buy ? "98" : "102"), Price::of(buy ? "102" : "98"),
                  Quantity::whole(buy ? 100 : 96));
}
Bar bar_of(const char* open, const char* high, const char* low, const char* close) {
    Bar bar;
    bar.start = {kHour};
    bar.end = {2 * kHour};
    bar.open = Price::of(open);
    bar.high = Price::of(high);
    bar.low = Price::of(low);
    bar.close = Price::of(close);
    return bar;
}

struct Met {
    std::string entered;  // "buy", "sell" or nothing
    std::string left;     // the exit that filled, if any
    Quantity position;
    std::size_t working = 0;
};
Met meet(market::FillModel model, const Bar& bar) {
    MatchingSettings settings;
    settings.fill_model = model;
    settings.costs = market::flat_fee(Fraction{});
    MatchingEngine engine(settings);
    const SlotId slot = engine.add(market::default_instrument(kShare, AssetClass::us_equity));
    std::vector<OrderEvent> events;
    engine.submit(leg_of(Side::buy), {0}, events);
    engine.submit(leg_of(Side::sell), {0}, events);
    engine.on_bar_opened(slot, bar.start, bar.open, events);
    engine.on_bar_closed(slot, bar, events);
    Met met;
    for (const auto& event : events) {
        if (!event.fill) continue;
        met.position += signed_quantity(event.fill->side, event.fill->quantity);
        const bool exit = event.order_id.ends_with(".target");
        (exit ? met.left : met.entered) += std::string(to_text(event.fill->side));
    }
    met.working = engine.working(slot);
    return met;
}

}  // namespace

TEST_CASE("a bar that touches both legs fills the one that its close leaves the poorer",
          "[broker][legs]") {
    using market::FillModel;
    for (const auto model : {FillModel::next_open, FillModel::intrabar_conservative}) {
        // The close nearer to the low: a long earned less. It waits for its target.
        Met met = meet(model, bar_of("100", "103", "97", "99"));
        CHECK(met.entered == "buy");
        CHECK(met.left.empty());
        CHECK(met.position == Quantity::whole(100));
        CHECK(met.working == 1);  // its target; the other leg and its target are gone
        met = meet(model, bar_of("100", "103", "97", "101"));
        CHECK(met.entered == "sell");
        CHECK(met.position == Quantity::whole(-96));
        // A close beyond a limit: the leg that was run over, not the one that made its target.
        met = meet(model, bar_of("100", "104", "97", "103.5"));
        CHECK(met.entered == "sell");
        CHECK(met.left.empty());
        met = meet(model, bar_of("100", "103", "95", "96"));
        CHECK(met.entered == "buy");
        CHECK(met.left.empty());
        // What the open is beyond came first, whatever the close says.
        met = meet(model, bar_of("97", "103", "96", "99"));
        CHECK(met.entered == "buy");
        met = meet(model, bar_of("103", "104", "97", "99"));
        CHECK(met.entered == "sell");
        CHECK(meet(model, bar_of("100", "103", "99", "101")).entered == "sell");
        CHECK(meet(model, bar_of("100", "101", "97", "101")).entered == "buy");
        met = meet(model, bar_of("100", "101", "99", "100"));
        CHECK(met.entered.empty());
        CHECK(met.working == 4);
    }
    const Met met = meet(FillModel::intrabar_optimistic, bar_of("100", "103", "97", "99"));
    CHECK(met.entered == "sell");
    CHECK(met.left == "buy");  // and makes its target
    CHECK(met.position.is_zero());
}

TEST_CASE("law: never both legs filled, the position is the sum of the fills, no leg is refused",
          "[broker][legs]") {
    law("a pair under the gateway", [] {
        const auto lots = [](std::int64_t low, std::int64_t high) {
            return *rc::gen::inRange<std::int64_t>(low, high);
        };
        const auto cents = [](std::int64_t units) { return Price::from_units(units * 10'000'000); };
        MatchingSettings settings;
        settings.fill_model = *rc::gen::elementOf(
            std::vector{market::FillModel::next_open, market::FillModel::intrabar_conservative,
                        market::FillModel::intrabar_optimistic});
        settings.costs = market::flat_fee(Fraction{});
        settings.partial_fill_probability = *rc::gen::elementOf(std::vector{0.0, 0.6});
        settings.seed = static_cast<std::uint64_t>(lots(0, 1000));
        MatchingEngine engine(settings);
        const auto instrument = market::default_instrument(kShare, AssetClass::us_equity);
        const SlotId slot = engine.add(instrument);
        orders::Gateway gateway(orders::RiskLimits::standard(Fraction::whole(1)));
        // All of the symbol's room, so that two whole reservations would not fit.
        const Price low = cents(lots(9700, 9950));
        const Price high = cents(lots(10050, 10300));
        const Quantity bought = Quantity::whole(60'000'000 / (low.units() / 10'000'000) / 10);
        const Money room = low * bought;
        const Quantity sold = affordable(room, high, Quantity::whole(1));
        orders::AccountView account;
        account.equity = account.cash = account.buying_power = Money::whole(100'000);
        orders::MarketView market;
        market.last_price = Price::whole(100);
        std::vector<OrderEvent> events;
        const auto legs = {leg_of(Side::buy, low, high, bought),
                           leg_of(Side::sell, high, low, sold)};
        for (const Order& leg : legs) {
            RC_ASSERT(gateway.assess(leg, instrument, account, market, {0}).accepted());
            engine.submit(leg, {0}, events);
        }
        RC_ASSERT(gateway.reserved() == room);
        Quantity position;
        Quantity entered[2];
        std::int64_t last = 10'000;
        std::size_t seen = 0;
        for (std::int64_t day = 1; day <= lots(1, 4); ++day) {
            Bar bar;
            bar.start = {day * kDay};
            bar.end = bar.start + kHour;
            const std::int64_t open = last + lots(-200, 201);
            const std::int64_t close = open + lots(-400, 401);
            bar.open = cents(open);
            bar.close = cents(close);
            bar.high = cents(std::max(open, close) + lots(0, 300));
            bar.low = cents(std::min(open, close) - lots(0, 300));
            last = close;
            engine.on_bar_opened(slot, bar.start, bar.open, events);
            engine.on_bar_closed(slot, bar, events);
            for (; seen < events.size(); ++seen) {
                const auto& event = events[seen];
                gateway.on_event(event);
                if (!event.fill) continue;
                const auto size = signed_quantity(event.fill->side, event.fill->quantity);
                const bool entry = !event.order_id.ends_with(".target");
                if (entry) {
                    RC_ASSERT(position.is_zero() || (position.sign() > 0) == (size.sign() > 0));
                    entered[event.fill->side == Side::sell] += event.fill->quantity;
                } else {
                    RC_ASSERT((position.sign() > 0) == (size.sign() < 0));
                }
                position += size;
            }
            RC_ASSERT(entered[0].is_zero() || entered[1].is_zero());
            RC_ASSERT(gateway.reserved().sign() >= 0);
        }
        engine.end_of_data({10 * kDay}, events);
        for (; seen < events.size(); ++seen) gateway.on_event(events[seen]);
        RC_ASSERT(gateway.reserved().is_zero());
        RC_ASSERT(gateway.working() == 0);
    });
}

TEST_CASE("an alternative takes the reservation over when the other ends", "[broker][legs]") {
    orders::Gateway gateway(orders::RiskLimits::standard(Fraction::whole(1)));
    const auto instrument = market::default_instrument(kShare, AssetClass::us_equity);
    orders::AccountView account;
    account.equity = account.cash = account.buying_power = Money::whole(100'000);
    orders::MarketView market;
    market.last_price = Price::whole(100);
    const Order buy = leg_of(Side::buy);
    const Order sell = leg_of(Side::sell);
    REQUIRE(gateway.assess(buy, instrument, account, market, {0}).accepted());
    REQUIRE(gateway.assess(sell, instrument, account, market, {0}).accepted());
    CHECK(gateway.reserved() == Money::whole(9800));
    OrderEvent ended;
    ended.kind = OrderEventKind::canceled;
    ended.order_id = buy.order_id;
    ended.symbol = kShare;
    gateway.on_event(ended);
    CHECK(gateway.reserved() == Money::whole(9792));
    // A third of another decision is no alternative, and one that is larger reserves its own.
    Order larger = leg_of(Side::buy, Price::of("98"), Price::of("102"), Quantity::whole(200));
    larger.order_id += ".2";
    REQUIRE(gateway.assess(larger, instrument, account, market, {0}).accepted());
    CHECK(gateway.reserved() == Money::whole(9792 + 19600));
    ended.order_id = sell.order_id;
    gateway.on_event(ended);
    CHECK(gateway.reserved() == Money::whole(19600));
}

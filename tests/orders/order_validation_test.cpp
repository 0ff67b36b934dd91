#include "orders/order_validation.hpp"

#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;

namespace {

Instrument share() {
    Instrument instrument;
    instrument.symbol = Symbol("AAA");
    instrument.asset_class = AssetClass::us_equity;
    instrument.tick = Price::of("0.01");
    instrument.lot = Quantity::of("0.000000001");
    instrument.minimum_notional = Money::of("1");
    return instrument;
}

Instrument coin() {
    Instrument instrument = share();
    instrument.asset_class = AssetClass::crypto;
    instrument.minimum_notional = Money::of("10");
    instrument.lot = Quantity::of("0.001");
    instrument.shortable = false;
    instrument.times_in_force = 1U << unsigned(TimeInForce::gtc) | 1U << unsigned(TimeInForce::ioc);
    return instrument;
}

struct Case {
    const char* what;
    const char* fault;  // part of the reason; empty: accepted
    bool crypto;
    void (*change)(Order&, Instrument&);
};

}  // namespace

TEST_CASE("I-13 orders are checked against their instrument") {
    using T = OrderType;
    using F = TimeInForce;
    const Case cases[] = {
        {"plain limit", "", false, [](Order&, Instrument&) {}},
        {"no id", "no id", false, [](Order& o, Instrument&) { o.order_id.clear(); }},
        {"long id", "128", false, [](Order& o, Instrument&) { o.order_id.assign(129, 'x'); }},
        {"128 is fine", "", false, [](Order& o, Instrument&) { o.order_id.assign(128, 'x'); }},
        {"id of other bytes", "ASCII", false,
         [](Order& o, Instrument&) { o.order_id = "caf\xc3\xa9"; }},
        {"other symbol", "another symbol", false,
         [](Order& o, Instrument&) { o.symbol = Symbol("BBB"); }},
        {"not tradable", "not tradable", false, [](Order&, Instrument& i) { i.tradable = false; }},
        {"left where it is not traded any more", "", false,
         [](Order& o, Instrument& i) {
             o.role = Role::exit;
             i.tradable = false;
         }},
        {"zero quantity", "not positive", false,
         [](Order& o, Instrument&) { o.quantity = Quantity{}; }},
        {"off lot", "lot", true,
         [](Order& o, Instrument&) { o.quantity = Quantity::of("0.5001"); }},
        {"limit missing", "without limit", false,
         [](Order& o, Instrument&) { o.limit_price = Price{}; }},
        {"market with limit", "with a limit", false,
         [](Order& o, Instrument&) { o.type = T::market; }},
        {"limit with stop", "with a stop", false,
         [](Order& o, Instrument&) { o.stop_price = Price::of("9"); }},
        {"stop missing", "without stop", false,
         [](Order& o, Instrument&) {
             o.type = T::stop;
             o.limit_price = Price{};
         }},
        {"stop limit", "", false,
         [](Order& o, Instrument&) {
             o.type = T::stop_limit;
             o.stop_price = Price::of("99");
         }},
        {"negative price", "negative", false,
         [](Order& o, Instrument&) { o.limit_price = Price::of("-1"); }},
        {"off tick", "tick", false,
         [](Order& o, Instrument&) { o.limit_price = Price::of("100.001"); }},
        {"off tick target", "target", false,
         [](Order& o, Instrument&) { o.exit_plan.target = Price::of("101.001"); }},
        {"trail off tick is fine", "", false,
         [](Order& o, Instrument&) {
             o.type = T::trailing_stop;
             o.limit_price = Price{};
             o.stop_price = Price::of("1.2345");
         }},
        {"ioc stop", "time in force ioc", false,
         [](Order& o, Instrument&) {
             o.type = T::stop;
             o.stop_price = o.limit_price;
             o.limit_price = Price{};
             o.time_in_force = F::ioc;
         }},
        {"coin day", "time in force day", true,
         [](Order& o, Instrument&) { o.time_in_force = F::day; }},
        {"coin gtc", "", true, [](Order&, Instrument&) {}},
        {"coin short", "short", true, [](Order& o, Instrument&) { o.side = Side::sell; }},
        {"coin sold out", "", true,
         [](Order& o, Instrument&) {
             o.side = Side::sell;
             o.role = Role::exit;
         }},
        {"below minimum", "minimum", true,
         [](Order& o, Instrument&) { o.quantity = Quantity::of("0.099"); }},
        {"at the minimum", "", true,
         [](Order& o, Instrument&) { o.quantity = Quantity::of("0.1"); }},
        {"fraction gtc", "fractional", false,
         [](Order& o, Instrument&) {
             o.quantity = Quantity::of("1.5");
             o.time_in_force = F::gtc;
         }},
        {"fraction day", "", false,
         [](Order& o, Instrument&) { o.quantity = Quantity::of("1.5"); }},
        {"fraction of a whole share", "not fractionable", false,
         [](Order& o, Instrument& i) {
             o.quantity = Quantity::of("1.5");
             i.fractionable = false;
         }},
        {"fractional short", "fractional short", false,
         [](Order& o, Instrument&) {
             o.quantity = Quantity::of("1.5");
             o.side = Side::sell;
         }},
        {"share short", "", false, [](Order& o, Instrument&) { o.side = Side::sell; }},
        {"not shortable", "short", false,
         [](Order& o, Instrument& i) {
             o.side = Side::sell;
             i.shortable = false;
         }},
        {"bracket", "", false,
         [](Order& o, Instrument&) {
             o.exit_plan.target = Price::of("101");
             o.exit_plan.stop = Price::of("99");
         }},
        {"target below a long", "target", false,
         [](Order& o, Instrument&) { o.exit_plan.target = Price::of("99"); }},
        {"stop above a long", "stop", false,
         [](Order& o, Instrument&) { o.exit_plan.stop = Price::of("101"); }},
        {"short bracket", "", false,
         [](Order& o, Instrument&) {
             o.side = Side::sell;
             o.exit_plan.target = Price::of("99");
             o.exit_plan.stop = Price::of("101");
         }},
        {"market bracket swapped", "swapped", false,
         [](Order& o, Instrument&) {
             o.type = T::market;
             o.limit_price = Price{};
             o.exit_plan.target = Price::of("99");
             o.exit_plan.stop = Price::of("101");
         }},
        {"exit with a plan", "exit plan", false,
         [](Order& o, Instrument&) {
             o.role = Role::exit;
             o.exit_plan.leave_at_close = true;
         }},
    };
    for (const Case& each : cases) {
        INFO(each.what);
        Order order = make_limit("id", Side::buy, "2", "100");
        Instrument instrument = each.crypto ? coin() : share();
        if (each.crypto) order.time_in_force = F::gtc;
        each.change(order, instrument);
        const auto fault = orders::fault_of(order, instrument, Price::of("100"));
        if (each.fault[0] == 0) {
            INFO(fault.value_or(""));
            CHECK_FALSE(fault.has_value());
        } else {
            REQUIRE(fault.has_value());
            INFO(*fault);
            CHECK(fault->find(each.fault) != std::string::npos);
        }
    }
}

TEST_CASE("a market order's minimum notional uses the reference price") {
    Order order = make_order("id", Side::buy, "0.05");
    order.time_in_force = TimeInForce::gtc;
    CHECK(orders::fault_of(order, coin(), Price::of("100")).has_value());
    CHECK_FALSE(orders::fault_of(order, coin(), Price::of("200")).has_value());
    CHECK_FALSE(orders::fault_of(order, coin()).has_value());
}

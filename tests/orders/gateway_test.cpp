#include "orders/gateway.hpp"

#include "orders/account_book.hpp"
#include "orders/bracket.hpp"
#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;
using namespace tradewind::orders;

namespace {

constexpr Timestamp kNow{1'000'000 * kSecond};

Instrument instrument_of(AssetClass asset_class) {
    Instrument instrument;
    instrument.symbol = Symbol("AAA");
    instrument.asset_class = asset_class;
    instrument.shortable = asset_class != AssetClass::crypto;
    return instrument;
}

AccountView account_of(const char* equity, const char* position = "0", const char* price = "100") {
    AccountView view;
    view.equity = view.cash = view.buying_power = Money::of(equity);
    view.position = view.strategy_position = Quantity::of(position);
    view.symbol_value = Price::of(price) * view.position;
    view.gross_exposure = view.symbol_value.abs();
    view.buying_power = view.equity - view.gross_exposure;
    return view;
}

MarketView market_of(const char* bid, const char* ask, std::int64_t age_ns = 0) {
    MarketView market;
    Quote quote;
    quote.symbol = Symbol("AAA");
    quote.time = kNow - age_ns;
    quote.bid = Price::of(bid);
    quote.ask = Price::of(ask);
    market.quote = quote;
    market.last_price = quote.bid;
    return market;
}

// A gateway of the standard limits with everything an assessment needs.
struct Desk {
    Gateway gateway{RiskLimits::standard(Fraction::of("1"))};
    Instrument instrument = instrument_of(AssetClass::us_equity);
    AccountView account = account_of("100000");
    MarketView market = market_of("99.95", "100.05");
    Timestamp now = kNow;

    std::string assess(const Order& order) {
        return std::string(
            to_text(gateway.assess(order, instrument, account, market, now).refusal));
    }
};

}  // namespace

TEST_CASE("limits of one entry") {
    struct Case {
        const char* quantity;
        const char* price;
        const char* refusal;
    };
    const Case cases[] = {
        {"600", "100", ""},                 // exactly 60 % of equity
        {"601", "100", "symbol_exposure"},  // one share more
        {"600", "110", "symbol_exposure"},
        {"1", "110", ""},  // exactly 10 % above the mid
        {"1", "110.000000001", "price_band"},
        {"1", "89.999999999", "price_band"},
        {"1", "90", ""},
    };
    for (const Case& each : cases) {
        INFO(each.quantity << " at " << each.price);
        Desk desk;
        CHECK(desk.assess(make_limit("a", Side::buy, each.quantity, each.price)) == each.refusal);
    }
}

TEST_CASE("I-16 reservations add up until events release them") {
    Desk desk;
    const Order first = make_limit("a", Side::buy, "400", "100");
    CHECK(desk.assess(first) == "");
    CHECK(desk.gateway.reserved() == Money::of("40000"));
    CHECK(desk.assess(first) == "duplicate_id");
    const Order second = make_limit("b", Side::buy, "201", "100");
    CHECK(desk.assess(second) == "symbol_exposure");
    // Acknowledgement does not release (H34), a partial fill releases its part.
    desk.gateway.on_event(make_event(OrderEventKind::accepted, first));
    CHECK(desk.gateway.reserved() == Money::of("40000"));
    desk.gateway.on_event(make_fill(first, "x", "100", "99"));
    CHECK(desk.gateway.reserved() == Money::of("30000"));
    CHECK(desk.gateway.reserved(Symbol("AAA")) == Money::of("30000"));
    desk.gateway.on_event(make_event(OrderEventKind::canceled, first));
    CHECK(desk.gateway.reserved().is_zero());
    CHECK(desk.gateway.working() == 0);
    // A second event of a closed order releases nothing more.
    desk.gateway.on_event(make_event(OrderEventKind::canceled, first));
    CHECK(desk.gateway.reserved().is_zero());
    for (auto kind : {OrderEventKind::rejected, OrderEventKind::expired, OrderEventKind::refused,
                      OrderEventKind::replaced}) {
        CHECK(desk.assess(second) == "");
        desk.gateway.on_event(make_event(kind, second));
        CHECK(desk.gateway.reserved().is_zero());
    }
    CHECK(desk.assess(second) == "");
    desk.gateway.abandon("b");
    CHECK(desk.gateway.reserved().is_zero());
    // Entries that race for the same buying power: the second has what the first left.
    Desk race;
    RiskLimits limits = RiskLimits::standard(Fraction::of("4"));
    limits.symbol_exposure.reset();
    race.gateway = Gateway(limits);
    race.account.buying_power = Money::of("50000");
    CHECK(race.assess(make_limit("c", Side::buy, "300", "100")) == "");
    CHECK(race.assess(make_limit("d", Side::buy, "201", "100")) == "buying_power");
    CHECK(race.assess(make_limit("e", Side::buy, "200", "100")) == "");
    CHECK(race.gateway.reserved() == race.account.buying_power);
    race.gateway.abandon("c");
    CHECK(race.assess(make_limit("d", Side::buy, "201", "100")) == "");
}

TEST_CASE("gross exposure and buying power count reservations of all symbols") {
    Desk desk;
    desk.account.gross_exposure = Money::of("50000");
    desk.account.buying_power = Money::of("50000");
    Order other = make_limit("o", Side::buy, "300", "100");
    CHECK(desk.assess(other) == "");
    CHECK(desk.assess(make_limit("a", Side::buy, "201", "100")) == "gross_exposure");
    CHECK(desk.assess(make_limit("b", Side::buy, "200", "100")) == "");
    Desk poor;
    poor.account.buying_power = Money::of("1000");
    CHECK(poor.assess(make_limit("a", Side::buy, "11", "100")) == "buying_power");
    // A short is reserved at what the market pays when its limit is lower.
    CHECK(poor.assess(make_limit("b", Side::sell, "10", "100.05")) == "buying_power");
    CHECK(poor.assess(make_limit("c", Side::buy, "10", "100")) == "");
    Desk named;
    RiskLimits limits = RiskLimits::standard(Fraction::of("1"));
    limits.order_notional = Money::of("5000");
    limits.open_orders = 1;
    named.gateway = Gateway(limits);
    CHECK(named.assess(make_limit("a", Side::buy, "51", "100")) == "order_notional");
    CHECK(named.assess(make_limit("a", Side::buy, "50", "100")) == "");
    CHECK(named.assess(make_limit("b", Side::buy, "1", "100")) == "open_orders");
}

TEST_CASE("I-34 the kill switch and forbidden sides stop entries at the last gate; exits pass") {
    Desk desk;
    desk.account = account_of("100000", "10");
    desk.gateway.kill();
    CHECK(desk.assess(make_limit("a", Side::buy, "1", "100")) == "killed");
    CHECK(desk.assess(make_limit("b", Side::sell, "4", "100", Role::exit)) == "");
    desk.gateway.resume();
    desk.gateway.block_entries("broker state unknown");
    const auto verdict = desk.gateway.assess(make_limit("a", Side::buy, "1", "99"), desk.instrument,
                                             desk.account, desk.market, desk.now);
    CHECK(verdict.refusal == Refusal::entries_blocked);
    CHECK(verdict.reason == "broker state unknown");
    CHECK(desk.assess(make_limit("c", Side::sell, "4", "100", Role::exit)) == "");
    desk.gateway.unblock_entries();
    CHECK(desk.assess(make_limit("a", Side::buy, "1", "99")) == "");
    desk.gateway.forbid(Symbol("AAA"), Side::buy);
    CHECK(desk.assess(make_limit("d", Side::buy, "1", "99")) == "side_forbidden");
    desk.gateway.allow(Symbol("AAA"), Side::buy);
    CHECK(desk.assess(make_limit("d", Side::buy, "1", "99")) == "");
}

TEST_CASE("an exit reduces, and the same quantity leaves once") {
    Desk desk;
    CHECK(desk.assess(make_limit("a", Side::sell, "1", "100", Role::exit)) == "not_reducing");
    desk.account = account_of("100000", "10");
    CHECK(desk.assess(make_limit("a", Side::buy, "1", "100", Role::exit)) == "not_reducing");
    CHECK(desk.assess(make_limit("a", Side::sell, "11", "100", Role::exit)) == "not_reducing");
    const Order exit = make_limit("a", Side::sell, "6", "100", Role::exit);
    CHECK(desk.assess(exit) == "");
    CHECK(desk.assess(make_limit("b", Side::sell, "5", "100", Role::exit)) == "held_for_orders");
    CHECK(desk.assess(make_limit("b", Side::sell, "4", "100", Role::exit)) == "");
    desk.gateway.on_event(make_event(OrderEventKind::canceled, exit));
    CHECK(desk.assess(make_limit("c", Side::sell, "6", "100", Role::exit)) == "");
    CHECK(desk.gateway.reserved().is_zero());
}

TEST_CASE("a bracket holds what it will exit until its children close") {
    Desk desk;
    Order entry = make_limit("e", Side::buy, "10", "99");
    entry.exit_plan.target = Price::of("105");
    entry.exit_plan.stop = Price::of("95");
    CHECK(desk.assess(entry) == "");
    desk.gateway.on_event(make_fill(entry, "x", "10", "99"));
    desk.account = account_of("100000", "10");
    const Order exit = make_limit("out", Side::sell, "10", "101", Role::exit);
    CHECK(desk.assess(exit) == "held_for_orders");
    const auto children = bracket_children(entry);
    REQUIRE(children.size() == 2);
    desk.gateway.on_event(make_event(OrderEventKind::canceled, children[0]));
    CHECK(desk.assess(exit) == "held_for_orders");
    desk.gateway.on_event(make_event(OrderEventKind::canceled, children[1]));
    CHECK(desk.assess(exit) == "");
    CHECK(desk.gateway.working() == 1);

    // The target fills in parts: what it exited is no longer held.
    Desk other;
    CHECK(other.assess(entry) == "");
    other.gateway.on_event(make_fill(entry, "x", "10", "99"));
    other.gateway.on_event(make_fill(children[1], "t", "4", "105"));
    // Six are left and held; four bought otherwise are free.
    other.account = account_of("100000", "10");
    CHECK(other.assess(make_limit("p", Side::sell, "5", "101", Role::exit)) == "held_for_orders");
    CHECK(other.assess(make_limit("q", Side::sell, "4", "101", Role::exit)) == "");
    other.gateway.abandon("q");
    other.gateway.on_event(make_fill(children[1], "u", "6", "105"));
    CHECK(other.gateway.working() == 0);
    CHECK(other.assess(make_limit("r", Side::sell, "10", "101", Role::exit)) == "");
}

TEST_CASE("I-12 market orders need an open exchange, a fresh quote and a narrow spread") {
    Desk desk;
    const Order order = make_order("a", Side::buy, "1");
    desk.market = market_of("99.5", "100.5");
    CHECK(desk.assess(order) == "");
    desk.gateway.abandon("a");
    desk.market = market_of("99.499999999", "100.5");
    CHECK(desk.assess(order) == "market_order_rule");
    desk.market = market_of("100", "100.1", 60 * kSecond);
    CHECK(desk.assess(order) == "");
    desk.gateway.abandon("a");
    desk.market = market_of("100", "100.1", 60 * kSecond + 1);
    CHECK(desk.assess(order) == "market_order_rule");
    desk.market = market_of("100", "100.1");
    desk.market.session_open = false;
    CHECK(desk.assess(order) == "market_order_rule");
    desk.market = MarketView{};
    desk.market.last_price = Price::of("100");
    CHECK(desk.assess(order) == "market_order_rule");
    desk.market = market_of("100", "100.1");
    desk.instrument = instrument_of(AssetClass::crypto);
    CHECK(desk.assess(order) == "market_order_rule");
    Order limit = make_limit("b", Side::buy, "1", "100");
    CHECK(desk.assess(limit) == "");
}

TEST_CASE("I-9 sell above buy, by three basis points at least") {
    struct Case {
        Side side;
        const char* price;
        const char* refusal;
    };
    const Case cases[] = {
        {Side::sell, "100.03", ""},
        {Side::sell, "100.029999999", "crossed_sides"},
        {Side::sell, "99", "crossed_sides"},
        {Side::buy, "101", ""},
    };
    for (const Case& each : cases) {
        INFO(each.price);
        Desk desk;
        CHECK(desk.assess(make_limit("a", Side::buy, "1", "100")) == "");
        CHECK(desk.assess(make_limit("b", each.side, "1", each.price)) == each.refusal);
        desk.gateway.on_event(
            make_event(OrderEventKind::canceled, make_order("a", Side::buy, "1")));
        if (each.side == Side::sell && *each.refusal != 0) {
            CHECK(desk.assess(make_limit("b", each.side, "1", each.price)) == "");
        }
    }
    // Targets of brackets are orders to come: they count from the entry on.
    Desk desk;
    Order entry = make_limit("e", Side::buy, "1", "100");
    entry.exit_plan.target = Price::of("100.02");
    CHECK(desk.assess(entry) == "crossed_sides");
    entry.exit_plan.target = Price::of("101");
    CHECK(desk.assess(entry) == "");
    CHECK(desk.assess(make_limit("f", Side::buy, "1", "100.98")) == "crossed_sides");
    Order both = make_limit("g", Side::sell, "1", "101");
    both.exit_plan.target = Price::of("100");
    CHECK(desk.assess(both) == "");
}

TEST_CASE("I-7 a close below the last entry stops the death spiral") {
    struct Case {
        std::int64_t age_ns;
        const char* price;
        const char* refusal;
    };
    const Case cases[] = {
        {8 * kHour, "99.5", ""},
        {8 * kHour, "99.499999999", "death_spiral"},
        {8 * kHour + 1, "99.499999999", ""},
        {3 * kDay, "95", ""},
        {3 * kDay, "94.999999999", "death_spiral"},
        {3 * kDay + 1, "91", ""},
    };
    for (const Case& each : cases) {
        INFO(each.price);
        Desk desk;
        const Order entry = make_limit("e", Side::buy, "1", "100");
        CHECK(desk.assess(entry) == "");
        desk.gateway.on_event(make_fill(entry, "x", "1", "100", "0", desk.now.ns));
        desk.now = desk.now + each.age_ns;
        desk.account = account_of("100000", "1");
        const Order exit = make_limit("b", Side::sell, "1", each.price, Role::exit);
        CHECK(desk.assess(exit) == each.refusal);
        if (*each.refusal != 0) {
            desk.gateway.override_death_spiral(Symbol("AAA"));
            CHECK(desk.assess(exit) == "");
            desk.gateway.abandon("b");
            CHECK(desk.assess(exit) == "death_spiral");
            // The mirror: a short covered above its entry.
            Desk mirror;
            const Order sold = make_limit("e", Side::sell, "1", "100");
            CHECK(mirror.assess(sold) == "");
            mirror.gateway.on_event(make_fill(sold, "x", "1", "100", "0", mirror.now.ns));
            mirror.account = account_of("100000", "-1");
            CHECK(mirror.assess(make_limit("c", Side::buy, "1", "100.5", Role::exit)) == "");
            CHECK(mirror.assess(make_limit("d", Side::buy, "1", "100.6", Role::exit)) ==
                  "held_for_orders");
            mirror.gateway.abandon("c");
            CHECK(mirror.assess(make_limit("d", Side::buy, "1", "100.6", Role::exit)) ==
                  "death_spiral");
        }
    }
}

TEST_CASE("I-10 an opposite entry within 45 minutes must be better") {
    Desk desk;
    const Order entry = make_limit("e", Side::buy, "1", "100");
    CHECK(desk.assess(entry) == "");
    desk.gateway.on_event(make_fill(entry, "x", "1", "100", "0", desk.now.ns));
    CHECK(desk.assess(make_limit("a", Side::sell, "1", "100.099")) == "churn");
    CHECK(desk.assess(make_limit("b", Side::sell, "1", "100.1")) == "");
    desk.gateway.abandon("b");
    desk.now = desk.now + 45 * kMinute;
    CHECK(desk.assess(make_limit("c", Side::sell, "1", "100.05")) == "churn");
    desk.now = desk.now + 1;
    CHECK(desk.assess(make_limit("c", Side::sell, "1", "100.05")) == "");
}

TEST_CASE("without limits only permissions, instrument and exit rules are left") {
    Desk desk;
    desk.gateway = Gateway(RiskLimits::unlimited());
    desk.market = MarketView{};
    desk.account = AccountView{};
    CHECK(desk.assess(make_order("a", Side::buy, "1000000")) == "");
    CHECK(desk.assess(make_order("b", Side::sell, "1000000")) == "");
    CHECK(desk.assess(make_order("c", Side::sell, "1", Role::exit)) == "not_reducing");
    CHECK(desk.assess(make_order("d", Side::sell, "0")) == "invalid_order");
    desk.gateway = Gateway(RiskLimits::standard(Fraction::of("1")));
    CHECK(desk.assess(make_limit("e", Side::buy, "1", "1")) == "symbol_exposure");
}

TEST_CASE("headroom is limits less positions and reservations") {
    Desk desk;
    CHECK(desk.assess(make_limit("a", Side::buy, "100", "100")) == "");
    AccountSnapshot account;
    account.equity = Money::of("100000");
    account.gross_exposure = Money::of("20000");
    account.buying_power = Money::of("80000");
    account.positions[Symbol("AAA")] = {Symbol("AAA"), Quantity::of("-200"), {}, Price::of("100")};
    auto room = desk.gateway.headroom(account);
    CHECK(room.buying_power == Money::of("70000"));
    CHECK(room.gross_room == Money::of("70000"));
    CHECK(room.exposure_of(Symbol("AAA")) == Money::of("30000"));
    CHECK(room.entries_allowed);
    desk.gateway.kill();
    CHECK_FALSE(desk.gateway.headroom(account).entries_allowed);
}

TEST_CASE("orders found at a restart are reserved as they stand") {
    Gateway gateway(RiskLimits::standard(Fraction::of("1")));
    Order entry = make_limit("e", Side::buy, "10", "100");
    entry.status = OrderStatus::partially_filled;
    entry.filled_quantity = Quantity::of("4");
    gateway.adopt(entry, Price::of("100"));
    gateway.adopt(entry, Price::of("100"));
    CHECK(gateway.reserved() == Money::of("600"));
    // Two children of one entry that is gone: one hold.
    Order target = make_limit("p.target", Side::sell, "5", "110", Role::exit);
    target.parent_order_id = "p";
    target.status = OrderStatus::new_order;
    Order stop = make_order("p.stop", Side::sell, "5", Role::exit);
    stop.type = OrderType::stop;
    stop.stop_price = Price::of("90");
    stop.parent_order_id = "p";
    stop.status = OrderStatus::new_order;
    gateway.adopt(target, Price::of("100"));
    gateway.adopt(stop, Price::of("100"));
    Desk desk;
    desk.account = account_of("100000", "9");
    const auto verdict = [&](const char* id, const char* quantity) {
        return gateway
            .assess(make_limit(id, Side::sell, quantity, "105", Role::exit), desk.instrument,
                    desk.account, desk.market, desk.now)
            .refusal;
    };
    CHECK(verdict("x", "5") == Refusal::held_for_orders);
    CHECK(verdict("y", "4") == Refusal::none);
    gateway.on_event(make_event(OrderEventKind::canceled, target));
    gateway.on_event(make_event(OrderEventKind::canceled, stop));
    CHECK(verdict("z", "5") == Refusal::none);
}

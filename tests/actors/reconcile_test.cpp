#include "actors/wiring/reconcile.hpp"

#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

const Symbol kSymbol("AAA");

Order order_of(const std::string& id, Side side = Side::buy) {
    Order order;
    order.order_id = id;
    order.decision_id = id.substr(0, id.rfind('.'));
    order.strategy = "s";
    order.symbol = kSymbol;
    order.side = side;
    order.quantity = Quantity::whole(10);
    return order;
}

Fill fill_of(const std::string& order_id, int ordinal, Side side = Side::buy) {
    Fill fill;
    fill.fill_id = order_id + "#" + std::to_string(ordinal);
    fill.order_id = order_id;
    fill.symbol = kSymbol;
    fill.time = {ordinal * kSecond};
    fill.side = side;
    fill.quantity = Quantity::whole(10);
    fill.price = Price::of("5");
    fill.fee = Money::of("0.1");
    fill.strategy = "s";
    return fill;
}

// A ledger with cash 1000 and what the test appends.
struct Books {
    ledger::LedgerState state;
    std::uint64_t sequence = 0;

    Books() {
        ledger::Adjustment deposit;
        deposit.cash = Money::whole(1000);
        add(deposit);
    }
    template <class Body>
    void add(const Body& body) {
        state.apply(++sequence, Timestamp{static_cast<std::int64_t>(sequence)}, body);
    }
    // As the daemon does with what reconcile() found.
    void take(const Reconciliation& found) {
        for (const auto& event : found.events) {
            if (event.fill) {
                auto fill = *event.fill;
                fill.strategy = "s";
                add(fill);
            } else {
                add(event);
            }
        }
    }
};

BrokerTruth truth(Money cash) {
    BrokerTruth broker;
    broker.time = {kMinute};
    broker.cash = cash;
    return broker;
}

Position held(Quantity quantity) {
    Position position;
    position.symbol = kSymbol;
    position.quantity = quantity;
    return position;
}

}  // namespace

TEST_CASE("an execution that nobody heard of is booked once, and then the books agree") {
    Books books;
    books.add(order_of("s.AAA.1.open"));
    auto broker = truth(Money::of("949.9"));
    auto theirs = order_of("s.AAA.1.open");
    theirs.status = OrderStatus::filled;
    theirs.filled_quantity = theirs.quantity;
    broker.orders = {theirs};
    broker.fills = {fill_of("s.AAA.1.open", 1)};
    broker.positions = {held(Quantity::whole(10))};

    const auto first = reconcile(books.state, broker);
    CHECK(first.contradictions.empty());
    REQUIRE(first.events.size() == 1);
    CHECK(first.events[0].fill->fill_id == "s.AAA.1.open#1");
    books.take(first);
    CHECK(books.state.cash() == Money::of("949.9"));
    CHECK(books.state.find_order("s.AAA.1.open")->order.status == OrderStatus::filled);

    const auto second = reconcile(books.state, broker);
    CHECK(second.events.empty());
    CHECK(second.contradictions.empty());
}

TEST_CASE("an order that was durable but never sent ends, and is not sent later") {
    Books books;
    books.add(order_of("s.AAA.1.open"));
    const auto found = reconcile(books.state, truth(Money::whole(1000)));
    REQUIRE(found.events.size() == 1);
    CHECK(found.events[0].kind == OrderEventKind::canceled);
    CHECK(found.events[0].reason == "never_sent");
    books.take(found);
    CHECK(reconcile(books.state, truth(Money::whole(1000))).events.empty());
}

TEST_CASE("an exit that was durable but never sent is sent later, as far as there is a position") {
    Books books;
    books.add(order_of("s.AAA.1.open"));
    books.add(fill_of("s.AAA.1.open", 1));
    auto exit = order_of("s.AAA.2.close", Side::sell);
    exit.role = Role::exit;
    books.add(exit);
    auto broker = truth(books.state.cash());
    auto entry = order_of("s.AAA.1.open");
    entry.status = OrderStatus::filled;
    broker.orders = {entry};
    broker.fills = {fill_of("s.AAA.1.open", 1)};
    broker.positions = {held(Quantity::whole(10))};

    const auto found = reconcile(books.state, broker);
    CHECK(found.contradictions.empty());
    CHECK(found.events.empty());
    REQUIRE(found.unsent_exits.size() == 1);
    CHECK(found.unsent_exits[0].order_id == "s.AAA.2.close");

    SECTION("a second one of the same position is not") {
        auto second = exit;
        second.order_id = "s.AAA.3.close";
        books.add(second);
        const auto both = reconcile(books.state, broker);
        CHECK(both.unsent_exits.size() == 1);
        REQUIRE(both.events.size() == 1);
        CHECK(both.events[0].order_id == "s.AAA.3.close");
        CHECK(both.events[0].reason == "never_sent");
    }
    SECTION("nor where another exit works already") {
        auto other = exit;
        other.order_id = "s.AAA.1b.close";
        Books with_other;
        with_other.add(order_of("s.AAA.1.open"));
        with_other.add(fill_of("s.AAA.1.open", 1));
        with_other.add(other);
        with_other.add(exit);
        other.status = OrderStatus::new_order;
        broker.orders.push_back(other);
        const auto left = reconcile(with_other.state, broker);
        CHECK(left.unsent_exits.empty());
        CHECK(left.events.back().reason == "never_sent");
    }
    SECTION("nor once the broker has it") {
        auto theirs = exit;
        theirs.status = OrderStatus::new_order;
        broker.orders.push_back(theirs);
        const auto left = reconcile(books.state, broker);
        CHECK(left.unsent_exits.empty());
        REQUIRE(left.events.size() == 1);
        CHECK(left.events[0].kind == OrderEventKind::accepted);
    }
}

TEST_CASE("an order that works at the broker against the books is a contradiction") {
    Books books;
    books.add(order_of("s.AAA.1.open"));
    OrderEvent canceled;
    canceled.kind = OrderEventKind::canceled;
    canceled.order_id = "s.AAA.1.open";
    canceled.symbol = kSymbol;
    books.add(canceled);
    auto broker = truth(Money::whole(1000));
    auto working = order_of("s.AAA.1.open");
    working.status = OrderStatus::new_order;
    auto foreign = order_of("somebody.else");
    foreign.status = OrderStatus::new_order;
    broker.orders = {working, foreign};
    CHECK(reconcile(books.state, broker).contradictions ==
          std::vector<std::string>{
              "order s.AAA.1.open works at the broker but is closed in the books",
              "order somebody.else is at the broker but not in the books"});
}

TEST_CASE("orders that ended or began to work at the broker are caught up with") {
    Books books;
    for (const char* id : {"s.AAA.1.a", "s.AAA.1.b", "s.AAA.1.c"}) books.add(order_of(id));
    auto broker = truth(Money::whole(1000));
    const auto add = [&](const char* id, OrderStatus status) {
        auto order = order_of(id);
        order.status = status;
        order.closed_time = is_closed(status) ? Timestamp{kSecond} : Timestamp{};
        broker.orders.push_back(order);
    };
    add("s.AAA.1.a", OrderStatus::expired);
    add("s.AAA.1.b", OrderStatus::rejected);
    add("s.AAA.1.c", OrderStatus::new_order);
    const auto found = reconcile(books.state, broker);
    REQUIRE(found.events.size() == 3);
    CHECK(found.events[0].kind == OrderEventKind::expired);
    CHECK(found.events[0].time == Timestamp{kSecond});
    CHECK(found.events[1].kind == OrderEventKind::rejected);
    CHECK(found.events[2].kind == OrderEventKind::accepted);
    books.take(found);
    CHECK(reconcile(books.state, broker).events.empty());
}

TEST_CASE("what nothing explains is a contradiction, never a fill") {
    Books books;
    auto broker = truth(Money::whole(900));
    broker.positions = {held(Quantity::whole(20))};
    broker.fills = {fill_of("somebody.else", 1)};
    const auto found = reconcile(books.state, broker);
    CHECK(found.events.empty());
    CHECK(found.contradictions.size() == 3);  // the execution, the cash, the position

    Books with_position;
    with_position.add(order_of("s.AAA.1.open"));
    with_position.add(fill_of("s.AAA.1.open", 1));
    auto empty = truth(with_position.state.cash());
    empty.fills = {fill_of("s.AAA.1.open", 1)};
    CHECK(reconcile(with_position.state, empty).contradictions ==
          std::vector<std::string>{"position of AAA is in the books but not at the broker"});
}

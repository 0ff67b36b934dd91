#include "orders/order_state_machine.hpp"

#include <algorithm>
#include <fstream>

#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"
#include "tests/test_data.hpp"

using namespace tradewind;
using namespace tradewind::test;
using orders::Transition;
using orders::TransitionOutcome;

namespace {

std::string state_text(const Order& order) {
    return std::string(to_text(order.status)) + " " + order.filled_quantity.to_string();
}

std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> result;
    std::size_t from = 0;
    while (true) {
        const std::size_t bar = line.find(" | ", from);
        result.push_back(line.substr(from, bar - from));
        if (bar == std::string::npos) return result;
        from = bar + 3;
    }
}

std::string outcome_text(TransitionOutcome outcome) {
    return outcome == TransitionOutcome::applied     ? "applied"
           : outcome == TransitionOutcome::unchanged ? "unchanged"
                                                     : "refused";
}

OrderEvent event_of(const Order& order, const std::string& text) {
    if (text.starts_with("fill ")) {
        return make_fill(order, "e", text.substr(5).c_str(), "2.5", "0", 77);
    }
    for (auto kind : {OrderEventKind::accepted, OrderEventKind::activated, OrderEventKind::canceled,
                      OrderEventKind::expired, OrderEventKind::rejected, OrderEventKind::refused,
                      OrderEventKind::replaced}) {
        if (to_text(kind) == text) return make_event(kind, order, 77, "why");
    }
    FAIL("unknown event " << text);
    return {};
}

}  // namespace

TEST_CASE("order states follow the table") {
    std::ifstream table(tradewind::test::test_data("orders/order_states.txt"));
    std::string line;
    int rows = 0;
    while (std::getline(table, line)) {
        if (line.empty() || line[0] == '#') continue;
        ++rows;
        INFO(line);
        const auto row = cells(line);
        REQUIRE(row.size() == 4);
        Order order = make_order("o", Side::buy, "10");
        const std::size_t space = row[0].find(' ');
        order.status = order_status_of(row[0].substr(0, space)).value();
        order.filled_quantity = Quantity::of(row[0].substr(space + 1));
        const Order before = order;
        const Transition transition = orders::apply(order, event_of(order, row[1]));
        CHECK(outcome_text(transition.outcome) == row[2]);
        CHECK(state_text(order) == row[3]);
        CHECK(transition.from == before.status);
        CHECK(transition.to == order.status);
        CHECK(transition.refused() == !transition.reason.empty());
        if (transition.applied() && is_closed(order.status) && !is_closed(before.status)) {
            CHECK(order.closed_time == Timestamp{77});
            if (!row[1].starts_with("fill")) CHECK(order.reason == "why");
        }
        if (!transition.applied()) CHECK(order.filled_notional == before.filled_notional);
    }
    CHECK(rows > 50);
}

TEST_CASE("cancels are requested, confirmed or refused") {
    Order order = make_order("o", Side::buy, "10");
    orders::apply(order, make_event(OrderEventKind::accepted, order));
    orders::apply(order, make_fill(order, "e1", "4", "2"));
    CHECK(orders::request_cancel(order).to == OrderStatus::pending_cancel);
    CHECK(orders::request_cancel(order).outcome == TransitionOutcome::unchanged);
    CHECK(orders::cancel_refused(order).to == OrderStatus::partially_filled);
    CHECK(orders::cancel_refused(order).outcome == TransitionOutcome::unchanged);
    orders::request_cancel(order);
    orders::apply(order, make_event(OrderEventKind::canceled, order));
    CHECK(orders::request_cancel(order).refused());
    CHECK(order.filled_notional == Money::of("8"));
}

TEST_CASE("an event of another order or without its fill is a fault of ours") {
    Order order = make_order("o", Side::buy, "10");
    Order other = make_order("p", Side::buy, "10");
    CHECK_THROWS(orders::apply(order, make_event(OrderEventKind::accepted, other)));
    CHECK_THROWS(orders::apply(order, make_event(OrderEventKind::filled, order)));
    OrderEvent wrong_side = make_fill(order, "e", "1", "1");
    wrong_side.fill->side = Side::sell;
    CHECK(orders::apply(order, wrong_side).refused());
}

TEST_CASE("laws of the order state machine") {
    law("filled never falls, never exceeds the quantity, closed states stay closed", [] {
        Order order = make_order("o", Side::sell, "10");
        if (*rc::gen::arbitrary<bool>()) order.status = OrderStatus::held;
        const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 9));
        Money notional;
        for (const int step : steps) {
            const Order before = order;
            Transition transition;
            if (step == 7) {
                transition = orders::request_cancel(order);
            } else if (step == 8) {
                transition = orders::cancel_refused(order);
            } else if (step == 2) {
                const auto quantity = Quantity::whole(*rc::gen::inRange(0, 12));
                const auto price = Price::from_units(*rc::gen::inRange(1, 1000000));
                transition = orders::apply(order, make_fill(order, "e", quantity, price));
                if (transition.applied()) notional += price * quantity;
            } else {
                transition =
                    orders::apply(order, make_event(static_cast<OrderEventKind>(step), order));
            }
            RC_ASSERT(order.filled_quantity >= before.filled_quantity);
            RC_ASSERT(order.filled_quantity <= order.quantity);
            RC_ASSERT(order.filled_notional == notional);
            RC_ASSERT((order.status == OrderStatus::filled) ==
                      (order.filled_quantity == order.quantity));
            if (is_closed(before.status)) RC_ASSERT(is_closed(order.status));
            if (!transition.applied()) RC_ASSERT(order.status == before.status);
        }
    });
}

TEST_CASE("any order of the same events ends with the same fills") {
    // Accepted, three executions and a cancel in all 120 orders: money is never lost.
    std::vector<int> sequence{0, 1, 2, 3, 4};
    do {
        Order order = make_order("o", Side::buy, "10");
        for (const int step : sequence) {
            if (step == 0) orders::apply(order, make_event(OrderEventKind::accepted, order));
            if (step == 4) orders::apply(order, make_event(OrderEventKind::canceled, order));
            if (step >= 1 && step <= 3) orders::apply(order, make_fill(order, "e", "2", "3"));
        }
        CHECK(order.filled_quantity == Quantity::of("6"));
        CHECK(order.filled_notional == Money::of("18"));
        CHECK(order.status == OrderStatus::canceled);
    } while (std::next_permutation(sequence.begin(), sequence.end()));
}

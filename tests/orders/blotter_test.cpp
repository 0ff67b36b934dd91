#include "orders/blotter.hpp"

#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;
using orders::Blotter;

namespace {

std::string all(const Blotter& blotter) {
    std::string text;
    blotter.for_each([&](const Order& order) {
        text += order.order_id + " " + std::string(to_text(order.status)) + " " +
                order.filled_quantity.to_string() + "/" + order.quantity.to_string() + "; ";
    });
    return text;
}

Order bracket() {
    Order order = make_limit("e", Side::buy, "10", "100");
    order.exit_plan.target = Price::of("105");
    order.exit_plan.stop = Price::of("95");
    order.exit_plan.leave_at_close = true;
    return order;
}

OrderEvent child_fill(const Blotter& blotter, const char* id, const char* fill_id,
                      const char* quantity) {
    return make_fill(*blotter.find(id), fill_id, quantity, "100");
}

}  // namespace

TEST_CASE("an id enters the blotter once, and an execution counts once") {
    Blotter blotter;
    const Order order = make_order("a", Side::buy, "10");
    CHECK(blotter.add(order));
    CHECK_FALSE(blotter.add(order));
    blotter.apply(make_event(OrderEventKind::accepted, order));
    CHECK(blotter.apply(make_fill(order, "x1", "4", "2")).transition.applied());
    const auto again = blotter.apply(make_fill(order, "x1", "4", "2"));
    CHECK(again.duplicate);
    CHECK_FALSE(again.transition.applied());
    CHECK(blotter.find("a")->filled_quantity == Quantity::of("4"));
    CHECK(blotter.apply(make_event(OrderEventKind::canceled, order)).transition.applied());
    // The late execution of a canceled order is kept, its repetition is not.
    CHECK(blotter.apply(make_fill(order, "x2", "1", "2")).transition.applied());
    CHECK(blotter.apply(make_fill(order, "x2", "1", "2")).duplicate);
    CHECK(blotter.find("a")->filled_quantity == Quantity::of("5"));
    CHECK(blotter.open_count() == 0);
    CHECK(blotter.apply(make_event(OrderEventKind::accepted, make_order("b", Side::buy, "1")))
              .order == nullptr);
}

TEST_CASE("a bracket's children take the size of what is left to exit") {
    Blotter blotter;
    const Order parent = bracket();
    blotter.add(parent);
    CHECK(all(blotter) ==
          "e pending_new 0/10; e.stop held 0/10; e.target held 0/10; "
          "e.close held 0/10; ");
    CHECK(blotter.open_orders(parent.symbol).size() == 4);
    CHECK(blotter.find("e.target")->side == Side::sell);
    CHECK(blotter.find("e.target")->role == Role::exit);
    CHECK(blotter.find("e.close")->time_in_force == TimeInForce::cls);

    blotter.apply(make_event(OrderEventKind::accepted, parent));
    blotter.apply(make_fill(parent, "x1", "6", "100"));
    for (const char* id : {"e.stop", "e.target", "e.close"}) {
        blotter.apply(make_event(OrderEventKind::activated, *blotter.find(id)));
    }
    blotter.apply(child_fill(blotter, "e.target", "t1", "2"));
    CHECK(all(blotter) ==
          "e partially_filled 6/10; e.stop new 0/8; e.target partially_filled "
          "2/10; e.close new 0/8; ");
    blotter.apply(make_event(OrderEventKind::canceled, parent));
    CHECK(all(blotter) ==
          "e canceled 6/10; e.stop new 0/4; e.target partially_filled 2/6; e.close new 0/4; ");
    blotter.apply(child_fill(blotter, "e.stop", "s1", "4"));
    CHECK(all(blotter) ==
          "e canceled 6/10; e.stop filled 4/4; e.target partially_filled 2/6; e.close new 0/4; ");
    blotter.apply(make_event(OrderEventKind::canceled, *blotter.find("e.target")));
    blotter.apply(make_event(OrderEventKind::canceled, *blotter.find("e.close")));
    CHECK(blotter.open_count() == 0);
}

TEST_CASE("children of an entry that never filled go with it") {
    for (auto kind : {OrderEventKind::rejected, OrderEventKind::refused, OrderEventKind::expired,
                      OrderEventKind::canceled}) {
        Blotter blotter;
        const Order parent = bracket();
        blotter.add(parent);
        blotter.apply(make_event(kind, parent, 5, "why"));
        CHECK(blotter.open_count() == 0);
        CHECK(blotter.open_orders().empty());
        const bool expired = kind == OrderEventKind::expired;
        CHECK(blotter.find("e.stop")->status ==
              (expired ? OrderStatus::expired : OrderStatus::canceled));
        CHECK(blotter.find("e.stop")->reason == "why");
        const auto again = expired ? OrderEventKind::expired : OrderEventKind::canceled;
        CHECK(blotter.apply(make_event(again, *blotter.find("e.stop"))).transition.outcome ==
              orders::TransitionOutcome::unchanged);
    }
}

TEST_CASE("closed orders are handed over in order and forgotten") {
    Blotter blotter;
    blotter.add(bracket());
    const Order plain = make_order("p", Side::buy, "1");
    blotter.add(plain);
    blotter.apply(make_fill(plain, "x", "1", "1"));
    std::string seen;
    const auto note = [&](const Order& order) { seen += order.order_id + " "; };
    blotter.forget_closed(note);
    CHECK(seen.empty());
    blotter.apply(make_event(OrderEventKind::canceled, *blotter.find("e")));
    blotter.forget_closed(note);
    CHECK(seen == "e e.stop e.target e.close p ");
    CHECK(blotter.size() == 0);
    CHECK(blotter.find("p") == nullptr);
}

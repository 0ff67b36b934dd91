// The exits that travel with an entry, at a broker that is sent one order at a time.
#include "broker/alpaca/exit_legs.hpp"

#include <algorithm>

#include "orders/blotter.hpp"
#include "orders/bracket.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::broker::alpaca;

namespace {

// 2026-10-01, a Thursday: 14:00 UTC is 10:00 New York; the close is at 20:00 UTC.
Timestamp at(int hour, int minute, int second = 0) {
    return *parse_time("2026-10-01T00:00:00Z") + hour * kHour + minute * kMinute + second * kSecond;
}

Order entry(const std::string& target, const std::string& stop, bool close) {
    Order order;
    order.order_id = "e";
    order.symbol = Symbol("AAPL");
    order.type = OrderType::limit;
    order.quantity = Quantity::whole(10);
    order.limit_price = Price::whole(100);
    order.exit_plan.target = Price::of(target);
    order.exit_plan.stop = Price::of(stop);
    order.exit_plan.leave_at_close = close;
    return order;
}

OrderEvent event(const std::string& id, OrderEventKind kind, Timestamp time) {
    OrderEvent event;
    event.order_id = id;
    event.symbol = Symbol("AAPL");
    event.kind = kind;
    event.time = time;
    return event;
}

OrderEvent fill(const std::string& id, int quantity, Timestamp time) {
    auto filled = event(id, OrderEventKind::filled, time);
    Fill execution;
    execution.fill_id = id + "/" + std::to_string(time.ns) + "/" + std::to_string(quantity);
    execution.order_id = id;
    execution.symbol = Symbol("AAPL");
    execution.time = time;
    execution.side = id == "e" ? Side::buy : Side::sell;
    execution.quantity = Quantity::whole(quantity);
    execution.price = Price::whole(100);
    filled.fill = execution;
    return filled;
}

// The books beside it, as the daemon keeps them.
struct Bench {
    ExitLegs legs;
    orders::Blotter books;

    explicit Bench(const Order& order, AssetClass asset_class = AssetClass::us_equity) {
        legs.add(order, asset_class);
        REQUIRE(books.add(order));
    }
    // What the books are told, in short.
    std::string tell(std::vector<OrderEvent> events, Timestamp now) {
        legs.follow(events, now);
        legs.pass(now, events);
        return booked(events);
    }
    std::string booked(const std::vector<OrderEvent>& events) {
        std::string text;
        for (const auto& each : events) {
            (void)books.apply(each);
            if (!text.empty()) text += ' ';
            text += each.order_id + ":" + std::string(to_text(each.kind));
        }
        return text;
    }
    std::string pass(Timestamp now) { return tell({}, now); }
    std::string asked() {
        const auto requests = legs.take_requests();
        std::string text;
        for (const auto& each : requests.send) {
            const auto& order = each.order;
            text += "send " + order.order_id + " " + order.quantity.to_string() + " " +
                    std::string(to_text(order.type)) + " " +
                    std::string(to_text(order.time_in_force)) +
                    (each.stop ? " with " + each.stop->order_id : "") +
                    (each.may_be_there ? "?" : "") + (each.again ? "!" : "") + ";";
        }
        for (const auto& id : requests.cancel) text += "cancel " + id + ";";
        return text;
    }
    OrderStatus status(const std::string& id) { return books.find(id)->status; }
};

}  // namespace

TEST_CASE("I-8 a target is active with the first fill and sent when the entry has ended") {
    Bench bench(entry("110", "0", false));
    CHECK(bench.tell({event("e", OrderEventKind::accepted, at(14, 0))}, at(14, 0)) == "e:accepted");
    CHECK(bench.tell({fill("e", 4, at(14, 1))}, at(14, 1)) == "e:filled e.target:activated");
    CHECK(bench.asked().empty());
    SECTION("filled") {
        CHECK(bench.tell({fill("e", 6, at(14, 2))}, at(14, 2)) == "e:filled");
        CHECK(bench.asked() == "send e.target 10 limit gtc;");
        // Its acceptance is no news.
        CHECK(bench.tell({event("e.target", OrderEventKind::accepted, at(14, 2))}, at(14, 2))
                  .empty());
        CHECK(bench.tell({fill("e.target", 10, at(15, 0))}, at(15, 0)) == "e.target:filled");
        CHECK(bench.status("e.target") == OrderStatus::filled);
        CHECK_FALSE(bench.legs.knows("e"));
    }
    SECTION("cancelled with a part") {
        CHECK(bench.tell({event("e", OrderEventKind::canceled, at(14, 2))}, at(14, 2)) ==
              "e:canceled");
        CHECK(bench.asked() == "send e.target 4 limit gtc;");
        CHECK(bench.tell({fill("e.target", 4, at(15, 0))}, at(15, 0)) == "e.target:filled");
        CHECK(bench.status("e.target") == OrderStatus::filled);
    }
    SECTION("the leg is cancelled before it was sent") {
        std::vector<OrderEvent> ended;
        CHECK(bench.legs.cancel("e.target", at(14, 2), ended));
        CHECK(bench.booked(ended) == "e.target:canceled");
        CHECK(bench.tell({event("e", OrderEventKind::canceled, at(14, 3))}, at(14, 3)) ==
              "e:canceled");
        CHECK(bench.asked().empty());
    }
}

TEST_CASE("I-8 an entry that ends without a fill ends its legs") {
    Bench bench(entry("110", "0", true));
    SECTION("cancelled") {
        CHECK(bench.tell({event("e", OrderEventKind::canceled, at(14, 2))}, at(14, 2)) ==
              "e:canceled e.target:canceled e.close:canceled");
    }
    SECTION("rejected: the books end them") {
        CHECK(bench.tell({event("e", OrderEventKind::rejected, at(14, 2))}, at(14, 2)) ==
              "e:rejected");
    }
    CHECK(is_closed(bench.status("e.target")));
    CHECK(bench.asked().empty());
    CHECK_FALSE(bench.legs.knows("e"));
}

TEST_CASE("I-8 before the close the order for the close takes the target's place") {
    Bench bench(entry("110", "0", true));
    (void)bench.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    CHECK(bench.asked() == "send e.target 10 limit gtc;");
    CHECK(bench.tell({fill("e.target", 3, at(15, 0))}, at(15, 0)) == "e.target:filled");
    CHECK(bench.pass(at(19, 47, 59)).empty());
    CHECK(bench.asked().empty());
    (void)bench.pass(at(19, 48));
    CHECK(bench.asked() == "cancel e.target;");
    (void)bench.pass(at(19, 48, 1));
    CHECK(bench.asked().empty());
    SECTION("in time") {
        CHECK(bench.tell({event("e.target", OrderEventKind::canceled, at(19, 48, 2))},
                         at(19, 48, 2)) == "e.target:canceled");
        CHECK(bench.asked() == "send e.close 7 market cls;");
    }
    SECTION("too late for the auction") {
        CHECK(bench.tell({event("e.target", OrderEventKind::canceled, at(19, 50))}, at(19, 50)) ==
              "e.target:canceled");
        CHECK(bench.asked() == "send e.close 7 market day;");
    }
    SECTION("it filled meanwhile") {
        CHECK(bench.tell({fill("e.target", 7, at(19, 48, 2))}, at(19, 48, 2)) ==
              "e.target:filled e.close:canceled");
        CHECK(bench.asked().empty());
        CHECK_FALSE(bench.legs.knows("e"));
        return;
    }
    CHECK(bench.tell({fill("e.close", 7, at(20, 0))}, at(20, 0)) == "e.close:filled");
    CHECK(bench.status("e.close") == OrderStatus::filled);
}

TEST_CASE("an order for the close that is refused leaves as a market order, once") {
    Bench bench(entry("110", "0", true));
    (void)bench.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    (void)bench.pass(at(19, 48));
    (void)bench.tell({event("e.target", OrderEventKind::canceled, at(19, 48, 1))}, at(19, 48, 1));
    CHECK(bench.asked() ==
          "send e.target 10 limit gtc;send e.close 10 market cls;cancel e.target;");
    // It waited until the state was known, and came too late for the auction.
    const auto refused = event("e.close", OrderEventKind::rejected, at(19, 52));
    CHECK(bench.tell({refused}, at(19, 52)).empty());
    CHECK(bench.asked() == "send e.close 10 market day!;");
    SECTION("it fills") {
        CHECK(bench.tell({fill("e.close", 10, at(19, 52))}, at(19, 52)) == "e.close:filled");
        CHECK(bench.status("e.close") == OrderStatus::filled);
    }
    SECTION("refused again") {
        CHECK(bench.tell({refused}, at(19, 53)) == "e.close:rejected");
        CHECK(bench.asked().empty());
        CHECK_FALSE(bench.legs.knows("e"));
    }
}

TEST_CASE("an order for the close that is refused after the close leaves in the next session") {
    Bench bench(entry("0", "0", true));
    (void)bench.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    CHECK(bench.asked() == "send e.close 10 market cls;");
    CHECK(bench.tell({event("e.close", OrderEventKind::rejected, at(20, 5))}, at(20, 5)).empty());
    CHECK(bench.asked().empty());
    (void)bench.pass(at(13, 31) + kDay);
    CHECK(bench.asked() == "send e.close 10 market day!;");
}

TEST_CASE("a coin leaves by a market order just before its own day ends") {
    auto order = entry("110", "0", true);
    CHECK(ExitLegs::refusal(order, AssetClass::crypto).empty());
    const bool alone = GENERATE(false, true);
    if (alone) order.exit_plan.target = {};
    Bench bench(order, AssetClass::crypto);
    (void)bench.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    CHECK(bench.asked() == (alone ? "" : "send e.target 10 limit gtc;"));
    // New York's close is no matter of a coin.
    (void)bench.pass(at(19, 48));
    (void)bench.pass(at(20, 1));
    (void)bench.pass(at(23, 58, 59));
    CHECK(bench.asked().empty());
    (void)bench.pass(at(23, 59));
    if (!alone) {
        CHECK(bench.asked() == "cancel e.target;");
        (void)bench.tell({event("e.target", OrderEventKind::canceled, at(23, 59, 1))},
                         at(23, 59, 1));
    }
    CHECK(bench.asked() == "send e.close 10 market gtc;");
}

TEST_CASE("an entry that would be left at the close does not work until then") {
    Bench bench(entry("110", "0", true));
    CHECK(bench.tell({fill("e", 2, at(14, 1))}, at(14, 1)) ==
          "e:filled e.target:activated e.close:activated");
    (void)bench.pass(at(19, 48));
    CHECK(bench.asked() == "cancel e;");
    CHECK(bench.tell({event("e", OrderEventKind::canceled, at(19, 48, 2))}, at(19, 48, 2)) ==
          "e:canceled");
    CHECK(bench.asked() == "send e.close 2 market cls;");
    CHECK(bench.tell({fill("e.close", 2, at(20, 0))}, at(20, 0)) ==
          "e.close:filled e.target:canceled");
}

TEST_CASE("alone the order for the close rests all day; a stop rests like a target") {
    Bench closing(entry("0", "0", true));
    (void)closing.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    CHECK(closing.asked() == "send e.close 10 market cls;");
    Bench stop(entry("0", "90", false));
    (void)stop.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    CHECK(stop.asked() == "send e.stop 10 stop gtc;");
}

TEST_CASE("I-8 a target and a stop go as one order, and one ends the other") {
    Bench bench(entry("110", "90", true));
    CHECK(ExitLegs::refusal(entry("110", "90", true), AssetClass::us_equity).empty());
    CHECK_FALSE(ExitLegs::refusal(entry("110", "90", true), AssetClass::crypto).empty());
    CHECK(ExitLegs::refusal(entry("110", "0", true), AssetClass::crypto).empty());
    (void)bench.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    CHECK(bench.asked() == "send e.target 10 limit gtc with e.stop;");
    SECTION("the target fills") {
        CHECK(bench.tell({fill("e.target", 10, at(15, 0))}, at(15, 0)) ==
              "e.target:filled e.close:canceled");
        CHECK(bench.asked() == "cancel e.stop;");
        CHECK(bench.tell({event("e.stop", OrderEventKind::canceled, at(15, 0))}, at(15, 0)) ==
              "e.stop:canceled");
    }
    SECTION("the stop is reached, and its rest is not canceled") {
        CHECK(bench.tell({fill("e.target", 4, at(15, 0)),
                          event("e.target", OrderEventKind::canceled, at(15, 1))},
                         at(15, 1)) == "e.target:filled e.target:canceled");
        CHECK(bench.asked().empty());
        CHECK(bench.tell({fill("e.stop", 6, at(15, 1))}, at(15, 1)) ==
              "e.stop:filled e.close:canceled");
    }
    SECTION("both fill: the books say what happened") {
        (void)bench.tell({fill("e.target", 10, at(15, 0))}, at(15, 0));
        CHECK(bench.tell({fill("e.stop", 10, at(15, 0, 1))}, at(15, 0)) == "e.stop:filled");
        CHECK(bench.status("e.stop") == OrderStatus::filled);
    }
    SECTION("canceled by hand, one after the other") {
        CHECK(bench.tell({event("e.stop", OrderEventKind::canceled, at(15, 0))}, at(15, 0)) ==
              "e.stop:canceled");
        CHECK(bench.tell({event("e.target", OrderEventKind::canceled, at(15, 0))}, at(15, 0)) ==
              "e.target:canceled e.close:canceled");
    }
    SECTION("before the close both make room") {
        (void)bench.pass(at(19, 48));
        CHECK(bench.asked() == "cancel e.stop;cancel e.target;");
        (void)bench.tell({event("e.target", OrderEventKind::canceled, at(19, 48, 1))},
                         at(19, 48, 1));
        CHECK(bench.asked().empty());
        (void)bench.tell({event("e.stop", OrderEventKind::canceled, at(19, 48, 2))}, at(19, 48, 2));
        CHECK(bench.asked() == "send e.close 10 market cls;");
    }
    SECTION("the price has passed the stop") {
        auto refused = event("e.target", OrderEventKind::rejected, at(14, 1));
        refused.reason = "stop_loss.stop_price must be <= base_price - 0.01 (42210000)";
        auto stop = refused;
        stop.order_id = "e.stop";
        CHECK(bench.tell({refused, stop}, at(14, 1)) == "e.target:canceled");
        CHECK(bench.asked() == "send e.stop 10 market day!;");
        CHECK(bench.tell({fill("e.stop", 10, at(14, 2))}, at(14, 2)) ==
              "e.stop:filled e.close:canceled");
    }
    SECTION("refused for another reason: the books know it at once") {
        auto refused = event("e.target", OrderEventKind::rejected, at(14, 1));
        refused.reason = "insufficient qty available for order";
        auto stop = refused;
        stop.order_id = "e.stop";
        CHECK(bench.tell({refused, stop}, at(14, 1)) == "e.target:rejected e.stop:rejected");
        CHECK(bench.status("e.close") != OrderStatus::canceled);
    }
}

TEST_CASE("I-8 the stop outlives the day of its target") {
    auto order = entry("110", "90", false);
    order.exit_plan.target_time_in_force = TimeInForce::day;
    Bench bench(order);
    (void)bench.tell({fill("e", 10, at(14, 1))}, at(14, 1));
    CHECK(bench.asked() == "send e.target 10 limit day with e.stop;");
    const auto target = event("e.target", OrderEventKind::expired, at(20, 0));
    const bool stop_first = GENERATE(true, false);
    SECTION("by hand: both are over") {
        auto ended = {event("e.target", OrderEventKind::canceled, at(15, 0)),
                      event("e.stop", OrderEventKind::canceled, at(15, 0))};
        std::vector<OrderEvent> events(ended);
        if (stop_first) std::reverse(events.begin(), events.end());
        (void)bench.tell({events[0]}, at(15, 0));
        (void)bench.tell({events[1]}, at(15, 0));
        CHECK(bench.status("e.target") == OrderStatus::canceled);
        CHECK(bench.status("e.stop") == OrderStatus::canceled);
        CHECK(bench.asked().empty());
        CHECK_FALSE(bench.legs.knows("e"));
        return;
    }
    // The broker's word for it may be either.
    const auto stop =
        event("e.stop", GENERATE(OrderEventKind::expired, OrderEventKind::canceled), at(20, 0));
    if (stop_first) {
        CHECK(bench.tell({stop}, at(20, 0)).empty());
        CHECK(bench.asked().empty());
        CHECK(bench.tell({target}, at(20, 0)) == "e.target:expired");
    } else {
        CHECK(bench.tell({target}, at(20, 0)) == "e.target:expired");
        CHECK(bench.asked().empty());
        CHECK(bench.tell({stop}, at(20, 0)).empty());
    }
    CHECK(bench.asked() == "send e.stop 10 stop gtc!;");
    CHECK(bench.status("e.stop") == OrderStatus::new_order);
    CHECK(bench.tell({fill("e.stop", 10, at(21, 0))}, at(21, 0)) == "e.stop:filled");
}

TEST_CASE("I-8 a restart sends the legs that may be missing, once they were looked up") {
    auto order = entry("110", "0", true);
    auto children = orders::bracket_children(order);
    order.status = OrderStatus::filled;
    order.filled_quantity = order.quantity;
    ExitLegs legs;
    legs.restore(order, children);
    std::vector<OrderEvent> events;
    legs.pass(at(14, 5), events);
    CHECK(events.size() == 2);
    CHECK(std::all_of(events.begin(), events.end(),
                      [](const auto& each) { return each.kind == OrderEventKind::activated; }));
    const auto requests = legs.take_requests();
    REQUIRE(requests.send.size() == 1);
    CHECK(requests.send[0].order.order_id == "e.target");
    CHECK(requests.send[0].order.status == OrderStatus::pending_new);
    CHECK(requests.send[0].may_be_there);
}

TEST_CASE("I-8 after a restart no leg exits again what an ended one has exited") {
    auto order = entry("110", "0", true);
    auto children = orders::bracket_children(order);
    REQUIRE(children.size() == 2);
    auto& target = children[0];
    REQUIRE(target.order_id == "e.target");
    order.status = OrderStatus::filled;
    order.filled_quantity = order.quantity;
    for (auto& child : children) child.status = OrderStatus::new_order;
    ExitLegs legs;
    const auto asked = [&](Timestamp now, std::vector<OrderEvent>& events) {
        legs.pass(now, events);
        std::string text;
        const auto requests = legs.take_requests();
        for (const auto& each : requests.send) {
            text += "send " + each.order.order_id + " " + each.order.quantity.to_string() + ";";
        }
        for (const auto& id : requests.cancel) text += "cancel " + id + ";";
        return text;
    };
    std::vector<OrderEvent> events;
    SECTION("all of it") {
        target.status = OrderStatus::filled;
        target.filled_quantity = order.quantity;
        legs.restore(order, children);
        CHECK(asked(at(19, 48), events).empty());
        REQUIRE(events.size() == 1);
        CHECK(events[0].order_id == "e.close");
        CHECK(events[0].kind == OrderEventKind::canceled);
        CHECK_FALSE(legs.knows("e"));
    }
    SECTION("a part of it") {
        target.status = OrderStatus::canceled;
        target.filled_quantity = Quantity::whole(4);
        legs.restore(order, children);
        CHECK(asked(at(19, 48), events) == "send e.close 6;");
        CHECK(events.empty());
    }
    SECTION("all of it, and the other works: it is canceled") {
        target.status = OrderStatus::filled;
        target.filled_quantity = order.quantity;
        legs.restore(order, children, {"e.close"});
        CHECK(asked(at(19, 48), events) == "send e.close 10;cancel e.close;");
        CHECK(events.empty());
    }
    SECTION("one that works makes room before the order for the close is sent") {
        legs.restore(order, children, {"e.target"});
        CHECK(asked(at(19, 49), events) == "send e.target 10;cancel e.target;");
        CHECK(asked(at(19, 49, 1), events).empty());
        events = {event("e.target", OrderEventKind::canceled, at(19, 49, 2))};
        legs.follow(events, at(19, 49, 2));
        CHECK(asked(at(19, 49, 2), events) == "send e.close 10;");
    }
}

TEST_CASE("I-8 whatever fills and ends, the books exit what the entry filled and no more") {
    test::law("random fills", [] {
        Bench bench(entry("110", "0", *rc::gen::arbitrary<bool>()));
        int bought = 0;
        int sold = 0;
        bool entry_open = true;
        std::map<std::string, Order> sent;
        Timestamp now = at(14, 0);
        for (int i = 0; i < 40; ++i) {
            now = now + *rc::gen::inRange(1, 25) * kMinute;
            std::vector<OrderEvent> events;
            const int kind = *rc::gen::inRange(0, 4);
            if (kind == 0 && entry_open) {
                const int size = *rc::gen::inRange(1, 11 - bought);
                events.push_back(fill("e", size, now));
                bought += size;
                entry_open = bought < 10;
            } else if (kind == 1 && entry_open) {
                events.push_back(event("e", OrderEventKind::canceled, now));
                entry_open = false;
            } else if (kind == 2 && !sent.empty()) {
                auto& leg = sent.begin()->second;
                const auto left = static_cast<int>(leg.open_quantity().to_double());
                const int size = *rc::gen::inRange(1, left + 1);
                events.push_back(fill(leg.order_id, size, now));
                sold += size;
                leg.filled_quantity += Quantity::whole(size);
                if (leg.open_quantity().is_zero()) sent.erase(sent.begin());
            }
            (void)bench.tell(events, now);
            const auto requests = bench.legs.take_requests();
            std::vector<OrderEvent> answers;
            for (const auto& id : requests.cancel) {
                if (id == "e" && !entry_open) continue;
                if (id == "e") entry_open = false;
                sent.erase(id);
                answers.push_back(event(id, OrderEventKind::canceled, now));
            }
            for (const auto& each : requests.send) {
                // Never two exits for the same quantity at once.
                RC_ASSERT(sent.empty());
                sent[each.order.order_id] = each.order;
            }
            (void)bench.tell(answers, now);
            for (const auto& each : bench.legs.take_requests().send) {
                RC_ASSERT(sent.empty());
                sent[each.order.order_id] = each.order;
            }
            int working = 0;
            for (const auto& [id, leg] : sent) {
                working += static_cast<int>(leg.open_quantity().to_double());
            }
            RC_ASSERT(sold + working <= bought);
            if (!entry_open && bought > 0 && now < at(20, 0)) RC_ASSERT(sold + working == bought);
        }
    });
}

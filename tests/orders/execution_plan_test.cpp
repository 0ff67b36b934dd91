#include "orders/execution_plan.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "tests/catch.hpp"
#include "tests/orders/order_builder.hpp"

using namespace tradewind;
using namespace tradewind::test;
using namespace tradewind::orders;

namespace {

Order entry_of() {
    Order entry = make_limit("e", Side::buy, "10", "99");
    entry.exit_plan.target = Price::of("105");
    entry.exit_plan.leave_at_close = true;
    return entry;
}

std::string text(const PlanActions& actions) {
    std::string text;
    for (const auto& id : actions.cancel) text += "cancel " + id + "; ";
    for (const Order& order : actions.submit) {
        text += "send " + order.order_id + " " + std::string(to_text(order.side)) + " " +
                order.quantity.to_string() + " " +
                (order.limit_price.is_zero() ? "market" : order.limit_price.to_string()) + "; ";
    }
    return text;
}

OrderEvent of(const ExecutionPlan& plan, OrderEventKind kind) {
    return make_event(kind, *plan.exit());
}

}  // namespace

TEST_CASE("entry, target, flat") {
    ExecutionPlan plan(entry_of());
    const Order entry = plan.start();
    CHECK(entry.exit_plan == ExitPlan{});
    CHECK(text(plan.on_event(make_event(OrderEventKind::accepted, entry))).empty());
    CHECK(text(plan.on_event(make_fill(entry, "x", "10", "99"))) == "send e.target sell 10 105; ");
    CHECK(plan.phase() == PlanPhase::holding);
    CHECK(text(plan.on_event(make_fill(entry, "x", "10", "99"))).empty());
    CHECK(text(plan.on_event(of(plan, OrderEventKind::accepted))).empty());
    CHECK(text(plan.on_event(make_fill(*plan.exit(), "t", "10", "105"))).empty());
    CHECK(plan.phase() == PlanPhase::done);
}

TEST_CASE("a growing position replaces its target only after the cancel is confirmed") {
    ExecutionPlan plan(entry_of());
    const Order entry = plan.start();
    CHECK(text(plan.on_event(make_fill(entry, "x1", "4", "99"))) == "send e.target sell 4 105; ");
    CHECK(text(plan.on_event(make_fill(entry, "x2", "6", "99"))) == "cancel e.target; ");
    CHECK(text(plan.retry({2})).empty());
    // The target fills while its cancel is under way: what is left gets the next target.
    CHECK(text(plan.on_event(make_fill(*plan.exit(), "t1", "3", "105"))).empty());
    CHECK(text(plan.on_event(of(plan, OrderEventKind::canceled))) ==
          "send e.target.2 sell 7 105; ");
    // A late execution of the replaced target.
    Order old = *plan.exit();
    old.order_id = "e.target";
    CHECK(text(plan.on_event(make_fill(old, "t2", "1", "105"))) == "cancel e.target.2; ");
    CHECK(plan.open_position() == Quantity::of("6"));
    CHECK(text(plan.on_event(of(plan, OrderEventKind::canceled))) ==
          "send e.target.3 sell 6 105; ");
}

TEST_CASE("leaving cancels entry and target first") {
    ExecutionPlan plan(entry_of());
    const Order entry = plan.start();
    CHECK_FALSE(plan.on_event(make_fill(entry, "x1", "4", "99")).empty());
    CHECK(text(plan.leave({{}, TimeInForce::day, "close"}, {5})) == "cancel e; cancel e.target; ");
    CHECK(text(plan.leave({{}, TimeInForce::day, "close"}, {5})).empty());
    CHECK(plan.phase() == PlanPhase::leaving);
    CHECK(text(plan.on_event(of(plan, OrderEventKind::canceled))).empty());
    // The entry's last execution comes before its cancel.
    CHECK(text(plan.on_event(make_fill(entry, "x2", "1", "99"))).empty());
    CHECK(text(plan.on_event(make_event(OrderEventKind::canceled, entry))) ==
          "send e.close sell 5 market; ");
    CHECK(plan.exit()->reason == "close");
    // Rejected: nothing until the owner's timer, then again under a new id.
    CHECK(text(plan.on_event(of(plan, OrderEventKind::rejected))).empty());
    CHECK(text(plan.retry({6})) == "send e.close.2 sell 5 market; ");
    // Another price: the working exit goes first.
    CHECK(text(plan.leave({Price::of("98"), TimeInForce::ioc, "close"}, {7})) ==
          "cancel e.close.2; ");
    CHECK(text(plan.on_event(of(plan, OrderEventKind::canceled))) == "send e.close.3 sell 5 98; ");
    CHECK(text(plan.on_event(make_fill(*plan.exit(), "c", "5", "98"))).empty());
    CHECK(plan.phase() == PlanPhase::done);
    CHECK(text(plan.leave({}, {9})).empty());
}

TEST_CASE("an entry that never fills is done when it closes") {
    ExecutionPlan plan(entry_of());
    CHECK(text(plan.on_event(make_event(OrderEventKind::expired, plan.start()))).empty());
    CHECK(plan.phase() == PlanPhase::done);
    // A late fill brings the plan back: a position is never without its exit.
    CHECK(text(plan.on_event(make_fill(plan.start(), "x", "2", "99"))) ==
          "send e.target sell 2 105; ");
    CHECK(plan.phase() == PlanPhase::holding);
}

TEST_CASE("I-8, I-40 random event orders end flat, never sell twice, never stay without an exit") {
    for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
        INFO("seed " << seed);
        std::mt19937_64 random(seed);
        const auto below = [&](std::uint64_t bound) { return random() % bound; };
        ExecutionPlan plan(entry_of());
        std::map<std::string, Order> broker;  // working
        Quantity position;
        int fills = 0;
        bool left = false;
        const auto act = [&](const PlanActions& actions, std::vector<std::string>& cancels) {
            for (const Order& order : actions.submit) {
                REQUIRE(broker.emplace(order.order_id, order).second);
                Quantity exits;
                for (const auto& [id, each] : broker) {
                    if (each.role == Role::exit) exits += each.open_quantity();
                }
                REQUIRE(exits <= position);
            }
            for (const auto& id : actions.cancel) cancels.push_back(id);
        };
        std::vector<std::string> cancels;
        broker.emplace("e", plan.start());
        for (int step = 0; step < 200 && plan.phase() != PlanPhase::done; ++step) {
            if (!left && below(10) == 0) {
                left = true;
                act(plan.leave({{}, TimeInForce::day, "out"}, {step}), cancels);
                continue;
            }
            if (!cancels.empty() && below(3) == 0) {
                const std::string id = cancels.back();
                cancels.pop_back();
                const auto found = broker.find(id);
                if (found == broker.end()) continue;
                const Order order = found->second;
                broker.erase(found);
                act(plan.on_event(make_event(OrderEventKind::canceled, order, step)), cancels);
                continue;
            }
            if (broker.empty()) {
                act(plan.retry({step}), cancels);
                continue;
            }
            auto found = broker.begin();
            std::advance(found, static_cast<long>(below(broker.size())));
            Order& order = found->second;
            const auto left_open =
                static_cast<std::uint64_t>(order.open_quantity().units() / Quantity::kOne);
            const auto quantity = Quantity::whole(std::int64_t(1 + below(left_open)));
            const auto event = make_fill(order, "f" + std::to_string(fills++), quantity,
                                         Price::of("100"), {}, step);
            position += signed_quantity(order.side, quantity);
            order.filled_quantity += quantity;
            if (order.open_quantity().is_zero()) broker.erase(found);
            REQUIRE(position.sign() >= 0);
            act(plan.on_event(event), cancels);
            REQUIRE(plan.open_position() == position);
        }
        // Every order left is filled or canceled; the plan ends flat.
        CHECK((plan.phase() == PlanPhase::done) == (position.is_zero() && broker.empty()));
        if (left) CHECK(plan.phase() == PlanPhase::done);
    }
}

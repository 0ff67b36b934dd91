// A tracker beside a scripted exchange, with the words that its tests speak in: orders, moments and
// replies in one line each. One thread.
#pragma once

#include <string>
#include <vector>

#include "tests/alpaca/scripted_exchange.hpp"
#include "tests/catch.hpp"

namespace tradewind::test {

using namespace tradewind::broker::alpaca;

inline Order order_of(const std::string& id, const char* quantity = "10", Role role = Role::entry) {
    Order order;
    order.order_id = id;
    order.symbol = Symbol("AAPL");
    order.quantity = Quantity::of(quantity);
    order.role = role;
    order.side = role == Role::entry ? Side::buy : Side::sell;
    order.strategy = "s";
    order.time = Timestamp{1'000 * kSecond};
    return order;
}

inline Moment at(double seconds) {
    const auto ns = static_cast<std::int64_t>(seconds * 1e9);
    return {ns, Timestamp{1'000 * kSecond + ns}};
}

inline std::string words(const std::vector<OrderEvent>& events) {
    std::string text;
    for (const auto& event : events) {
        if (!text.empty()) text += ' ';
        text += to_text(event.kind);
        if (event.fill) text += ':' + event.fill->quantity.to_string();
    }
    return text;
}

inline std::string told(OrderTracker& tracker) {
    std::vector<OrderEvent> events;
    tracker.take_events(events);
    return words(events);
}

inline PostReply reply(PostReply::Kind kind, const std::string& reason = {}) {
    PostReply value;
    value.kind = kind;
    value.reason = reason;
    return value;
}

inline PostReply accepted(const WireOrder& order) {
    PostReply value;
    value.kind = PostReply::Kind::accepted;
    value.order = order;
    return value;
}

inline const LookUpReply kAbsent{LookUpReply::Kind::absent, std::nullopt};

struct Bench {
    ScriptedExchange exchange;
    OrderTracker tracker;

    Bench() { tracker.allow_sending(true); }
    // Takes the due work, which must be of that kind.
    Work work(WorkKind kind, double seconds) {
        const auto next = tracker.next_work(at(seconds));
        REQUIRE(next);
        REQUIRE(next->kind == kind);
        return *next;
    }
    void deliver(std::size_t index, double seconds) {
        tracker.updated(exchange.updates.at(index), at(seconds));
    }
};

}  // namespace tradewind::test

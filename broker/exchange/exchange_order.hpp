// An order as the exchange itself keeps it, with what only a remote client's order carries: ids of
// the exchange, classes, legs, replacement chains, times. Plain data that a snapshot holds. Source:
// broker protocol 2.3 to 2.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/order.hpp"

namespace tradewind::broker {

// simple; bracket: entry, then target and stop; oco: target (the head) and stop; oto: entry, then
// one of the two.
enum class OrderClass : std::uint8_t { simple, bracket, oco, oto };
[[nodiscard]] std::string_view to_text(OrderClass order_class);
[[nodiscard]] std::optional<OrderClass> order_class_of(std::string_view text);

struct RemoteTerms {
    std::string id;  // given by the exchange, a UUID; empty: the order came in this process
    OrderClass order_class = OrderClass::simple;
    std::vector<std::string> legs;  // client ids, of the head of a group
    bool extended_hours = false;
    Money notional;          // zero: ordered by quantity
    Fraction trail_percent;  // zero: the trail is a price
    std::string intent;      // `buy_to_open`, ...
    std::string replaces;    // ids of the exchange
    std::string replaced_by;
    bool routed = false;  // was at the market: `new`; before that `accepted`
    Timestamp updated;
    Timestamp filled;
    Timestamp ended;  // canceled, expired, rejected or replaced
};

// What a scripted exchange has in store for a remote order while its market is open; as a rule
// nothing. Times are exchange time, zero: never.
struct OrderFate {
    Timestamp held_until;  // no execution before
    Fraction first_part;   // zero: no such thing; else the first execution is this part of it
    Timestamp rest_until;  // and what is left is executed no earlier
    Timestamp ends_at;     // the exchange ends it: rejected, or canceled where it has filled
    bool rejects = false;

    [[nodiscard]] bool is_usual() const {
        return held_until.ns == 0 && first_part.is_zero() && ends_at.ns == 0;
    }
};

struct ExchangeOrder {
    std::string account;
    Order order;             // as the exchange knows it; order_id is the client's
    bool rested = false;     // was not marketable once: fills at its limit, as maker
    bool triggered = false;  // a stop-limit whose stop was reached
    Price mark;              // of a trailing stop: the best price so far
    std::uint32_t executions = 0;
    Quantity group_filled;  // of a parent: what its children have exited
    RemoteTerms remote;
    OrderFate fate;

    [[nodiscard]] bool is_remote() const { return !remote.id.empty(); }
};

}  // namespace tradewind::broker

// Moves one order from state to state by what the broker (or the gateway) said about it.
//
// Pure functions over an Order; no clock, any thread that owns the order. Events may come late,
// twice and out of order (they arrive by stream and by poll): what brings no news leaves the order
// as it was, what cannot be true is refused with a reason and leaves it as it was too. Quantities
// are cumulative and never fall. A fill that arrives after a cancel or an expiry is kept: money
// moved. Second deliveries of one execution are told apart by execution id in orders/blotter.hpp.
// Source: broker protocol 2.5, strategies spec I-14.
#pragma once

#include <cstdint>
#include <string_view>

#include "messages/order.hpp"

namespace tradewind::orders {

enum class TransitionOutcome : std::uint8_t {
    applied,    // the order changed
    unchanged,  // nothing new: a repeated or overtaken event
    refused,    // impossible from this state: the books contradict the broker
};

struct Transition {
    TransitionOutcome outcome = TransitionOutcome::unchanged;
    OrderStatus from = OrderStatus::pending_new;
    OrderStatus to = OrderStatus::pending_new;
    std::string_view reason;  // of a refusal; static text

    [[nodiscard]] bool applied() const { return outcome == TransitionOutcome::applied; }
    [[nodiscard]] bool refused() const { return outcome == TransitionOutcome::refused; }
};

// Applies `event`, which must name this order (InvariantBroken otherwise). A closing event
// sets closed_time, and the order's reason where the event brings one.
Transition apply(Order& order, const OrderEvent& event);
// The same for an execution of this order, without an event around it.
Transition apply_fill(Order& order, const Fill& execution, Timestamp time);

// A cancel was sent: an order that is not closed becomes pending_cancel until the broker confirms
// (a held child stays held).
Transition request_cancel(Order& order);
// The broker refused the cancel: back to new or partially_filled.
Transition cancel_refused(Order& order);

}  // namespace tradewind::orders

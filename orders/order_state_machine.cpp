#include "orders/order_state_machine.hpp"

#include "messages/error.hpp"

namespace tradewind::orders {
namespace {

Transition unchanged(const Order& order) {
    return {TransitionOutcome::unchanged, order.status, order.status, {}};
}

Transition refused(const Order& order, std::string_view reason) {
    return {TransitionOutcome::refused, order.status, order.status, reason};
}

Transition moved_to(Order& order, OrderStatus to) {
    const OrderStatus from = order.status;
    order.status = to;
    return {TransitionOutcome::applied, from, to, {}};
}

bool works(OrderStatus status) {
    return status == OrderStatus::new_order || status == OrderStatus::partially_filled ||
           status == OrderStatus::pending_cancel;
}

// The working status of an order that is neither closed nor being canceled.
OrderStatus working_status(const Order& order) {
    return order.filled_quantity.sign() > 0 ? OrderStatus::partially_filled
                                            : OrderStatus::new_order;
}

Transition accept(Order& order) {
    if (order.status == OrderStatus::refused) return refused(order, "accepted, but never sent");
    if (order.status != OrderStatus::pending_new) return unchanged(order);
    return moved_to(order, OrderStatus::new_order);
}

Transition activate(Order& order) {
    if (order.status == OrderStatus::refused) return refused(order, "activated, but never sent");
    if (order.status != OrderStatus::held && order.status != OrderStatus::pending_new) {
        return unchanged(order);
    }
    return moved_to(order, OrderStatus::new_order);
}

Transition fill(Order& order, const Fill& execution, Timestamp time) {
    if (execution.quantity.sign() <= 0) return refused(order, "execution without quantity");
    if (execution.side != order.side) return refused(order, "execution on the other side");
    if (order.status == OrderStatus::refused) return refused(order, "filled, but never sent");
    if (order.status == OrderStatus::rejected) return refused(order, "filled after a rejection");
    if (order.status == OrderStatus::filled) return refused(order, "filled beyond its quantity");
    const Quantity filled = order.filled_quantity + execution.quantity;
    if (filled > order.quantity) return refused(order, "filled beyond its quantity");
    order.filled_quantity = filled;
    order.filled_notional += execution.price * execution.quantity;
    if (filled == order.quantity) {
        order.closed_time = time;
        return moved_to(order, OrderStatus::filled);
    }
    // A cancel or an expiry that overtook its last executions stays; so does a cancel under way.
    if (is_closed(order.status) || order.status == OrderStatus::pending_cancel) {
        return moved_to(order, order.status);
    }
    return moved_to(order, OrderStatus::partially_filled);
}

Transition close(Order& order, const OrderEvent& event, OrderStatus to, bool possible,
                 std::string_view reason) {
    if (order.status == to) return unchanged(order);
    if (!possible) return refused(order, reason);
    order.closed_time = event.time;
    if (!event.reason.empty()) order.reason = event.reason;
    return moved_to(order, to);
}

}  // namespace

Transition apply(Order& order, const OrderEvent& event) {
    ensure(event.order_id == order.order_id, "an order event is applied to the order it names");
    const OrderStatus status = order.status;
    const bool waits = status == OrderStatus::pending_new || status == OrderStatus::held;
    switch (event.kind) {
        case OrderEventKind::accepted:
            return accept(order);
        case OrderEventKind::activated:
            return activate(order);
        case OrderEventKind::filled:
            ensure(event.fill.has_value(), "an event of kind filled carries its fill");
            return fill(order, *event.fill, event.time);
        case OrderEventKind::canceled:
            return close(order, event, OrderStatus::canceled, waits || works(status),
                         "canceled after it was closed");
        case OrderEventKind::expired:
            return close(order, event, OrderStatus::expired, waits || works(status),
                         "expired after it was closed");
        case OrderEventKind::replaced:
            return close(order, event, OrderStatus::replaced, works(status),
                         "replaced, but it does not work");
        case OrderEventKind::rejected:
            return close(order, event, OrderStatus::rejected,
                         (waits || works(status)) && order.filled_quantity.is_zero(),
                         "rejected after it filled or closed");
        case OrderEventKind::refused:
            return close(order, event, OrderStatus::refused, waits,
                         "refused here, but it was sent");
    }
    return refused(order, "unknown event");
}

Transition apply_fill(Order& order, const Fill& execution, Timestamp time) {
    ensure(execution.order_id == order.order_id, "an execution is applied to the order it names");
    return fill(order, execution, time);
}

Transition request_cancel(Order& order) {
    // A held child has nothing under way at the broker's market: its cancel is one step.
    if (order.status == OrderStatus::pending_cancel || order.status == OrderStatus::held) {
        return unchanged(order);
    }
    if (is_closed(order.status)) return refused(order, "a cancel of an order that is closed");
    return moved_to(order, OrderStatus::pending_cancel);
}

Transition cancel_refused(Order& order) {
    if (order.status != OrderStatus::pending_cancel) return unchanged(order);
    return moved_to(order, working_status(order));
}

}  // namespace tradewind::orders

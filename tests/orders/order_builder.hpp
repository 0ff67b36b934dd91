// Orders, events and fills in few words, for the tests of the order path.
#pragma once

#include <string>

#include "messages/order.hpp"

namespace tradewind::test {

inline Order make_order(const std::string& id, Side side, const char* quantity,
                        Role role = Role::entry) {
    Order order;
    order.order_id = id;
    order.decision_id = id;
    order.strategy = "s";
    order.symbol = Symbol("AAA");
    order.side = side;
    order.role = role;
    order.quantity = Quantity::of(quantity);
    return order;
}

inline Order make_limit(const std::string& id, Side side, const char* quantity, const char* price,
                        Role role = Role::entry) {
    Order order = make_order(id, side, quantity, role);
    order.type = OrderType::limit;
    order.limit_price = Price::of(price);
    return order;
}

inline OrderEvent make_event(OrderEventKind kind, const Order& order, std::int64_t time = 1,
                             const std::string& reason = {}) {
    OrderEvent event;
    event.kind = kind;
    event.order_id = order.order_id;
    event.symbol = order.symbol;
    event.time = {time};
    event.reason = reason;
    return event;
}

inline OrderEvent make_fill(const Order& order, const std::string& fill_id, Quantity quantity,
                            Price price, Money fee = {}, std::int64_t time = 1) {
    OrderEvent event = make_event(OrderEventKind::filled, order, time);
    Fill fill;
    fill.fill_id = fill_id;
    fill.order_id = order.order_id;
    fill.symbol = order.symbol;
    fill.time = {time};
    fill.side = order.side;
    fill.quantity = quantity;
    fill.price = price;
    fill.fee = fee;
    fill.strategy = order.strategy;
    event.fill = fill;
    return event;
}

inline OrderEvent make_fill(const Order& order, const std::string& fill_id, const char* quantity,
                            const char* price, const char* fee = "0", std::int64_t time = 1) {
    return make_fill(order, fill_id, Quantity::of(quantity), Price::of(price), Money::of(fee),
                     time);
}

}  // namespace tradewind::test

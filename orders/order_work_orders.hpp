// What the steps of works ask of the blotter and of an order. Private to orders/order_work*.cpp.
#pragma once

#include <algorithm>
#include <string>

#include "orders/order_worker.hpp"

namespace tradewind::orders {

inline double minutes(std::int64_t ns) {
    return static_cast<double>(ns) / static_cast<double>(kMinute);
}

// The order of that id while it is open; null: closed, unknown or none.
inline const Order* working_order(const std::string& id, const WorkFacts& facts) {
    if (id.empty()) return nullptr;
    const Order* order = facts.blotter->find(id);
    return order != nullptr && !is_closed(order->status) ? order : nullptr;
}

// Once: not where it was asked for before.
inline void cancel(const Order& order, WorkActions& actions) {
    const bool asked = order.status == OrderStatus::pending_cancel ||
                       std::find(actions.cancel.begin(), actions.cancel.end(), order.order_id) !=
                           actions.cancel.end();
    if (!asked) actions.cancel.push_back(order.order_id);
}

}  // namespace tradewind::orders

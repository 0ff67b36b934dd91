#include "orders/bracket.hpp"

namespace tradewind::orders {
namespace {

std::string child_id(std::string_view entry_id, std::string_view leg) {
    std::string id;
    id.reserve(entry_id.size() + 1 + leg.size());
    id.append(entry_id).append(1, '.').append(leg);
    return id;
}

Order child(const Order& parent, std::string_view leg, OrderType type, TimeInForce time_in_force) {
    Order order;
    order.order_id = child_id(parent.order_id, leg);
    order.decision_id = parent.decision_id;
    order.strategy = parent.strategy;
    order.symbol = parent.symbol;
    order.time = parent.time;
    order.side = opposite(parent.side);
    order.role = Role::exit;
    order.type = type;
    order.time_in_force = time_in_force;
    order.quantity = parent.quantity;
    order.parent_order_id = parent.order_id;
    order.reason = leg;
    order.status = OrderStatus::held;
    return order;
}

}  // namespace

std::size_t child_count(const ExitPlan& plan) {
    return static_cast<std::size_t>(plan.stop.sign() > 0) +
           static_cast<std::size_t>(plan.target.sign() > 0) +
           static_cast<std::size_t>(plan.leave_at_close);
}

std::vector<Order> bracket_children(const Order& parent) {
    std::vector<Order> children;
    const ExitPlan& plan = parent.exit_plan;
    if (!has_children(plan)) return children;
    children.reserve(child_count(plan));
    if (plan.stop.sign() > 0) {
        children.push_back(child(parent, "stop", OrderType::stop, TimeInForce::gtc));
        children.back().stop_price = plan.stop;
    }
    if (plan.target.sign() > 0) {
        children.push_back(child(parent, "target", OrderType::limit, plan.target_time_in_force));
        children.back().limit_price = plan.target;
    }
    if (plan.leave_at_close) {
        children.push_back(child(parent, "close", OrderType::market, TimeInForce::cls));
    }
    return children;
}

Quantity bracket_size(const Order& parent) {
    return is_closed(parent.status) ? parent.filled_quantity : parent.quantity;
}

Quantity child_quantity(const Order& child, Quantity bracket_size, Quantity group_filled) {
    const Quantity open = bracket_size - group_filled;
    if (open.sign() <= 0) return child.quantity;
    return child.filled_quantity + open;
}

std::string target_id_of(std::string_view entry_id) {
    return child_id(entry_id, "target");
}

std::string_view parent_id_of(std::string_view child_id) {
    return child_id.substr(0, child_id.rfind('.'));
}

}  // namespace tradewind::orders

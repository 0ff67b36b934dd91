#include "tests/actors/work_market.hpp"

#include <utility>

#include "tests/catch.hpp"

namespace tradewind::test {

void WorkBroker::tell(const Order& order, OrderEventKind kind, Timestamp now) {
    OrderEvent event;
    event.kind = kind;
    event.order_id = order.order_id;
    event.symbol = order.symbol;
    event.time = now;
    events_.push_back(std::move(event));
}

void WorkBroker::send(const actors::SendRequest& request) {
    for (const auto& id : request.cancel_ids) {
        const auto found = orders_.find(id);
        if (found == orders_.end() || is_closed(found->second.status)) continue;
        cancelling_.insert(id);
    }
    for (const auto& order : request.orders) {
        INFO("sent twice: " << order.order_id);
        REQUIRE_FALSE(orders_.contains(order.order_id));
        sent_.push_back(order);
        auto& known = orders_[order.order_id] = order;
        // One in sixteen is turned down, for a reason of the broker's own.
        if (draw_() % 16 == 0) {
            known.status = OrderStatus::rejected;
            tell(known, OrderEventKind::rejected, request.now);
            continue;
        }
        known.status = OrderStatus::new_order;
        tell(known, OrderEventKind::accepted, request.now);
    }
}

void WorkBroker::move(const std::vector<actors::SlotQuote>& quotes, Timestamp now) {
    for (const auto& quote : quotes) quotes_[quote.quote.symbol] = quote.quote;
    for (auto& [id, order] : orders_) {
        if (!is_closed(order.status)) match(order, now);
        if (cancelling_.erase(id) == 0 || is_closed(order.status)) continue;
        order.status = OrderStatus::canceled;
        tell(order, OrderEventKind::canceled, now);
    }
}

void WorkBroker::match(Order& order, Timestamp now) {
    const auto& quote = quotes_.at(order.symbol);
    const bool buy = order.side == Side::buy;
    const Price touch = buy ? quote.ask : quote.bid;
    const bool reached = order.type == OrderType::market ||
                         (buy ? order.limit_price >= touch : order.limit_price <= touch);
    // One cancel in three comes too late.
    const bool late = !reached && cancelling_.contains(order.order_id) && draw_() % 3 == 0;
    if (!reached && !late) return;
    Fill fill;
    fill.order_id = order.order_id;
    fill.symbol = order.symbol;
    fill.time = now;
    fill.side = order.side;
    fill.quantity = order.open_quantity();
    if (draw_() % 2 == 0) {
        const auto half = Quantity::from_units(fill.quantity.units() / 2);
        const auto part = floor_to_lot(half, Quantity::whole(1));
        if (part.sign() > 0) fill.quantity = part;
    }
    fill.price = late ? order.limit_price : touch;
    fill.fill_id = order.order_id + '#' + std::to_string(fills_.size());
    order.filled_quantity += fill.quantity;
    const bool all = order.open_quantity().is_zero();
    order.status = all ? OrderStatus::filled : OrderStatus::partially_filled;
    fills_.push_back(fill);
    const auto size = signed_quantity(fill.side, fill.quantity);
    positions_[fill.symbol] += size;
    cash_ -= fill.price * size;
    tell(order, OrderEventKind::filled, now);
    events_.back().fill = fill;
}

actors::BrokerTruth WorkBroker::truth(Timestamp now) const {
    actors::BrokerTruth truth;
    truth.time = now;
    truth.cash = cash_;
    for (const auto& [symbol, quantity] : positions_) {
        if (quantity.is_zero()) continue;
        Position position;
        position.symbol = symbol;
        position.quantity = quantity;
        truth.positions.push_back(position);
    }
    for (const auto& [id, order] : orders_) truth.orders.push_back(order);
    truth.fills = fills_;
    return truth;
}

std::vector<Order> WorkBroker::working() const {
    std::vector<Order> open;
    for (const auto& [id, order] : orders_) {
        if (!is_closed(order.status)) open.push_back(order);
    }
    return open;
}

Quantity WorkBroker::entered(const std::string& decision_id, std::optional<Side> side) const {
    Quantity filled;
    for (const auto& [id, order] : orders_) {
        if (side && order.side != *side) continue;
        if (order.decision_id == decision_id && order.role == Role::entry) {
            filled += order.filled_quantity;
        }
    }
    return filled;
}

Quantity WorkBroker::entered(Symbol symbol, Side side) const {
    Quantity filled;
    for (const auto& [id, order] : orders_) {
        if (order.symbol == symbol && order.side == side && order.role == Role::entry) {
            filled += order.filled_quantity;
        }
    }
    return filled;
}

}  // namespace tradewind::test

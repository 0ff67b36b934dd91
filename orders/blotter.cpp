#include "orders/blotter.hpp"

#include <algorithm>
#include <utility>

#include "orders/bracket.hpp"

namespace tradewind::orders {

Blotter::Record* Blotter::record(std::string_view order_id) const {
    const auto found = by_id_.find(order_id);
    return found == by_id_.end() ? nullptr : found->second;
}

Blotter::Record& Blotter::append(Order order) {
    Record& added = records_.emplace_back();
    added.order = std::move(order);
    by_id_.emplace(added.order.order_id, &added);
    ++size_;
    if (!is_closed(added.order.status)) {
        open_by_symbol_[added.order.symbol].push_back(&added);
        ++open_count_;
    }
    return added;
}

bool Blotter::add(Order order) {
    if (record(order.order_id) != nullptr) return false;
    std::vector<Order> children = bracket_children(order);
    if (is_closed(order.status)) children.clear();
    Record& parent = append(std::move(order));
    for (Order& each : children) {
        // An adopted child may be known already; it keeps its own record.
        if (record(each.order_id) != nullptr) continue;
        Record& added = append(std::move(each));
        added.parent = &parent;
        parent.children.push_back(&added);
    }
    return true;
}

void Blotter::note_closed(const Record& closed) {
    auto& open = open_by_symbol_[closed.order.symbol];
    const auto found = std::find(open.begin(), open.end(), &closed);
    if (found == open.end()) return;
    open.erase(found);
    --open_count_;
}

void Blotter::resize_children(Record& parent) {
    for (Record* each : parent.children) {
        if (is_closed(each->order.status)) continue;
        each->order.quantity =
            child_quantity(each->order, bracket_size(parent.order), parent.group_filled);
    }
}

// The parent closed. Children of one that never filled have nothing to exit: they end here, since
// nobody tells of children that a refused or rejected parent never brought to a market.
void Blotter::close_or_resize_children(Record& parent, const OrderEvent& event) {
    if (parent.order.filled_quantity.sign() > 0) {
        resize_children(parent);
        return;
    }
    for (Record* each : parent.children) {
        if (is_closed(each->order.status)) continue;
        OrderEvent closing;
        closing.kind = event.kind == OrderEventKind::expired ? OrderEventKind::expired
                                                             : OrderEventKind::canceled;
        closing.order_id = each->order.order_id;
        closing.symbol = event.symbol;
        closing.time = event.time;
        closing.reason = parent.order.reason;
        orders::apply(each->order, closing);
        note_closed(*each);
    }
}

BlotterResult Blotter::apply(const OrderEvent& event) {
    Record* found = record(event.order_id);
    if (found == nullptr) return {};
    BlotterResult result;
    result.order = &found->order;
    const bool fills = event.kind == OrderEventKind::filled && event.fill.has_value();
    if (fills) {
        auto& ids = found->fill_ids;
        if (std::find(ids.begin(), ids.end(), event.fill->fill_id) != ids.end()) {
            result.duplicate = true;
            result.transition.from = result.transition.to = found->order.status;
            return result;
        }
    }
    result.transition = orders::apply(found->order, event);
    if (!result.transition.applied()) return result;
    if (fills) {
        found->fill_ids.push_back(event.fill->fill_id);
        if (found->parent != nullptr) {
            found->parent->group_filled += event.fill->quantity;
            resize_children(*found->parent);
        }
    }
    if (is_closed(found->order.status)) {
        note_closed(*found);
        if (!found->children.empty()) close_or_resize_children(*found, event);
    }
    return result;
}

Transition Blotter::request_cancel(std::string_view order_id) {
    Record* found = record(order_id);
    if (found == nullptr) return {TransitionOutcome::refused, {}, {}, "unknown order"};
    return orders::request_cancel(found->order);
}

Transition Blotter::cancel_refused(std::string_view order_id) {
    Record* found = record(order_id);
    if (found == nullptr) return {TransitionOutcome::refused, {}, {}, "unknown order"};
    return orders::cancel_refused(found->order);
}

const Order* Blotter::find(std::string_view order_id) const {
    const Record* found = record(order_id);
    return found == nullptr ? nullptr : &found->order;
}

std::vector<const Order*> Blotter::open_orders(Symbol symbol) const {
    std::vector<const Order*> result;
    const auto found = open_by_symbol_.find(symbol);
    if (found == open_by_symbol_.end()) return result;
    result.reserve(found->second.size());
    for (const Record* each : found->second) result.push_back(&each->order);
    return result;
}

std::vector<const Order*> Blotter::open_orders() const {
    std::vector<const Order*> result;
    for (const Record& each : records_) {
        if (!is_closed(each.order.status)) result.push_back(&each.order);
    }
    return result;
}

void Blotter::for_each(const std::function<void(const Order&)>& visit) const {
    for (const Record& each : records_) visit(each.order);
}

void Blotter::forget_closed(const std::function<void(const Order&)>& visit) {
    // A parent goes only together with its children: they point at it.
    while (!records_.empty()) {
        const std::size_t group = 1 + records_.front().children.size();
        for (std::size_t i = 0; i < group; ++i) {
            if (!is_closed(records_[i].order.status)) return;
        }
        for (std::size_t i = 0; i < group; ++i) {
            visit(records_.front().order);
            by_id_.erase(records_.front().order.order_id);
            records_.pop_front();
            --size_;
        }
    }
}

}  // namespace tradewind::orders

#include "actors/wiring/reconcile.hpp"

#include <map>
#include <unordered_map>

namespace tradewind::actors {
namespace {

OrderEvent event_of(const Order& order, OrderEventKind kind, Timestamp time, std::string reason) {
    OrderEvent event;
    event.kind = kind;
    event.order_id = order.order_id;
    event.symbol = order.symbol;
    event.time = time;
    event.reason = std::move(reason);
    return event;
}

bool works(OrderStatus status) {
    return status == OrderStatus::new_order || status == OrderStatus::partially_filled ||
           status == OrderStatus::pending_cancel;
}

// Events that bring `ours` to the state of `theirs`, fills aside.
void catch_up(const Order& ours, const Order& theirs, Timestamp now, Reconciliation& result) {
    if (theirs.status == OrderStatus::filled || is_closed(ours.status)) return;
    if (is_closed(theirs.status)) {
        const auto kind = theirs.status == OrderStatus::expired    ? OrderEventKind::expired
                          : theirs.status == OrderStatus::rejected ? OrderEventKind::rejected
                                                                   : OrderEventKind::canceled;
        const auto time = theirs.closed_time.ns != 0 ? theirs.closed_time : now;
        result.events.push_back(event_of(ours, kind, time, theirs.reason));
    } else if (ours.status == OrderStatus::held && works(theirs.status)) {
        result.events.push_back(event_of(ours, OrderEventKind::activated, now, {}));
    } else if (ours.status == OrderStatus::pending_new) {
        result.events.push_back(event_of(ours, OrderEventKind::accepted, now, {}));
    }
}

// Orders at the broker that the books do not have, or have as closed.
void find_unknown(const ledger::LedgerState& ledger, const BrokerTruth& broker,
                  Reconciliation& result) {
    for (const auto& order : broker.orders) {
        const auto* ours = ledger.find_order(order.order_id);
        if (!ours && order.parent_order_id.empty()) {
            result.contradictions.push_back("order " + order.order_id +
                                            " is at the broker but not in the books");
        } else if (ours && works(order.status) && is_closed(ours->order.status)) {
            result.contradictions.push_back("order " + order.order_id +
                                            " works at the broker but is closed in the books");
        }
    }
}

// An order that is durable here and unknown at the broker: the process ended before it was sent.
void settle_unsent(const Order& ours, Quantity& free, Timestamp now, Reconciliation& result) {
    const auto size = signed_quantity(ours.side, ours.quantity);
    const bool leaves_what_is_held = ours.role == Role::exit && ours.parent_order_id.empty() &&
                                     size.sign() == -free.sign() && size.abs() <= free.abs();
    if (leaves_what_is_held && ours.status == OrderStatus::pending_new) {
        free += size;
        result.unsent_exits.push_back(ours);
        return;
    }
    // What an entry was decided on has passed.
    result.events.push_back(event_of(ours, OrderEventKind::canceled, now, "never_sent"));
}

}  // namespace

Reconciliation reconcile(const ledger::LedgerState& ledger, const BrokerTruth& broker) {
    Reconciliation result;
    std::unordered_map<std::string, const Order*> theirs;
    for (const auto& order : broker.orders) theirs.emplace(order.order_id, &order);
    Money cash = ledger.cash();
    std::map<Symbol, Quantity> positions;
    for (const auto& [symbol, position] : ledger.positions()) {
        positions[symbol] = position.quantity;
    }
    for (const auto& fill : broker.fills) {
        if (ledger.find_fill(fill.fill_id)) continue;
        const auto* ours = ledger.find_order(fill.order_id);
        if (!ours) {
            result.contradictions.push_back("execution " + fill.fill_id +
                                            " of an order that is not in the books");
            continue;
        }
        auto event = event_of(ours->order, OrderEventKind::filled, fill.time, {});
        event.fill = fill;
        result.events.push_back(std::move(event));
        const auto size = signed_quantity(fill.side, fill.quantity);
        cash -= fill.price * size + fill.fee;
        positions[fill.symbol] += size;
    }
    auto free = positions;  // less what exits will leave
    for (const auto& booked : ledger.orders()) {
        const auto& ours = booked.order;
        if (is_closed(ours.status)) continue;
        const auto found = theirs.find(ours.order_id);
        if (found != theirs.end()) {
            const auto& known = *found->second;
            catch_up(ours, known, broker.time, result);
            if (ours.role == Role::exit && works(known.status)) {
                free[ours.symbol] += signed_quantity(known.side, known.open_quantity());
            }
        } else {
            settle_unsent(ours, free[ours.symbol], broker.time, result);
        }
    }
    find_unknown(ledger, broker, result);
    if (cash != broker.cash) {
        result.contradictions.push_back("cash is " + broker.cash.to_string() + " at the broker, " +
                                        cash.to_string() + " in the books");
    }
    for (const auto& position : broker.positions) {
        const auto held = positions[position.symbol];
        positions.erase(position.symbol);
        if (held == position.quantity) continue;
        result.contradictions.push_back("position of " + position.symbol.to_string() + " is " +
                                        position.quantity.to_string() + " at the broker, " +
                                        held.to_string() + " in the books");
    }
    for (const auto& [symbol, held] : positions) {
        if (held.is_zero()) continue;
        result.contradictions.push_back("position of " + symbol.to_string() +
                                        " is in the books but not at the broker");
    }
    return result;
}

}  // namespace tradewind::actors

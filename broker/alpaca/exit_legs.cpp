#include "broker/alpaca/exit_legs.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "market/calendar.hpp"
#include "orders/bracket.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::broker::alpaca {
namespace {

// The broker takes orders for the close until ten minutes before it; the resting exit must have
// been cancelled by then.
constexpr std::int64_t kLastOnClose = 10 * kMinute;
constexpr std::int64_t kPrepareClose = 12 * kMinute;
constexpr std::int64_t kOnCloseMargin = 10 * kSecond;

bool is_for_close(const Order& leg) {
    return leg.time_in_force == TimeInForce::cls;
}

// Until the end of the session that is open at `now`; empty: none is.
std::optional<std::int64_t> time_to_close(Timestamp now) {
    const auto session = market::session_at(market::TradingCalendar::nyse, now);
    if (!session) return std::nullopt;
    return session->close - now;
}

}  // namespace

std::string ExitLegs::refusal(const ExitPlan& plan) {
    if (plan.target.sign() > 0 && plan.stop.sign() > 0) {
        return "an exit plan has a target or a stop here, not both";
    }
    return {};
}

OrderEvent ExitLegs::event_of(const Order& order, OrderEventKind kind, Timestamp now,
                              const std::string& reason) {
    OrderEvent event;
    event.kind = kind;
    event.order_id = order.order_id;
    event.symbol = order.symbol;
    event.time = now;
    event.reason = reason;
    return event;
}

void ExitLegs::add(const Order& entry) {
    if (!orders::has_children(entry.exit_plan) || groups_.contains(entry.order_id)) return;
    Group group;
    group.entry = entry;
    for (auto& child : orders::bracket_children(entry)) group.legs.push_back({std::move(child)});
    groups_.emplace(entry.order_id, std::move(group));
}

void ExitLegs::restore(const Order& entry, const std::vector<Order>& legs) {
    Group group;
    group.entry = entry;
    group.restored = true;
    for (const auto& leg : legs) {
        // A leg that has filled in part is at the broker; of others nobody knows.
        group.legs.push_back({leg, leg.filled_quantity.sign() > 0});
        group.exited += leg.filled_quantity;
        if (leg.filled_quantity.sign() > 0) requests_.send.push_back({leg, true});
    }
    groups_[entry.order_id] = std::move(group);
}

ExitLegs::Group* ExitLegs::group_of(std::string_view order_id) {
    auto found = groups_.find(order_id);
    if (found == groups_.end()) found = groups_.find(orders::parent_id_of(order_id));
    return found == groups_.end() ? nullptr : &found->second;
}

bool ExitLegs::knows(std::string_view order_id) const {
    return groups_.contains(order_id) || groups_.contains(orders::parent_id_of(order_id));
}

bool ExitLegs::cancel(std::string_view order_id, Timestamp now, std::vector<OrderEvent>& events) {
    auto* group = group_of(order_id);
    if (!group || group->entry.order_id == order_id) return false;
    for (auto& leg : group->legs) {
        if (leg.order.order_id != order_id || leg.sent || is_closed(leg.order.status)) continue;
        end_legs(*group, "canceled by the client", now, events);
        for (const auto& other : group->legs) {
            if (other.sent && !is_closed(other.order.status)) {
                requests_.cancel.push_back(other.order.order_id);
            }
        }
        forget_ended();
        return true;
    }
    return false;
}

void ExitLegs::follow(std::vector<OrderEvent>& events, Timestamp now) {
    if (groups_.empty()) return;
    std::vector<OrderEvent> out;
    out.reserve(events.size());
    for (auto& event : events) {
        auto* group = group_of(event.order_id);
        if (!group) {
            out.push_back(std::move(event));
        } else if (group->entry.order_id == event.order_id) {
            out.push_back(event);
            entry_event(*group, event, out);
        } else {
            for (auto& leg : group->legs) {
                if (leg.order.order_id != event.order_id) continue;
                leg_event(*group, leg, std::move(event), out);
                break;
            }
        }
    }
    events = std::move(out);
    for (auto& [id, group] : groups_) act(group, now);
    forget_ended();
}

void ExitLegs::entry_event(Group& group, const OrderEvent& event, std::vector<OrderEvent>& out) {
    auto& entry = group.entry;
    const bool first = entry.filled_quantity.is_zero();
    if (!orders::apply(entry, event).applied()) return;
    if (event.kind == OrderEventKind::filled && first) activate(group, event.time, out);
    if (!is_closed(entry.status) || entry.filled_quantity.sign() > 0) return;
    if (entry.status == OrderStatus::rejected) {
        // The books end the legs of an entry that never came to a market by themselves.
        group.legs.clear();
        return;
    }
    end_legs(group, event.reason, event.time, out);
}

void ExitLegs::activate(Group& group, Timestamp now, std::vector<OrderEvent>& out) {
    for (auto& leg : group.legs) {
        if (leg.order.status != OrderStatus::held) continue;
        auto activated = event_of(leg.order, OrderEventKind::activated, now);
        (void)orders::apply(leg.order, activated);
        out.push_back(std::move(activated));
    }
}

void ExitLegs::leg_event(Group& group, Leg& leg, OrderEvent event, std::vector<OrderEvent>& out) {
    // Accepted: the books have known it as active since the entry's first fill.
    if (event.kind == OrderEventKind::accepted) {
        if (leg.order.status != OrderStatus::held) return;
        event.kind = OrderEventKind::activated;
    }
    leg.order.quantity =
        orders::child_quantity(leg.order, orders::bracket_size(group.entry), group.exited);
    const bool applied = orders::apply(leg.order, event).applied();
    if (applied && event.fill) group.exited += event.fill->quantity;
    const auto kind = event.kind;
    const auto time = event.time;
    out.push_back(std::move(event));
    if (!applied || !is_closed(leg.order.status)) return;
    const bool all = group.exited >= orders::bracket_size(group.entry);
    if (all) {
        end_legs(group, "another exit of its entry has filled", time, out);
        return;
    }
    // Ended by its time, refused, or for the close: the leg for the close goes on.
    const bool others_stay =
        group.leaving || kind == OrderEventKind::expired || kind == OrderEventKind::rejected;
    if (!others_stay) end_legs(group, "another exit of its entry has ended", time, out);
}

void ExitLegs::end_legs(Group& group, const std::string& reason, Timestamp now,
                        std::vector<OrderEvent>& out) {
    for (auto& leg : group.legs) {
        if (leg.sent || is_closed(leg.order.status)) continue;
        auto canceled = event_of(leg.order, OrderEventKind::canceled, now, reason);
        (void)orders::apply(leg.order, canceled);
        out.push_back(std::move(canceled));
    }
}

void ExitLegs::send(Group& group, Leg& leg) {
    leg.sent = true;
    auto order = leg.order;
    order.quantity =
        orders::child_quantity(leg.order, orders::bracket_size(group.entry), group.exited);
    order.parent_order_id.clear();
    order.status = OrderStatus::pending_new;
    requests_.send.push_back({std::move(order), group.restored});
}

void ExitLegs::pass(Timestamp now, std::vector<OrderEvent>& events) {
    for (auto& [id, group] : groups_) {
        const bool nothing = is_closed(group.entry.status) && group.entry.filled_quantity.is_zero();
        // It filled or ended while this program was down.
        if (group.entry.filled_quantity.sign() > 0) activate(group, now, events);
        if (nothing) end_legs(group, group.entry.reason, now, events);
        act(group, now);
    }
    forget_ended();
}

void ExitLegs::act(Group& group, Timestamp now) {
    Leg* resting = nullptr;
    Leg* closing = nullptr;
    for (auto& leg : group.legs) {
        if (is_closed(leg.order.status)) continue;
        (is_for_close(leg.order) ? closing : resting) = &leg;
    }
    if (closing && closing->sent) return;  // it takes the place of the resting one
    const auto left = closing ? time_to_close(now) : std::nullopt;
    const bool leaves = left && *left <= kPrepareClose;
    if (!is_closed(group.entry.status)) {
        if (leaves && !group.leaving) {
            group.leaving = true;
            requests_.cancel.push_back(group.entry.order_id);
        }
        return;
    }
    if (group.entry.filled_quantity.sign() <= 0 ||
        group.exited >= orders::bracket_size(group.entry)) {
        return;
    }
    if (resting && !resting->sent && !leaves) send(group, *resting);
    if (!leaves) {
        // Alone, the order for the close may rest at the broker all day.
        if (closing && !resting && left) send(group, *closing);
        return;
    }
    if (resting && resting->sent) {
        if (!std::exchange(group.leaving, true)) {
            requests_.cancel.push_back(resting->order.order_id);
        }
        return;
    }
    group.leaving = true;
    send(group, *closing);
    if (*left < kLastOnClose + kOnCloseMargin) {
        requests_.send.back().order.time_in_force = TimeInForce::day;
    }
}

ExitLegs::Requests ExitLegs::take_requests() {
    return std::exchange(requests_, {});
}

void ExitLegs::forget_ended() {
    std::erase_if(groups_, [](const auto& entry) {
        const auto& group = entry.second;
        return is_closed(group.entry.status) &&
               std::all_of(group.legs.begin(), group.legs.end(),
                           [](const Leg& leg) { return is_closed(leg.order.status); });
    });
}

}  // namespace tradewind::broker::alpaca

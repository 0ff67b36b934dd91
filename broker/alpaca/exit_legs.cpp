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
// Of coins, which have no auction: the resting exit is cancelled, and a market order sent.
constexpr std::int64_t kPrepareCoinClose = kMinute;
constexpr std::int64_t kNever = INT64_MAX;

bool is_for_close(const Order& leg) {
    return leg.time_in_force == TimeInForce::cls;
}

// The open ones.
template <class Leg>
std::pair<Leg*, Leg*> resting_legs(std::vector<Leg>& legs) {
    std::pair<Leg*, Leg*> found{nullptr, nullptr};
    for (auto& leg : legs) {
        if (is_closed(leg.order.status) || is_for_close(leg.order)) continue;
        (leg.order.type == OrderType::limit ? found.first : found.second) = &leg;
    }
    return found;
}

enum class Level : std::uint8_t { target, stop };

// Which level of an exit the price had passed, by the words of the refusal.
std::optional<Level> passed_level(std::string_view reason) {
    const auto says = [&](std::string_view words) {
        return reason.find(words) != std::string_view::npos;
    };
    if (says("stop price must be less than current price") ||
        says("stop price must be greater than current price")) {
        return Level::stop;
    }
    if (!says("base_price")) return std::nullopt;
    if (says("stop_loss.stop_price must be")) return Level::stop;
    if (says("take_profit.limit_price must be")) return Level::target;
    return std::nullopt;
}

// Until the end of the session that is open at `now`, in ns; kNever: none is.
std::int64_t time_to_close(AssetClass asset_class, Timestamp now) {
    const auto session = market::session_at(market::calendar_of(asset_class), now);
    return session ? session->close - now : kNever;
}

}  // namespace

std::string ExitLegs::refusal(const Order& entry, AssetClass asset_class) {
    const auto& plan = entry.exit_plan;
    if (plan.stop.sign() <= 0) return {};
    if (asset_class == AssetClass::crypto) return "the broker takes no protective stops of coins";
    if (entry.quantity != Quantity::whole(entry.quantity.units() / Quantity::kOne)) {
        return "the broker takes no protective stops of fractions of a share that outlast the day";
    }
    const bool pair = plan.target.sign() > 0;
    if (pair && plan.target_time_in_force != TimeInForce::day &&
        plan.target_time_in_force != TimeInForce::gtc) {
        return "a target beside a stop is for the day or until it is canceled";
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

void ExitLegs::add(const Order& entry, AssetClass asset_class) {
    if (!orders::has_children(entry.exit_plan) || groups_.contains(entry.order_id)) return;
    Group group;
    group.entry = entry;
    group.asset_class = asset_class;
    for (auto& child : orders::bracket_children(entry)) group.legs.push_back({std::move(child)});
    groups_.emplace(entry.order_id, std::move(group));
}

void ExitLegs::restore(const Order& entry, const std::vector<Order>& legs,
                       const std::set<std::string>& there, AssetClass asset_class) {
    Group group;
    group.entry = entry;
    group.asset_class = asset_class;
    group.restored = true;
    for (const auto& leg : legs) {
        group.legs.push_back({leg});
        group.exited += leg.filled_quantity;
    }
    auto& placed = groups_[entry.order_id] = std::move(group);
    // What was found there or has filled in part is at the broker; of others nobody knows.
    const auto sent = [&](const Leg* leg) {
        return leg && !is_closed(leg->order.status) &&
               (leg->order.filled_quantity.sign() > 0 || there.contains(leg->order.order_id));
    };
    const auto [target, stop] = resting_legs(placed.legs);
    if (sent(target) || sent(stop)) send_resting(placed, target, stop);
    for (auto& leg : placed.legs) {
        if (is_for_close(leg.order) && sent(&leg)) send(placed, leg);
    }
    if (is_exited(placed)) cancel_sent(placed);
}

// Its legs have exited all that its entry filled, or ever will.
bool ExitLegs::is_exited(const Group& group) {
    return is_closed(group.entry.status) && group.entry.filled_quantity.sign() > 0 &&
           group.exited >= orders::bracket_size(group.entry);
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
    group->canceled = true;
    for (auto& leg : group->legs) {
        if (leg.order.order_id != order_id || leg.sent || is_closed(leg.order.status)) continue;
        end_legs(*group, "canceled by the client", now, events);
        cancel_sent(*group);
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
    if (goes_on(group, leg, event)) return;
    leg.order.quantity =
        orders::child_quantity(leg.order, orders::bracket_size(group.entry), group.exited);
    const bool applied = orders::apply(leg.order, event).applied();
    if (applied && event.fill) group.exited += event.fill->quantity;
    const auto kind = event.kind;
    const auto time = event.time;
    out.push_back(std::move(event));
    if (!applied || !is_closed(leg.order.status)) return;
    if (group.stop_ended && leg.order.type == OrderType::limit) {
        // With the target's end it is known what the stop's was.
        auto ended = std::move(*std::exchange(group.stop_ended, std::nullopt));
        for (auto& each : group.legs) {
            if (each.order.order_id == ended.order_id) leg_event(group, each, ended, out);
        }
    }
    const bool all = group.exited >= orders::bracket_size(group.entry);
    if (all) {
        end_legs(group, "another exit of its entry has filled", time, out);
        cancel_sent(group);
        return;
    }
    // Of a pair the other may have ended this one, and goes on.
    const auto [target, stop] = resting_legs(group.legs);
    const auto stays = [](const Leg* other) { return other && (other->sent || other->again); };
    if (stays(target) || stays(stop)) return;
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

// Exits of the group that are at the broker have nothing left to exit.
void ExitLegs::cancel_sent(const Group& group) {
    for (const auto& leg : group.legs) {
        if (leg.sent && !is_closed(leg.order.status)) {
            requests_.cancel.push_back(leg.order.order_id);
        }
    }
}

// The broker ends a stop with the day of the target that it went with.
bool ExitLegs::outlives_target(Group& group, const Leg& stop, const OrderEvent& event) {
    const auto& plan = group.entry.exit_plan;
    const bool whole = stop.order.type == OrderType::stop && !stop.again &&
                       stop.order.time_in_force == TimeInForce::gtc && plan.target.sign() > 0;
    if (!whole || event.kind == OrderEventKind::expired) return whole;
    if (plan.target_time_in_force != TimeInForce::day || group.canceled || group.leaving) {
        return false;
    }
    for (const auto& leg : group.legs) {
        if (leg.order.type != OrderType::limit) continue;
        if (is_closed(leg.order.status)) return leg.order.status == OrderStatus::expired;
        group.stop_ended = event;
        return true;
    }
    return true;  // it ended before a restart, by its day
}

bool ExitLegs::goes_on(Group& group, Leg& leg, OrderEvent& event) {
    if (leg.passed || leg.order.filled_quantity.sign() > 0) return false;
    if (is_for_close(leg.order)) {
        // It came too late for the auction, perhaps: as a market order it has no last moment.
        if (event.kind != OrderEventKind::rejected || leg.again) return false;
        leg.sent = false;
        leg.again = true;
        return true;
    }
    const bool is_stop = leg.order.type == OrderType::stop;
    if (event.kind == OrderEventKind::expired || event.kind == OrderEventKind::canceled) {
        if (!outlives_target(group, leg, event)) return false;
        if (group.stop_ended) return true;
    } else if (event.kind == OrderEventKind::rejected) {
        const auto passed = passed_level(event.reason);
        if (!passed) return false;
        if ((*passed == Level::stop) != is_stop) {
            event.kind = OrderEventKind::canceled;
            return false;
        }
        leg.passed = true;
        if (is_stop) {
            leg.order.type = OrderType::market;
            leg.order.stop_price = {};
            leg.order.time_in_force = TimeInForce::day;
        }
    } else {
        return false;
    }
    leg.sent = false;
    leg.again = true;
    return true;
}

void ExitLegs::send(Group& group, Leg& leg, Leg* stop) {
    const auto prepared = [&](Leg& each) {
        each.sent = true;
        auto order = each.order;
        order.quantity =
            orders::child_quantity(each.order, orders::bracket_size(group.entry), group.exited);
        order.parent_order_id.clear();
        if (order.filled_quantity.is_zero()) order.status = OrderStatus::pending_new;
        return order;
    };
    Requests::Send request;
    request.order = prepared(leg);
    if (stop) request.stop = prepared(*stop);
    request.again = leg.again;
    request.may_be_there = group.restored && !leg.again;
    const bool paired = leg.order.type == OrderType::stop && request.may_be_there &&
                        group.entry.exit_plan.target.sign() > 0;
    if (paired) request.head = orders::target_id_of(group.entry.order_id);
    requests_.send.push_back(std::move(request));
}

// Neither is sent while the other is there.
void ExitLegs::send_resting(Group& group, Leg* target, Leg* stop) {
    if ((target && target->sent) || (stop && stop->sent)) return;
    if (target && stop && !target->again && !stop->again) return send(group, *target, stop);
    if (target || stop) send(group, target ? *target : *stop);
}

void ExitLegs::pass(Timestamp now, std::vector<OrderEvent>& events) {
    for (auto& [id, group] : groups_) {
        const bool nothing = is_closed(group.entry.status) && group.entry.filled_quantity.is_zero();
        // It filled or ended while this program was down.
        if (group.entry.filled_quantity.sign() > 0) activate(group, now, events);
        if (nothing) end_legs(group, group.entry.reason, now, events);
        if (is_exited(group)) end_legs(group, "another exit of its entry has filled", now, events);
        act(group, now);
    }
    forget_ended();
}

void ExitLegs::act(Group& group, Timestamp now) {
    const auto [target, stop] = resting_legs(group.legs);
    Leg* closing = nullptr;
    for (auto& leg : group.legs) {
        if (!is_closed(leg.order.status) && is_for_close(leg.order)) closing = &leg;
    }
    if (closing && closing->sent) return;  // it takes the place of the resting one
    const bool is_coin = group.asset_class == AssetClass::crypto;
    const auto left = closing ? time_to_close(group.asset_class, now) : kNever;
    const bool leaves = left <= (is_coin ? kPrepareCoinClose : kPrepareClose);
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
    if (!leaves) {
        send_resting(group, target, stop);
        // Alone, the order for the close may rest at the broker all day.
        if (closing && !target && !stop && left != kNever && !is_coin) {
            send_closing(group, *closing, left);
        }
        return;
    }
    if ((target && target->sent) || (stop && stop->sent)) {
        if (!std::exchange(group.leaving, true)) cancel_sent(group);
        return;
    }
    group.leaving = true;
    send_closing(group, *closing, left);
}

void ExitLegs::send_closing(Group& group, Leg& closing, std::int64_t left_ns) {
    send(group, closing);
    auto& sent = requests_.send.back().order;
    if (group.asset_class == AssetClass::crypto) {
        sent.time_in_force = TimeInForce::gtc;
    } else if (closing.again || left_ns < kLastOnClose + kOnCloseMargin) {
        sent.time_in_force = TimeInForce::day;
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

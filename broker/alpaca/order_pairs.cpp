// The tracker's pairs: a target and a stop of which one cancels the other, sent as one order.
#include <algorithm>
#include <utility>

#include "broker/alpaca/order_tracker.hpp"
#include "messages/error.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::string_view kPairClass = "oco";

}  // namespace

void OrderTracker::submit_pair(const Order& target, const Order& stop, AssetClass asset_class,
                               Moment now) {
    if (knows(target.order_id) || knows(stop.order_id)) return;
    submit(target, asset_class, now);
    submit(stop, asset_class, now);
    find_tracked(target.order_id)->stop = stop.order_id;
    find_tracked(stop.order_id)->head = target.order_id;
}

void OrderTracker::renew(const Order& order, AssetClass asset_class, Moment now) {
    if (const auto* known = find_tracked(order.order_id)) {
        ensure(known->phase == Phase::closed && known->order.filled_quantity.is_zero(),
               "only what ended without an execution is sent again");
        if (!known->broker_id.empty()) {
            by_broker_id_.erase(known->broker_id);
            retired_.insert(known->broker_id);
        }
        if (auto* head = find_tracked(known->head)) head->stop.clear();
        tracked_.erase(tracked_.find(order.order_id));
    }
    submit(order, asset_class, now);
}

void OrderTracker::restore_stop(const Order& stop, const std::string& head, AssetClass asset_class,
                                const std::vector<Fill>& executed, Moment now) {
    if (knows(stop.order_id)) return;
    restore(stop, asset_class, executed, now);
    find_tracked(stop.order_id)->head = head;
    if (auto* target = find_tracked(head)) target->stop = stop.order_id;
}

// The POST that brings it to the broker has not been seen there.
bool OrderTracker::waits_for_head(const Tracked& tracked) const {
    if (tracked.head.empty() || !tracked.broker_id.empty()) return false;
    const auto head = tracked_.find(tracked.head);
    return head != tracked_.end() && head->second.phase != Phase::closed;
}

bool OrderTracker::is_stop_of(const Tracked& stop, const WireOrder& order) const {
    return !stop.head.empty() && stop.broker_id.empty() && stop.phase != Phase::closed &&
           order.symbol == stop.order.symbol && order.order_class == kPairClass &&
           order.side.value_or(stop.order.side) == stop.order.side && order.stop_price.sign() > 0 &&
           !retired_.contains(order.id) && !by_broker_id_.contains(order.id) &&
           !tracked_.contains(order.client_order_id);
}

bool OrderTracker::may_be_stop(const WireOrder& order) const {
    return std::any_of(tracked_.begin(), tracked_.end(),
                       [&](const auto& entry) { return is_stop_of(entry.second, order); });
}

void OrderTracker::look_up_stop(const WireOrder& order, Moment now) {
    for (auto& [id, tracked] : tracked_) {
        if (!is_stop_of(tracked, order)) continue;
        if (tracked.phase == Phase::to_send) {
            // Evidence of the pair: what became of its target is asked for.
            if (auto* head = find_tracked(tracked.head)) doubt(*head, now);
            continue;
        }
        doubt(tracked, now);
    }
}

void OrderTracker::follow_pair(Tracked& target, const WireOrder& said, Moment now) {
    if (target.stop.empty()) return;
    auto* stop = find_tracked(target.stop);
    if (!stop || !stop->broker_id.empty() || stop->phase == Phase::closed) return;
    stop->cancel_wanted = stop->cancel_wanted || target.cancel_wanted;
    const auto leg = std::find_if(said.legs.begin(), said.legs.end(),
                                  [&](const WireOrder& each) { return is_stop_of(*stop, each); });
    if (leg != said.legs.end()) return apply(*stop, *leg, {}, now);
    // At the broker, under an id that is to be asked for.
    stop->phase = Phase::unknown;
    stop->sent_ns = now.steady_ns;
    stop->look_up_due_ns = std::min(stop->look_up_due_ns, now.steady_ns);
}

}  // namespace tradewind::broker::alpaca

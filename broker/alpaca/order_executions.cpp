// The tracker's executions: told once, found again where the stream lost them.
#include <algorithm>
#include <map>
#include <utility>

#include "broker/alpaca/order_tracker.hpp"

namespace tradewind::broker::alpaca {
namespace {

constexpr std::int64_t kNever = INT64_MAX;

// (reported x average - known notional) / missing, exact to 1e-9; the average itself where the
// arithmetic has no answer.
Price price_of_rest(const Order& order, Quantity reported, Price average) {
    const auto missing = reported - order.filled_quantity;
    const auto rest = average * reported - order.filled_notional;
    if (missing.sign() <= 0 || rest.sign() <= 0) return average;
    const auto units = decimal::divide_half_even(rest.units(), missing.units());
    return static_cast<std::int64_t>(units) == units
               ? Price::from_units(static_cast<std::int64_t>(units))
               : average;
}

}  // namespace

bool OrderTracker::covered(const Tracked& tracked, Quantity cumulative, Quantity size) const {
    const auto from = cumulative - size;
    return std::any_of(tracked.spans.begin(), tracked.spans.end(),
                       [&](const Span& span) { return span.from < cumulative && from < span.to; });
}

// True: it was news.
bool OrderTracker::execute(Tracked& tracked, const Fill& fill, Quantity cumulative) {
    if (fill.quantity.sign() <= 0) return false;
    if (!fill.fill_id.empty() && tracked.execution_ids.contains(fill.fill_id)) return false;
    if (cumulative.sign() > 0 && covered(tracked, cumulative, fill.quantity)) return false;
    // More than the broker counts: told before, under another name.
    if (tracked.order.filled_quantity + fill.quantity > tracked.reported) return false;
    if (tracked.order.filled_quantity + fill.quantity > tracked.order.quantity) {
        alarm("order " + tracked.order.order_id + " is filled beyond its quantity");
        return false;
    }
    tracked.execution_ids.insert(fill.fill_id);
    tracked.told.emplace_back(fill.quantity, fill.price);
    if (cumulative >= fill.quantity) {
        tracked.spans.push_back({cumulative - fill.quantity, cumulative});
    }
    tracked.order.filled_quantity += fill.quantity;
    tracked.order.filled_notional += fill.price * fill.quantity;
    OrderEvent event;
    event.kind = OrderEventKind::filled;
    event.order_id = tracked.order.order_id;
    event.symbol = tracked.order.symbol;
    event.time = fill.time;
    event.fill = fill;
    events_.push_back(std::move(event));
    return true;
}

void OrderTracker::read_executions(const std::optional<std::vector<WireExecution>>& executions,
                                   Moment now) {
    executions_under_way_ = false;
    if (!executions) {
        for (auto& [id, tracked] : tracked_) {
            if (tracked.settle_due_ns != kNever) {
                tracked.settle_due_ns = now.steady_ns + 2 * terms_.settle_ns;
            }
        }
        return;
    }
    std::map<std::string, std::vector<const WireExecution*>> by_order;
    for (const auto& execution : *executions) {
        const auto id = by_broker_id_.find(execution.order_id);
        if (id == by_broker_id_.end()) continue;
        by_order[id->second].push_back(&execution);
        const auto* tracked = find_tracked(id->second);
        if (tracked && tracked->execution_ids.contains(execution.execution_id())) {
            ids_comparable_ = true;
        }
    }
    for (const auto& [id, all] : by_order) {
        if (auto* tracked = find_tracked(id)) take_executions(*tracked, all, now);
    }
    for (auto& [id, tracked] : tracked_) {
        if (tracked.settle_due_ns == kNever || tracked.settle_due_ns > now.steady_ns) {
            settle(tracked, now);
            continue;
        }
        ++tracked.settle_attempts;
        tracked.settle_due_ns = now.steady_ns + tracked.settle_attempts * terms_.settle_ns;
        if (tracked.order.filled_quantity < tracked.reported &&
            tracked.settle_attempts >= terms_.settle_attempts) {
            adopt_rest(tracked, now);
        }
        settle(tracked, now);
    }
}

void OrderTracker::take_executions(Tracked& tracked, const std::vector<const WireExecution*>& all,
                                   Moment now) {
    auto told = tracked.told;
    for (const auto* execution : all) {
        tracked.reported = std::max(tracked.reported, execution->cumulative);
        if (!ids_comparable_) {
            const auto same = std::find(told.begin(), told.end(),
                                        std::pair(execution->quantity, execution->price));
            if (same != told.end()) {
                told.erase(same);
                continue;
            }
        }
        Fill fill;
        fill.fill_id = execution->execution_id();
        fill.order_id = tracked.order.order_id;
        fill.symbol = tracked.order.symbol;
        fill.time = execution->time.ns != 0 ? execution->time : now.exchange;
        fill.side = tracked.order.side;
        fill.quantity = execution->quantity;
        fill.price = execution->price;
        fill.strategy = tracked.order.strategy;
        if (tracked.order.filled_quantity < tracked.reported) execute(tracked, fill, {});
        // So that the stream's late word on it is known as a repetition.
        if (execution->cumulative >= execution->quantity) {
            tracked.spans.push_back(
                {execution->cumulative - execution->quantity, execution->cumulative});
        }
    }
}

// The broker counts executions that it does not name anywhere: its own numbers are taken.
void OrderTracker::adopt_rest(Tracked& tracked, Moment now) {
    const auto price = price_of_rest(tracked.order, tracked.reported, tracked.average);
    if (price.sign() <= 0) return;
    Fill fill;
    fill.fill_id = "adopted:" + tracked.order.order_id + ':' + tracked.reported.to_string();
    fill.order_id = tracked.order.order_id;
    fill.symbol = tracked.order.symbol;
    fill.time = tracked.closing ? tracked.closing->time : now.exchange;
    fill.side = tracked.order.side;
    fill.quantity = tracked.reported - tracked.order.filled_quantity;
    fill.price = price;
    fill.strategy = tracked.order.strategy;
    alarm("order " + tracked.order.order_id + ": " + fill.quantity.to_string() +
          " filled at the broker without an execution that says so; adopted");
    execute(tracked, fill, {});
}

}  // namespace tradewind::broker::alpaca

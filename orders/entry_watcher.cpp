#include "orders/entry_watcher.hpp"

#include <algorithm>
#include <array>

#include "market/calendar.hpp"

namespace tradewind::orders {
namespace {

constexpr std::array<std::string_view, 16> kStates{
    "initializing",     "position_open",        "old_orders_cancelled",
    "awaiting_fill",    "awaiting_price",       "waiting_for_trigger",
    "trigger_override", "work_steal_success",   "blocked_no_cash",
    "submitting_order", "order_submitted",      "order_error",
    "polling_error",    "error_limit_exceeded", "expired",
    "cancelled"};

// A remainder this small is no position: 0.003 units, or 0.5 % of the target.
Quantity negligible(const EntryPlan& plan) {
    return std::max(Quantity::from_units(3'000'000),
                    Quantity::from_units(plan.target.units() / 200));
}

// Held in the plan's direction. A position of the other direction is not this plan's to close, and
// must not make what is missing larger (H35).
Quantity held(const EntryPlan& plan, const EntryView& view) {
    if (view.position.abs() < negligible(plan)) return {};
    return std::max(Quantity{}, plan.side == Side::buy ? view.position : -view.position);
}

EntryTick answer(EntryProgress progress, WatcherState state,
                 WatcherAction action = WatcherAction::none) {
    progress.state = state;
    return {progress, action, {}, {}};
}

}  // namespace

bool near_limit(const EntryPlan& plan, Price reference) {
    const int128 distance = static_cast<int128>(reference.units()) - plan.limit.units();
    return decimal::multiply(distance < 0 ? -distance : distance, Fraction::kOne) <=
           decimal::multiply(plan.limit.units(), plan.tolerance.units());
}

std::string_view to_text(WatcherState state) {
    return kStates[static_cast<std::size_t>(state)];
}

EntryTick tick(const EntryPlan& plan, const EntryProgress& progress, const EntryView& view) {
    if (is_final(progress.state)) return answer(progress, progress.state, WatcherAction::end);
    if (view.now >= plan.expiry) {
        const bool own = view.open_quantity.sign() > 0;
        return answer(progress, WatcherState::expired,
                      own ? WatcherAction::cancel_own : WatcherAction::end);
    }
    const Quantity effective = held(plan, view) + view.open_quantity + progress.pending;
    const Quantity reached = Quantity::from_units(
        decimal::divide_floor(decimal::multiply(plan.target.units(), 99), 100));
    if (held(plan, view) >= reached) {
        return answer(progress, WatcherState::position_open);
    }
    if (view.open_quantity.sign() > 0) {
        const bool old = view.oldest_open && view.now - *view.oldest_open > kOrderLife;
        return old ? answer(progress, WatcherState::old_orders_cancelled, WatcherAction::cancel_own)
                   : answer(progress, WatcherState::awaiting_fill);
    }
    if (progress.pending.sign() > 0) return answer(progress, WatcherState::order_submitted);
    if (view.now < progress.pause_until) return answer(progress, WatcherState::order_error);
    if (!view.quote || !view.quote->valid()) {
        return answer(progress, WatcherState::awaiting_price);
    }
    const Price reference = plan.side == Side::buy ? view.quote->ask : view.quote->bid;
    if (!plan.forced && !near_limit(plan, reference)) {
        return answer(progress, WatcherState::waiting_for_trigger);
    }
    const Quantity missing = floor_to_lot(plan.target - effective, plan.lot);
    if (missing.sign() <= 0) return answer(progress, WatcherState::position_open);
    // A short needs headroom as a buy does; that it would be blocked on every margin account (H38)
    // is the gateway's to judge, by limits rather than by the size of the buying power.
    if (plan.side == Side::buy && plan.limit * missing > view.spendable) {
        EntryTick steal = answer(progress, WatcherState::blocked_no_cash, WatcherAction::steal);
        steal.quantity = missing;
        return steal;
    }
    EntryTick submit = answer(progress, WatcherState::submitting_order, WatcherAction::submit);
    submit.quantity = missing;
    submit.limit = plan.limit;
    submit.progress.pending += missing;
    return submit;
}

EntryProgress submitted_acknowledged(EntryProgress progress, Quantity quantity) {
    progress.pending -= std::min(quantity, progress.pending);
    progress.errors = 0;
    progress.state = WatcherState::order_submitted;
    return progress;
}

EntryProgress submitted_failed(const EntryPlan& plan, EntryProgress progress, Quantity quantity,
                               Timestamp now) {
    progress.pending -= std::min(quantity, progress.pending);
    ++progress.errors;
    progress.pause_until = now + kErrorPause;
    const bool given_up =
        plan.asset_class != AssetClass::crypto && progress.errors >= kEquityErrorLimit;
    progress.state = given_up ? WatcherState::error_limit_exceeded : WatcherState::order_error;
    return progress;
}

Timestamp entry_expiry(AssetClass asset_class, Timestamp now) {
    Timestamp expiry;
    if (asset_class == AssetClass::crypto) {
        expiry = market::new_york_time(market::new_york_date(now) + 1, 22, 0);
    } else {
        const auto calendar = market::TradingCalendar::nyse;
        expiry = market::next_session(calendar, market::exchange_date(calendar, now)).close;
    }
    return std::max(expiry, now + kShortestWatch);
}

}  // namespace tradewind::orders

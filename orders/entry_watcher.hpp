// The entry watcher: works one entry limit of one (symbol, side) until it is filled or expires.
//
// tick() is a pure function of the plan, the state it left behind, and what is known now; it
// answers the new state, a state name for the operator, and at most one thing to do. The caller
// owns the state value, sends what is asked for through the gateway and reports errors back. A
// reservation outlives an empty order list: it ends when the broker acknowledged or rejected the
// order, or, for an order whose fate is unknown, never by itself (H34). Source: strategies
// spec 4.9.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"

namespace tradewind::orders {

enum class WatcherState : std::uint8_t {
    initializing,
    position_open,
    old_orders_cancelled,
    awaiting_fill,
    awaiting_price,
    waiting_for_trigger,
    trigger_override,
    work_steal_success,
    blocked_no_cash,
    submitting_order,
    order_submitted,
    order_error,
    polling_error,
    error_limit_exceeded,
    expired,
    cancelled,
};
[[nodiscard]] std::string_view to_text(WatcherState state);
[[nodiscard]] constexpr bool is_final(WatcherState state) {
    return state == WatcherState::error_limit_exceeded || state == WatcherState::expired ||
           state == WatcherState::cancelled;
}

struct EntryPlan {
    Symbol symbol;
    AssetClass asset_class = AssetClass::us_equity;
    Side side = Side::buy;
    Price limit;
    Quantity target;  // > 0
    Quantity lot = Quantity::from_units(10);
    Fraction tolerance = Fraction::of("0.0066");  // of the limit: how near the market must be
    bool forced = false;                          // place without waiting for the price
    Timestamp expiry;
};

// Defaults of the plan's terms.
constexpr std::int64_t kOrderLife = 24 * kHour;  // an own order older is cancelled
constexpr std::int64_t kErrorPause = 60 * kSecond;
constexpr std::uint32_t kEquityErrorLimit = 10;  // coins are tried for ever
constexpr std::int64_t kShortestWatch = 60 * kMinute;

// What the watcher carries from tick to tick.
struct EntryProgress {
    WatcherState state = WatcherState::initializing;
    Quantity pending;          // submitted, not yet acknowledged or rejected
    std::uint32_t errors = 0;  // in a row
    Timestamp pause_until;
};

// What is known at a tick.
struct EntryView {
    Timestamp now;
    std::optional<Quote> quote;            // empty: none usable
    Quantity position;                     // signed
    Quantity open_quantity;                // own working entry orders
    std::optional<Timestamp> oldest_open;  // submission of the oldest of them
    Money spendable;                       // max(cash, buying power) less reservations
};

enum class WatcherAction : std::uint8_t { none, cancel_own, submit, steal, end };

struct EntryTick {
    EntryProgress progress;
    WatcherAction action = WatcherAction::none;
    Quantity quantity;  // of submit and steal
    Price limit;        // of submit
};

// Whether the market is within the plan's tolerance of its limit.
[[nodiscard]] bool near_limit(const EntryPlan& plan, Price reference);

[[nodiscard]] EntryTick tick(const EntryPlan& plan, const EntryProgress& progress,
                             const EntryView& view);

// What became of the submitted order.
[[nodiscard]] EntryProgress submitted_acknowledged(EntryProgress progress, Quantity quantity);
[[nodiscard]] EntryProgress submitted_failed(const EntryPlan& plan, EntryProgress progress,
                                             Quantity quantity, Timestamp now);

// Coins: 22:00 New York of tomorrow; shares: the close of the next exchange session; never sooner
// than 60 minutes.
[[nodiscard]] Timestamp entry_expiry(AssetClass asset_class, Timestamp now);

}  // namespace tradewind::orders

// Intents, orders, order events and fills: the vocabulary of the order path.
//
// Ids are text and derive from content: a decision is `STRATEGY.SYMBOL.TIME`, an order of it
// `DECISION.ROLE`, so that the same decision names the same order after a restart and the broker's
// uniqueness rule stops a second sending. Words of status, type and time in force are the broker's
// (run folder contract). Two entries of one decision on opposite sides of a symbol are
// alternatives: never both at work in a running market, and where both rest one cancels the other.
// Immutable values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/instrument.hpp"
#include "messages/money.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

enum class Side : std::uint8_t { buy, sell };
enum class OrderType : std::uint8_t { market, limit, stop, stop_limit, trailing_stop };
enum class OrderStatus : std::uint8_t {
    pending_new,  // durable here, outcome at the broker unknown
    new_order,    // accepted ("new")
    partially_filled,
    filled,
    pending_cancel,
    canceled,
    expired,
    rejected,  // by the broker
    refused,   // by our own gateway; never sent
    held,      // child of a bracket waiting for its parent
    replaced,  // another order took its place at the broker
};

[[nodiscard]] std::string_view to_text(Side side);
[[nodiscard]] std::string_view to_text(OrderType type);
[[nodiscard]] std::string_view to_text(TimeInForce tif);
[[nodiscard]] std::string_view to_text(OrderStatus status);
[[nodiscard]] std::optional<Side> side_of(std::string_view text);
[[nodiscard]] std::optional<OrderType> order_type_of(std::string_view text);
[[nodiscard]] std::optional<TimeInForce> time_in_force_of(std::string_view text);
[[nodiscard]] std::optional<OrderStatus> order_status_of(std::string_view text);

[[nodiscard]] constexpr Side opposite(Side side) {
    return side == Side::buy ? Side::sell : Side::buy;
}
[[nodiscard]] constexpr bool is_closed(OrderStatus status) {
    return status == OrderStatus::filled || status == OrderStatus::canceled ||
           status == OrderStatus::expired || status == OrderStatus::rejected ||
           status == OrderStatus::refused || status == OrderStatus::replaced;
}
// +quantity for a buy, -quantity for a sell.
[[nodiscard]] constexpr Quantity signed_quantity(Side side, Quantity quantity) {
    return side == Side::buy ? quantity : -quantity;
}

// Why an order exists. An exit only reduces a position and is never refused for want of headroom.
enum class Role : std::uint8_t { entry, exit };
[[nodiscard]] std::string_view to_text(Role role);

// The exit plan that travels with an entry, so that a filled entry is never without one (I-8).
struct ExitPlan {
    Price target;  // zero: none. Limit at this price once the entry has filled.
    TimeInForce target_time_in_force = TimeInForce::gtc;
    bool leave_at_close = false;  // INSTANT_CLOSE: market on close of the bar or session
    Price stop;                   // zero: none. Protective stop.

    friend bool operator==(const ExitPlan&, const ExitPlan&) = default;
};

// What a strategy or the portfolio wants, before the gateway has seen it.
struct Intent {
    std::string decision_id;
    std::string strategy;
    Symbol symbol;
    Timestamp time;
    Side side = Side::buy;
    Role role = Role::entry;
    OrderType type = OrderType::market;
    TimeInForce time_in_force = TimeInForce::day;
    Quantity quantity;  // > 0
    Price limit_price;  // zero: none
    Price stop_price;   // zero: none; trailing_stop: the trail in currency
    ExitPlan exit_plan;
    double score = 0;
    std::string leg;  // "open", "close", "target", ...: distinguishes orders of one decision
    std::string reason;
};

// A cancel of the working orders of one strategy in one symbol (role entry: only entries; side:
// only orders of that side).
struct CancelIntent {
    std::string strategy;
    Symbol symbol;
    std::optional<Role> role;
    std::string reason;
    std::optional<Side> side = std::nullopt;
};

struct Order {
    std::string order_id;  // sent as client order id, at most 128 ASCII characters
    std::string decision_id;
    std::string strategy;
    Symbol symbol;
    Timestamp time;
    Side side = Side::buy;
    Role role = Role::entry;
    OrderType type = OrderType::market;
    TimeInForce time_in_force = TimeInForce::day;
    Quantity quantity;
    Price limit_price;
    Price stop_price;
    ExitPlan exit_plan;
    std::string parent_order_id;  // child of a bracket: held until the parent fills
    std::string reason;
    // State, moved only by orders/order_state_machine.hpp.
    OrderStatus status = OrderStatus::pending_new;
    Quantity filled_quantity;
    Money filled_notional;
    Timestamp closed_time;

    [[nodiscard]] Quantity open_quantity() const { return quantity - filled_quantity; }
};

struct Fill {
    std::string fill_id;  // the broker's execution id; a second delivery is ignored
    std::string order_id;
    Symbol symbol;
    Timestamp time;
    Side side = Side::buy;
    Quantity quantity;
    Price price;
    Money fee;
    std::string strategy;

    friend bool operator==(const Fill&, const Fill&) = default;
};

enum class OrderEventKind : std::uint8_t {
    accepted,
    activated,  // a held child began to work
    filled,     // partial or whole: `fill` is set
    canceled,
    expired,
    rejected,
    refused,
    replaced,
};
[[nodiscard]] std::string_view to_text(OrderEventKind kind);

struct OrderEvent {
    OrderEventKind kind = OrderEventKind::accepted;
    std::string order_id;
    Symbol symbol;
    Timestamp time;
    std::optional<Fill> fill;
    std::string reason;
};

// `STRATEGY.SYMBOL.20240205T143000Z`: the id of what a strategy decided for a symbol at a time.
[[nodiscard]] std::string decision_id_of(std::string_view strategy, const Symbol& symbol,
                                         Timestamp time);

// One row of decisions.csv: what was wanted, and what became of it.
struct Decision {
    std::string decision_id;
    Timestamp time;
    Symbol symbol;
    std::string strategy;
    std::string side;  // "buy", "sell" or empty where no side was reached
    Price price;       // zero: none
    Quantity quantity;
    double score = 0;
    std::string outcome;  // "ordered", "refused", "kept", "skipped"
    std::string reason;
};

}  // namespace tradewind

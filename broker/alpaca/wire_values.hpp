// What the broker says, as values: orders, positions, account, clock, assets, activities, updates.
//
// Symbols are canonical here (`BTC/USD` and `BTCUSD` are one), decimals exact, times UTC. Optional
// members are empty where the broker sent null or nothing. A word that this program does not know
// becomes `other` and keeps its text. Plain immutable values. Source: broker protocol 2 and 5,
// strategies spec I-23.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/instrument.hpp"
#include "messages/money.hpp"
#include "messages/order.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind::broker::alpaca {

enum class WireStatus : std::uint8_t {
    other,
    accepted,
    pending_new,
    new_order,
    partially_filled,
    filled,
    done_for_day,
    canceled,
    expired,
    replaced,
    pending_cancel,
    pending_replace,
    accepted_for_bidding,
    stopped,
    rejected,
    suspended,
    calculated,
    held,
    pending_review,
};
[[nodiscard]] WireStatus wire_status_of(std::string_view text);
[[nodiscard]] std::string_view to_text(WireStatus status);
// filled, canceled, expired, rejected, replaced.
[[nodiscard]] bool is_terminal(WireStatus status);
// The program's word for it.
[[nodiscard]] OrderStatus order_status(WireStatus status, Quantity filled);

struct WireOrder {
    std::string id;
    std::string client_order_id;
    Symbol symbol;
    std::optional<AssetClass> asset_class;
    std::optional<Side> side;
    std::optional<OrderType> type;
    std::optional<TimeInForce> time_in_force;
    std::optional<Quantity> quantity;  // empty: ordered by notional
    Quantity filled_quantity;
    Price filled_average;  // zero: none; may have been rounded
    Price limit_price;
    Price stop_price;
    WireStatus status = WireStatus::other;
    std::string order_class;  // empty: simple
    std::string replaced_by;
    std::string replaces;
    Timestamp created;
    Timestamp updated;
    Timestamp submitted;
    Timestamp closed;  // the newest of filled, canceled, expired, failed, replaced; zero: none
    std::vector<WireOrder> legs;
};

struct WirePosition {
    Symbol symbol;
    Quantity quantity;  // signed
    Quantity available;
    Price average_entry;
    Price current;  // zero: unknown
    Money cost_basis;
};

struct WireAccount {
    std::string id;
    std::string account_number;
    std::string status;  // "ACTIVE"
    Money cash;
    Money equity;
    Money buying_power;
    bool trading_blocked = false;  // any of the three block flags
    bool shorting_enabled = false;
};

struct WireClock {
    Timestamp time;
    bool is_open = false;
    Timestamp next_open;
    Timestamp next_close;
};

struct WireAsset {
    std::string id;
    Symbol symbol;
    std::optional<AssetClass> asset_class;
    bool active = false;
    bool tradable = false;
    bool shortable = false;
    bool easy_to_borrow = false;
    bool fractionable = false;
    Quantity minimum_size;  // zero: not said
    Quantity size_step;
    Price price_step;
};

// One execution as an activity tells it.
struct WireExecution {
    std::string activity_id;
    std::string order_id;  // the broker's
    Symbol symbol;
    std::optional<Side> side;
    Quantity quantity;
    Price price;
    Quantity cumulative;  // of the order, after this one; zero: not said
    Timestamp time;

    // The execution's own id: what follows `::` in the activity's.
    [[nodiscard]] std::string execution_id() const;
};

// The order as the books know it; its client's id, or the broker's where there is none.
[[nodiscard]] Order order_of(const WireOrder& wire);

struct TradeUpdate {
    std::string event;  // "new", "fill", ...
    std::string execution_id;
    Timestamp time;
    std::optional<Price> price;        // of this execution
    std::optional<Quantity> quantity;  // of this execution
    std::optional<Quantity> position;  // signed, after it
    std::string reason;
    WireOrder order;

    [[nodiscard]] bool is_execution() const { return event == "fill" || event == "partial_fill"; }
};

struct WireError {
    std::int64_t code = 0;  // 0: none
    std::string message;
};

// The canonical spelling; empty optional: no symbol.
[[nodiscard]] std::optional<Symbol> canonical_symbol(std::string_view text);
// As orders and the crypto data routes want it: `BTC/USD`.
[[nodiscard]] std::string wire_symbol(const Symbol& symbol, AssetClass asset_class);

}  // namespace tradewind::broker::alpaca

// The kinds of events that the store keeps, and the bodies that messages/ does not already have.
//
// An event is a fact that changed, or will change, what the account owns or owes. Bars and per-bar
// equity are never events. Bodies are plain immutable values. Source: architecture section 7,
// strategies spec 4.10.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "messages/money.hpp"
#include "messages/order.hpp"
#include "messages/step.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind::ledger {

enum class EventKind : std::uint8_t {
    run_started,
    run_ended,
    session,       // SessionEvent
    decision,      // Decision; a later event of the same decision_id replaces its outcome
    order_intent,  // Order, durable before it is sent
    order_event,   // OrderEvent of any kind but `filled`
    fill,          // Fill, idempotent by fill_id
    adjustment,
    halt,    // HaltTrading
    resume,  // ResumeTrading
    plan,
    counter,
};
constexpr std::size_t kEventKinds = 12;
[[nodiscard]] std::string_view to_text(EventKind kind);
[[nodiscard]] std::optional<EventKind> event_kind_of(std::string_view text);

// A process began to use the store (first start, restart, replay).
struct RunStarted {
    std::string mode;     // "replay", "paper", "live"
    std::string version;  // program version and commit
    std::string note;     // strategy, settings hash: whatever identifies the run

    friend bool operator==(const RunStarted&, const RunStarted&) = default;
};

struct RunEnded {
    std::string reason;

    friend bool operator==(const RunEnded&, const RunEnded&) = default;
};

// A change of cash or of a position that no fill explains. Starting cash is a `deposit`.
enum class AdjustmentKind : std::uint8_t {
    deposit,
    withdrawal,
    // Charged (cash < 0) for a position: borne by the open trades of `symbol`; without a symbol by
    // all open trades, by |quantity x price of the newest fill|.
    financing,
    dividend,  // dividend or corporate action; does not enter trades
    adopted,   // the broker's position or cash was taken over
};
[[nodiscard]] std::string_view to_text(AdjustmentKind kind);
[[nodiscard]] std::optional<AdjustmentKind> adjustment_kind_of(std::string_view text);

struct Adjustment {
    AdjustmentKind kind = AdjustmentKind::deposit;
    Symbol symbol;  // empty where only cash changes
    // Kind `adopted`: the position that `strategy` holds in `symbol` from now on, signed, entered
    // at the average price `price`. Cash is not touched by it.
    std::string strategy;
    Quantity quantity;
    Price price;
    Money cash;  // signed change of cash
    std::string reason;

    friend bool operator==(const Adjustment&, const Adjustment&) = default;
};

// A plan that must outlive the process: a watcher, a ramp, an exit, or the saved state of a
// strategy. `content` is opaque text of its owner. A later event of the same plan_id replaces it.
struct PlanRecord {
    std::string plan_id;
    std::string kind;  // "watcher", "exit", "strategy_state", ...
    Symbol symbol;     // may be empty
    std::string strategy;
    std::string status;
    bool closed = false;  // closed plans are not handed back after a restart
    std::string content;

    friend bool operator==(const PlanRecord&, const PlanRecord&) = default;
};

// A named whole number that must outlive the process; the newest value counts.
struct CounterRecord {
    std::string name;
    std::int64_t value = 0;

    friend bool operator==(const CounterRecord&, const CounterRecord&) = default;
};

}  // namespace tradewind::ledger

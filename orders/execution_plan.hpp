// The plan of one position at a broker that knows no brackets: entry, then target, then leaving.
//
// A state machine over order events: it answers what to send and what to cancel next, and keeps a
// filled entry from ever being without an exit (I-8). A larger or other exit is sent only after
// the working one is confirmed closed (I-14); a pending exit is tried again until the position is
// flat (I-40). Ids derive from the entry's id, the leg and the attempt, so that the same plan names
// the same orders after a restart: `ENTRY.target`, `ENTRY.target.2`, `ENTRY.close`, ...
// The caller owns the plan, passes every event of its orders, and calls leave() when the exit at
// the close (or for any other reason) is due. Not thread-safe; no clock.
// At the matching engine and at brokers with brackets the children of the entry do this work
// (orders/bracket.hpp). Source: strategies spec 1.3, 1.4, 4.8, 4.9.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/order.hpp"

namespace tradewind::orders {

enum class PlanPhase : std::uint8_t {
    entering,  // the entry works; what filled may already have its target
    holding,   // the entry is closed, a position is open
    leaving,   // the exit is due: no target any more
    done,      // flat, and nothing works
};

struct PlanActions {
    std::vector<Order> submit;
    std::vector<std::string> cancel;  // order ids

    [[nodiscard]] bool empty() const { return submit.empty() && cancel.empty(); }
};

// How to leave. A limit of zero is a market order.
struct LeaveOrder {
    Price limit;
    TimeInForce time_in_force = TimeInForce::day;
    std::string reason;
};

class ExecutionPlan {
  public:
    // `entry` with its exit plan; the plan sends it without, so that nobody makes children of it.
    explicit ExecutionPlan(const Order& entry);

    // The entry. Once, before any event.
    [[nodiscard]] Order start() const;
    // Events of other orders change nothing.
    [[nodiscard]] PlanActions on_event(const OrderEvent& event);
    // Leave the position: cancels entry and target, then sends `how` for what is open. Called
    // again while leaving it changes the terms of the next attempt, and replaces a working exit
    // whose limit differs.
    [[nodiscard]] PlanActions leave(const LeaveOrder& how, Timestamp now);
    // Tries again what was rejected or expired; called by the owner's timer.
    [[nodiscard]] PlanActions retry(Timestamp now);

    [[nodiscard]] PlanPhase phase() const { return phase_; }
    [[nodiscard]] Quantity open_position() const { return entered_ - exited_; }
    [[nodiscard]] const Order& entry() const { return entry_; }
    // The plan as it came with the entry. Its protective stop is not worked here: it would need the
    // broker to let target and stop share one quantity.
    [[nodiscard]] const ExitPlan& exit_plan() const { return exit_plan_; }
    // The exit that works or was sent last; empty: none yet.
    [[nodiscard]] const std::optional<Order>& exit() const { return exit_; }

  private:
    [[nodiscard]] PlanActions next(Timestamp now);
    [[nodiscard]] Order make_exit(Timestamp now);
    [[nodiscard]] bool exit_works() const;
    void note_fill(const Fill& fill, Quantity& total);

    Order entry_;
    ExitPlan exit_plan_;
    PlanPhase phase_ = PlanPhase::entering;
    Quantity entered_;
    Quantity exited_;
    std::optional<Order> exit_;
    std::optional<LeaveOrder> leave_;
    std::vector<std::string> fill_ids_;
    std::uint32_t targets_ = 0;  // attempts so far
    std::uint32_t closes_ = 0;
    bool exit_cancel_sent_ = false;
    bool entry_cancel_sent_ = false;
    bool exit_failed_ = false;  // rejected or expired: wait for retry()
};

}  // namespace tradewind::orders

// What the events add up to: orders, fills, positions, decisions, plans, counters, trades, cash.
//
// A pure fold: `apply` is called once per event, in sequence. The event store owns one and writes
// its changed rows into the derived tables; verification folds the events again and compares. Lists
// keep the order of their first event. Not synchronised: one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ledger/event.hpp"
#include "messages/account.hpp"
#include "messages/order.hpp"
#include "orders/account_book.hpp"
#include "orders/id_index.hpp"

namespace tradewind::ledger {

struct BookedOrder {
    std::uint64_t sequence = 0;  // of the order_intent event
    Order order;
};

struct BookedFill {
    std::uint64_t sequence = 0;
    Fill fill;
    Quantity position;  // of the symbol, after the fill
    Money cash;         // after the fill
};

struct BookedDecision {
    std::uint64_t sequence = 0;  // of the first event of this decision_id
    Decision decision;
};

struct BookedPlan {
    std::uint64_t sequence = 0;
    PlanRecord plan;
};

struct BookedAdjustment {
    std::uint64_t sequence = 0;
    Timestamp time;
    Adjustment adjustment;
    Quantity position_change;  // of the symbol
};

// Which derived rows an event changed (indexes into the lists below).
struct Changes {
    std::vector<std::size_t> orders;
    std::vector<std::size_t> decisions;
    std::vector<std::size_t> plans;
    std::vector<Symbol> positions;
    std::vector<std::string> counters;
};

class LedgerState {
  public:
    void apply(std::uint64_t sequence, Timestamp time, const RunStarted& started);
    void apply(std::uint64_t sequence, Timestamp time, const RunEnded& ended);
    void apply(std::uint64_t sequence, Timestamp time, const SessionEvent& session);
    void apply(std::uint64_t sequence, Timestamp time, const Decision& decision);
    void apply(std::uint64_t sequence, Timestamp time, const Order& order);
    void apply(std::uint64_t sequence, Timestamp time, const OrderEvent& event);
    void apply(std::uint64_t sequence, Timestamp time, const Fill& fill);
    void apply(std::uint64_t sequence, Timestamp time, const Adjustment& adjustment);
    void apply(std::uint64_t sequence, Timestamp time, const HaltTrading& halt);
    void apply(std::uint64_t sequence, Timestamp time, const ResumeTrading& resume);
    void apply(std::uint64_t sequence, Timestamp time, const PlanRecord& plan);
    void apply(std::uint64_t sequence, Timestamp time, const CounterRecord& counter);

    [[nodiscard]] const std::vector<BookedOrder>& orders() const { return orders_; }
    [[nodiscard]] const std::vector<BookedFill>& fills() const { return fills_; }
    [[nodiscard]] const std::vector<BookedDecision>& decisions() const { return decisions_; }
    [[nodiscard]] const std::vector<BookedPlan>& plans() const { return plans_; }
    [[nodiscard]] const std::vector<BookedAdjustment>& adjustments() const { return adjustments_; }
    [[nodiscard]] const std::vector<orders::RoundTrip>& trades() const { return trades_; }
    // Only where the quantity is not zero. `last_price` is the price of the newest fill.
    [[nodiscard]] std::map<Symbol, Position> positions() const;
    // The position of one symbol; quantity zero where it is flat or unknown.
    [[nodiscard]] Position position(Symbol symbol) const;
    [[nodiscard]] const std::map<std::string, std::int64_t>& counters() const { return counters_; }
    [[nodiscard]] Money cash() const { return account_.cash(); }
    [[nodiscard]] Money fees() const { return account_.totals().fees; }
    [[nodiscard]] Money financing() const { return account_.totals().financing; }
    [[nodiscard]] bool halted() const { return halted_; }
    [[nodiscard]] const HaltTrading& last_halt() const { return last_halt_; }
    [[nodiscard]] std::uint64_t runs() const { return runs_; }
    [[nodiscard]] bool run_open() const { return run_open_; }  // no run_ended after run_started
    [[nodiscard]] std::uint64_t last_sequence() const { return last_sequence_; }
    [[nodiscard]] Timestamp last_time() const { return last_time_; }

    // Null where unknown.
    [[nodiscard]] const BookedOrder* find_order(std::string_view order_id) const;
    [[nodiscard]] const BookedFill* find_fill(std::string_view fill_id) const;
    [[nodiscard]] const BookedDecision* find_decision(std::string_view decision_id) const;

    // The rows changed since the last call.
    [[nodiscard]] Changes take_changes();
    void forget_changes() { changes_ = {}; }

  private:
    // Texts of the ids that the indexes number.
    [[nodiscard]] auto order_ids() const {
        return [this](std::size_t i) -> std::string_view { return orders_[i].order.order_id; };
    }
    [[nodiscard]] auto fill_ids() const {
        return [this](std::size_t i) -> std::string_view { return fills_[i].fill.fill_id; };
    }
    [[nodiscard]] auto decision_ids() const {
        return [this](std::size_t i) -> std::string_view {
            return decisions_[i].decision.decision_id;
        };
    }
    [[nodiscard]] auto plan_ids() const {
        return [this](std::size_t i) -> std::string_view { return plans_[i].plan.plan_id; };
    }

    void touch(std::uint64_t sequence, Timestamp time);
    orders::SlotId slot_of(Symbol symbol);
    void take_trades();

    std::vector<BookedOrder> orders_;
    std::vector<BookedFill> fills_;
    std::vector<BookedDecision> decisions_;
    std::vector<BookedPlan> plans_;
    std::vector<BookedAdjustment> adjustments_;
    orders::IdIndex order_index_;
    orders::IdIndex fill_index_;
    orders::IdIndex decision_index_;
    orders::IdIndex plan_index_;
    std::vector<orders::RoundTrip> trades_;
    std::map<std::string, std::int64_t> counters_;
    // Cash, positions and round trips: the same arithmetic as that of the trading account. Fill ids
    // are remembered above.
    orders::AccountBook account_{Money{}, Fraction::whole(1),
                                 orders::AccountBook::FillMemory::none};
    std::unordered_map<Symbol, orders::SlotId> slots_;
    bool halted_ = false;
    HaltTrading last_halt_;
    std::uint64_t runs_ = 0;
    bool run_open_ = false;
    std::uint64_t last_sequence_ = 0;
    Timestamp last_time_;
    Changes changes_;
};

}  // namespace tradewind::ledger

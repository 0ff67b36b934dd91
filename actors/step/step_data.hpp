// What passes between the stages of one step. Plain values; the inputs are shared and immutable.
//
// A step runs its stages in a fixed order: market data -> decisions -> execution -> gateway ->
// ledger -> broker, and again for what the broker answered, until nothing is left. Every stage
// sees the same inputs, read as of the step. Symbols are dense slots, in ascending symbol order,
// fixed for a run, so that "by slot" is "by symbol". Source: architecture section 5.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/event.hpp"
#include "ledger/run_rows.hpp"
#include "messages/account.hpp"
#include "messages/forecast.hpp"
#include "messages/headroom.hpp"
#include "messages/holdings.hpp"
#include "messages/order.hpp"
#include "messages/order_work.hpp"
#include "messages/pass.hpp"
#include "messages/step.hpp"
#include "orders/account_book.hpp"
#include "orders/work_stealing.hpp"
#include "strategy/host.hpp"

namespace tradewind::actors {

using SlotId = std::uint32_t;

struct SlotBar {
    SlotId slot = 0;
    bool tradable = true;  // false: history or late; feeds averages only
    bool last = false;     // the run's last bar of this symbol
    Bar bar;
};
struct SlotOpen {
    SlotId slot = 0;
    Timestamp time;
    Price open;
};
struct SlotQuote {
    SlotId slot = 0;
    Quote quote;
};

// Everything that one step releases.
struct StepInputs {
    Step step;
    std::vector<SlotBar> closes;  // bars that ended at step.time or became known
    std::vector<SlotQuote> quotes;
    std::vector<SessionEvent> sessions;
    std::vector<PassEnded> passes;
    std::vector<OrderEvent> broker_events;  // of a broker that answers later
    std::vector<BrokerState> broker_states;
    std::vector<ledger::Adjustment> adjustments;  // the broker's truth, adopted with a cause
    std::vector<Order> adopted_orders;            // working at the broker, not sent by this program
    std::vector<HaltTrading> halts;
    std::vector<ResumeTrading> resumes;
    std::vector<PassDue> due;     // of the schedule; what begins comes back among the passes
    std::vector<SlotBar> daily;   // daily bars completed at this step, for the forecast portfolio
    std::vector<SlotOpen> opens;  // bars that begin at step.time, after all decisions
    bool stopping = false;        // the daemon ends in order: working entries are cancelled
    bool equity_row = false;      // a bar ended: the step leaves a row in the equity curve

    [[nodiscard]] std::size_t input_count() const {
        return closes.size() + daily.size() + quotes.size() + sessions.size() + passes.size() +
               broker_events.size() + broker_states.size() + adjustments.size() +
               adopted_orders.size() + halts.size() + resumes.size() + due.size() + opens.size();
    }
    void clear() {
        closes.clear();
        quotes.clear();
        sessions.clear();
        passes.clear();
        broker_events.clear();
        broker_states.clear();
        adjustments.clear();
        adopted_orders.clear();
        halts.clear();
        resumes.clear();
        due.clear();
        daily.clear();
        opens.clear();
        stopping = false;
        equity_row = false;
    }
};
using StepInputsPtr = std::shared_ptr<const StepInputs>;

// An order event that changed an order, with what the other stages need to know of the order.
struct AppliedEvent {
    std::uint32_t index = 0;  // of the event in the batch that was applied
    OrderEvent event;
    SlotId slot = 0;
    std::string strategy;
    std::string order_reason;
    Role role = Role::entry;
    bool closed = false;  // the order left the working state
};

// What execution made of a batch of events.
struct ApplyReply {
    std::vector<AppliedEvent> events;
    bool ready = false;  // intents that waited for a cancel can be planned now
};

// Requests and replies of the stages. `inputs` is null in the later rounds of a step.
struct BookRequest {
    StepInputsPtr inputs;
    std::vector<AppliedEvent> events;
    bool works = false;  // execution works orders over time: it wants to know what may be spent
};
// What works of orders may spend as of the step.
struct WorkMoney {
    Money spendable;  // buying power that no order has reserved
    bool entries_allowed = true;
};
struct BookReply {
    std::vector<AppliedEvent> events;  // those of the request, handed on
    Money equity;
    std::vector<ledger::Adjustment> adjustments;  // financing that fell due
    std::vector<orders::RoundTrip> round_trips;   // that ended with these events
    std::optional<HaltTrading> halt;              // a loss limit was reached
    std::vector<ledger::PlanRecord> plans;        // state that must outlive the process
    // Where a session opens (a pass may be due) or a pass has ended: the account, and what it can
    // still bear.
    std::optional<AccountSnapshot> account;
    std::optional<Headroom> headroom;
    Holdings holdings;  // with the account
    WorkMoney money;    // where it was asked for
};

struct DecideRequest {
    StepInputsPtr inputs;
    Timestamp now;
    std::vector<AppliedEvent> events;
    Money equity;
    std::vector<orders::RoundTrip> round_trips;
    std::optional<AccountSnapshot> account;
    std::optional<Headroom> headroom;
    Holdings holdings;     // with the account
    WorkKeys at_work;      // with the account: what execution works, as of the step before
    bool closing = false;  // the round after the decisions: symbols whose last bar this was
};
struct DecideReply {
    std::vector<AppliedEvent> events;  // those of the request, handed on to the ledger
    strategy::Wanted wanted;
    std::vector<ledger::ForecastRecord> forecasts;
    std::vector<ledger::PlanRecord> plans;  // state that must outlive the process
    bool pass_begun = false;  // its rows come back in a later step (StepInputs::passes)
};

struct PlanRequest {
    StepInputsPtr inputs;
    Timestamp now;
    std::vector<HaltTrading> halts;
    std::vector<CancelIntent> cancels;
    std::vector<Intent> intents;
    std::vector<OrderWork> works;
    WorkMoney money;
    std::vector<Order> adopted_orders;        // known from here on, never sent
    std::vector<ledger::Adjustment> adopted;  // positions as the gateway booked them
    std::vector<orders::StolenOrder> stolen;  // orders that give way to others; nothing else then
    bool idle = false;                        // other shards' orders are stolen: nothing to do
};
struct PlanReply {
    std::vector<Order> orders;              // by slot, then order of intents
    std::vector<std::string> cancel_ids;    // working orders to cancel at the broker, ascending
    bool working = false;                   // orders are worked: every step of the market counts
    std::vector<ledger::PlanRecord> plans;  // the works, which must outlive the process
    std::vector<orders::MoneyClaim> short_of_money;
    std::vector<orders::MoneyClaim> claims;  // entries with an order, where some are short
};

struct AssessRequest {
    Timestamp now;
    std::vector<Order> orders;
};
struct AssessReply {
    std::vector<Order> accepted;
    std::vector<OrderEvent> refusals;
};

struct SendRequest {
    Timestamp now;
    std::vector<Order> orders;
    std::vector<std::string> cancel_ids;
};

struct RecordRequest {
    Step step;
    std::vector<SessionEvent> sessions;
    std::vector<AppliedEvent> events;
    std::vector<ledger::Adjustment> adjustments;
    std::vector<Decision> decisions;
    std::vector<Order> orders;
    std::vector<Order> adopted_orders;  // of the broker; not to be sent
    std::vector<HaltTrading> halts;
    std::vector<ResumeTrading> resumes;
    std::vector<ledger::ForecastRecord> forecasts;
    std::vector<ledger::PlanRecord> plans;
    std::optional<ledger::EquityRow> equity;
    std::vector<ledger::PositionRow> positions;
    std::vector<ledger::PositionRow> valued;  // all positions as of the step; a daemon's view

    [[nodiscard]] bool empty() const {
        return sessions.empty() && events.empty() && adjustments.empty() && decisions.empty() &&
               orders.empty() && adopted_orders.empty() && halts.empty() && resumes.empty() &&
               forecasts.empty() && plans.empty() && !equity && positions.empty();
    }
};

// The curve and the session's positions after a step's decisions.
struct ValueReply {
    std::optional<ledger::EquityRow> equity;
    std::vector<ledger::PositionRow> positions;
    std::vector<ledger::PositionRow> valued;
};

}  // namespace tradewind::actors

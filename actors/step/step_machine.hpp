// The one description of a step: which stage is asked next, given what the last one answered.
//
// A pure state machine. It is driven in two ways that give the same bytes: by direct calls inside
// one actor (actors/step/fused_steps.hpp) and by messages between the role actors
// (actors/sequencer). Use: begin(inputs); while not done(): ask the stage named by call() and hand
// its reply to answer(). Not thread-safe; owned by the sequencer.
//
//   market -> apply -> book -> decide -> plan -> assess -> record -> send -+
//              ^                                                          | events
//              +----------------------------------------------------------+
//   While orders are worked over time, every step plans; the first works ask the book what they may
//   spend before they are planned. Entries that are short of money are
//   matched here with those that give way to them, as they may be of other shards: then it plans
//   once more. At last, when no event is left: the end of symbols whose last bar this was, value
//   (equity), open, record.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "actors/step/step_data.hpp"

namespace tradewind::actors {

// The plan under which it is kept which entries gave way to which.
constexpr const char* kStealingPlan = "work_stealing";

struct MarketCall {
    StepInputsPtr inputs;
};
struct OpenCall {
    StepInputsPtr inputs;
};
struct EndCall {  // the data of some symbols ended with this step
    StepInputsPtr inputs;
};
struct ApplyCall {
    std::vector<OrderEvent> events;
};
struct ValueCall {
    StepInputsPtr inputs;
};

using StageCall =
    std::variant<std::monostate, MarketCall, ApplyCall, BookRequest, DecideRequest, PlanRequest,
                 AssessRequest, RecordRequest, SendRequest, ValueCall, OpenCall, EndCall>;

class StepMachine {
  public:
    StepMachine() = default;
    // `working`: execution has works from before the first step, `at_work`: which.
    StepMachine(orders::WorkStealing stealing, bool working, WorkKeys at_work = {})
        : working_(working), at_work_(std::move(at_work)), stealing_(std::move(stealing)) {}

    void begin(StepInputsPtr inputs);
    [[nodiscard]] bool done() const { return std::holds_alternative<std::monostate>(call_); }
    [[nodiscard]] StageCall& call() { return call_; }

    void answer_events(std::vector<OrderEvent> events);  // of broker calls
    void answer(ApplyReply reply);
    void answer(BookReply reply);
    void answer(DecideReply reply);
    void answer(PlanReply reply);
    void answer(AssessReply reply);
    void answer(ValueReply reply);
    // Hands the orders of the request back: they may be sent now.
    void answer_recorded(std::vector<Order> orders);

  private:
    enum class Round : std::uint8_t { decisions, ended, closing, opened };

    void start_round();
    void end_round();
    void send_or_end();
    void mark_outcomes(const std::vector<OrderEvent>& refusals);

    StepInputsPtr inputs_;
    StageCall call_;
    Round round_ = Round::decisions;
    bool first_ = true;  // the first pass of the decisions round shows the inputs
    bool final_record_ = false;
    bool plan_ready_ = false;
    bool working_ = false;                  // execution works orders over time
    WorkKeys at_work_;                      // those that are not about to end
    bool money_asked_ = false;              // in this round
    std::optional<PlanRequest> for_money_;  // a plan that waits for it
    WorkMoney money_;
    orders::WorkStealing stealing_;
    std::vector<Order> planned_;  // before those that were stolen are cancelled
    std::vector<OrderEvent> events_;
    std::vector<HaltTrading> halts_;           // not planned for yet
    std::vector<ledger::Adjustment> adopted_;  // positions, not planned for yet
    RecordRequest record_;
    SendRequest send_;
};

}  // namespace tradewind::actors

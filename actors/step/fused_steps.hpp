// Drives the step machine by direct calls inside one thread. A strategy that needs no other actor
// runs so, at millions of bars a second; the actors of actors/sequencer give the same bytes.
//
// The stages are borrowed; the caller owns them and this object, on one thread.
#pragma once

#include "actors/execution/execution_stage.hpp"
#include "actors/gateway/gateway_stage.hpp"
#include "actors/ledger/ledger_stage.hpp"
#include "actors/step/stages.hpp"
#include "actors/step/step_machine.hpp"

namespace tradewind::actors {

struct Stages {
    BrokerStage& broker;
    ExecutionStage& execution;
    GatewayStage& gateway;
    DecisionStage& decisions;
    LedgerStage& ledger;
    orders::WorkStealing stealing = {};
    bool working = false;  // execution has works from before the first step
    WorkKeys at_work = {};
};

class FusedSteps {
  public:
    explicit FusedSteps(Stages stages)
        : stages_(stages),
          machine_(stages.stealing, stages.working, stages.at_work),
          working_(stages.working) {}
    void run(StepInputsPtr inputs);

  private:
    // A step in which nothing but prices moves asks its stages without the machine. Where something
    // happens, the machine hears the answers so far and goes on: true where the step is done.
    [[nodiscard]] bool run_quiet(const StepInputsPtr& inputs);
    void begin(const StepInputsPtr& inputs, std::vector<OrderEvent> events);
    void begin(const StepInputsPtr& inputs, BookReply booked, DecideReply decided);

    void ask(std::monostate) {}
    void ask(const MarketCall& call);
    void ask(const OpenCall& call);
    void ask(const EndCall& call);
    void ask(ApplyCall& call);
    void ask(const ValueCall& call);
    void ask(BookRequest& call);
    void ask(DecideRequest& call);
    void ask(PlanRequest& call);
    void ask(AssessRequest& call);
    void ask(RecordRequest& call);
    void ask(SendRequest& call);

    Stages stages_;
    StepMachine machine_;
    RecordRequest row_;  // of a quiet step: the curve's row alone
    // What execution has to plan in the next step whatever its inputs.
    bool working_ = false;  // orders worked over time
    bool ready_ = false;    // intents that waited for a cancel
};

}  // namespace tradewind::actors

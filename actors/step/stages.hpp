// The stages that differ between wirings, as interfaces: who answers for the market and takes
// orders, and who decides. Called by one thread at a time, in the order of the step machine.
#pragma once

#include <vector>

#include "actors/step/step_data.hpp"

namespace tradewind::actors {

class BrokerStage {
  public:
    virtual ~BrokerStage() = default;
    virtual std::vector<OrderEvent> market(const StepInputs& inputs) = 0;
    virtual std::vector<OrderEvent> send(SendRequest request) = 0;
    virtual std::vector<OrderEvent> open(const StepInputs& inputs) = 0;
    // The data of the symbols whose last bar closed in this step has ended.
    virtual std::vector<OrderEvent> end_of_symbols(const StepInputs& /*inputs*/) { return {}; }
    // The data of a replay has ended: what is still open expires.
    virtual std::vector<OrderEvent> end_of_data(Timestamp now) = 0;
};

class DecisionStage {
  public:
    virtual ~DecisionStage() = default;
    // Hands the request's events back in its reply.
    virtual DecideReply decide(DecideRequest&& request) = 0;
};

}  // namespace tradewind::actors

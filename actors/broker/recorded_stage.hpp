// The broker role of a replayed recording: it answers nothing, because what the broker said is in
// the recorded inputs, at the steps at which it came. Stateless; any thread.
#pragma once

#include <vector>

#include "actors/step/stages.hpp"

namespace tradewind::actors {

class RecordedBrokerStage final : public BrokerStage {
  public:
    std::vector<OrderEvent> market(const StepInputs& /*inputs*/) override { return {}; }
    std::vector<OrderEvent> send(SendRequest /*request*/) override { return {}; }
    std::vector<OrderEvent> open(const StepInputs& /*inputs*/) override { return {}; }
    std::vector<OrderEvent> end_of_data(Timestamp /*now*/) override { return {}; }
};

}  // namespace tradewind::actors

// The broker role on recorded bars: the matching engine inside a step. (broker/paper_broker.hpp
// adds books of its own; here the account's books are the gateway's, and one set is enough.)
//
// Owned by the broker actor or by a fused replay; one thread. market() plays what ended at the
// step (closed bars, session closes), send() submits and cancels, open() plays what begins
// (session opens, opened bars), in the engine's order of one instant. Source: architecture 5.
#pragma once

#include <vector>

#include "actors/step/stages.hpp"
#include "broker/matching_engine.hpp"

namespace tradewind::actors {

class PaperBrokerStage final : public BrokerStage {
  public:
    // Instruments in slot order.
    PaperBrokerStage(const broker::MatchingSettings& settings,
                     const std::vector<strategy::SymbolInfo>& symbols);

    std::vector<OrderEvent> market(const StepInputs& inputs) override;
    std::vector<OrderEvent> send(SendRequest request) override;
    std::vector<OrderEvent> open(const StepInputs& inputs) override;
    std::vector<OrderEvent> end_of_symbols(const StepInputs& inputs) override;
    std::vector<OrderEvent> end_of_data(Timestamp now) override;

  private:
    broker::MatchingEngine engine_;
};

}  // namespace tradewind::actors

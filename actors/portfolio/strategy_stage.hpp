// The decision role of user strategies: tells the strategy host what a step brought and collects
// what the strategies want. Owned by the portfolio actor or by a fused replay; one thread.
#pragma once

#include "actors/step/stages.hpp"
#include "strategy/host.hpp"

#include <vector>

namespace tradewind::actors {

class StrategyStage final : public DecisionStage {
  public:
    StrategyStage(std::vector<strategy::StrategyInstance> instances,
                  std::vector<strategy::SymbolInfo> symbols);

    DecideReply decide(const DecideRequest& request) override;

    [[nodiscard]] strategy::StrategyHost& host() { return host_; }

  private:
    strategy::StrategyHost host_;
};

}  // namespace tradewind::actors

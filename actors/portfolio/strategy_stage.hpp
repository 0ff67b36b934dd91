// The decision role of user strategies: tells the strategy host what a step brought and collects
// what the strategies want. Owned by the portfolio actor or by a fused replay; one thread.
#pragma once

#include <string>
#include <vector>

#include "actors/step/stages.hpp"
#include "strategy/host.hpp"

namespace tradewind::actors {

// The plan under which the state of the user's strategies is kept.
constexpr const char* kStrategyStatePlan = "strategy_state";

class StrategyStage final : public DecisionStage {
  public:
    StrategyStage(std::vector<strategy::StrategyInstance> instances,
                  std::vector<strategy::SymbolInfo> symbols, bool save_state = false);

    DecideReply decide(DecideRequest&& request) override;

    [[nodiscard]] strategy::StrategyHost& host() { return host_; }

  private:
    strategy::StrategyHost host_;
    bool save_state_;  // a daemon keeps what is not a function of the bars
    std::string saved_;
};

}  // namespace tradewind::actors

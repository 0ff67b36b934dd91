#include "actors/portfolio/portfolio_actor.hpp"

#include <caf/all.hpp>

namespace tradewind::actors {
namespace {

struct PortfolioState {
    static inline const char* name = "tradewind.portfolio";
};

PortfolioActor::behavior_type portfolio(PortfolioActor::stateful_pointer<PortfolioState> self,
                                        const std::shared_ptr<DecisionStage>& stage,
                                        const FailureBoxPtr& failures) {
    prepare(self, failures);
    return {
        [stage, failures](DecideRequest& request) {
            return guarded<caf::result<DecideReply>>(
                failures, [&] { return stage->decide(std::move(request)); });
        },
        // The stage analyses in the step that brings the pass back.
        [](const AwaitPass& pass) { return PassEnded{pass.begun}; },
    };
}

}  // namespace

PortfolioActor spawn_portfolio(caf::actor_system& system, std::shared_ptr<DecisionStage> stage,
                               FailureBoxPtr failures) {
    return system.spawn(portfolio, std::move(stage), std::move(failures));
}

}  // namespace tradewind::actors

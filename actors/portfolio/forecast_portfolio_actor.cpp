#include "actors/portfolio/forecast_portfolio_actor.hpp"

#include <caf/all.hpp>
#include <utility>

namespace tradewind::actors {
namespace {

struct PortfolioState {
    static inline const char* name = "tradewind.portfolio";
};

// One pass on its way through the shards.
struct Pass {
    DecideRequest request;
    std::vector<AnalysisReply> replies;
    std::size_t missing = 0;
    bool failed = false;
    caf::typed_response_promise<DecideReply> promise;
};

PortfolioActor::behavior_type portfolio(PortfolioActor::stateful_pointer<PortfolioState> self,
                                        const std::shared_ptr<ForecastStage>& stage,
                                        const std::vector<AnalysisActor>& shards,
                                        const FailureBoxPtr& failures) {
    prepare(self, failures);
    return {
        [self, stage, shards, failures](DecideRequest& request) -> caf::result<DecideReply> {
            return guarded<caf::result<DecideReply>>(failures, [&]() -> caf::result<DecideReply> {
                auto tasks = stage->begin(request);
                if (tasks.empty()) return stage->finish(std::move(request), {});
                auto pass = std::make_shared<Pass>();
                pass->request = std::move(request);
                pass->missing = tasks.size();
                pass->promise = self->make_response_promise<DecideReply>();
                for (auto& task : tasks) {
                    const auto& shard = shards[task.slot % shards.size()];
                    self->request(shard, caf::infinite, std::move(task))
                        .then(
                            [pass, stage, failures](AnalysisReply& reply) {
                                pass->replies.push_back(std::move(reply));
                                if (--pass->missing > 0 || pass->failed) return;
                                try {
                                    pass->promise.deliver(stage->finish(std::move(pass->request),
                                                                        std::move(pass->replies)));
                                } catch (...) {
                                    failures->keep(std::current_exception());
                                    pass->promise.deliver(caf::make_error(caf::sec::runtime_error));
                                }
                            },
                            [pass](caf::error& error) {
                                if (std::exchange(pass->failed, true)) return;
                                pass->promise.deliver(std::move(error));
                            });
                }
                return pass->promise;
            });
        },
    };
}

}  // namespace

PortfolioActor spawn_forecast_portfolio(caf::actor_system& system,
                                        std::shared_ptr<ForecastStage> stage,
                                        std::vector<AnalysisActor> shards, FailureBoxPtr failures) {
    return system.spawn(portfolio, std::move(stage), std::move(shards), std::move(failures));
}

}  // namespace tradewind::actors

#include "actors/analysis/analysis_actor.hpp"

#include <caf/all.hpp>

namespace tradewind::actors {
namespace {

struct AnalysisState {
    static inline const char* name = "tradewind.analysis";
};

AnalysisActor::behavior_type analysis(AnalysisActor::stateful_pointer<AnalysisState> self,
                                      const std::shared_ptr<AnalysisStage>& stage,
                                      const InferenceActor& inference,
                                      const FailureBoxPtr& failures) {
    prepare(self, failures);
    return {
        [self, stage, inference, failures](const AnalysisTask& task) -> caf::result<AnalysisReply> {
            return guarded<caf::result<AnalysisReply>>(
                failures, [&]() -> caf::result<AnalysisReply> {
                    auto needed = stage->needed(task);
                    if (!needed) return stage->analyse(task, nullptr);
                    auto promise = self->make_response_promise<AnalysisReply>();
                    self->request(inference, caf::infinite,
                                  ForecastRequestPtr(
                                      std::make_shared<const ForecastRequest>(std::move(*needed))))
                        .then(
                            [stage, task, promise, failures](const ForecastPtr& fresh) mutable {
                                try {
                                    promise.deliver(stage->analyse(task, fresh.get()));
                                } catch (...) {
                                    failures->keep(std::current_exception());
                                    promise.deliver(caf::make_error(caf::sec::runtime_error));
                                }
                            },
                            [promise](caf::error& error) mutable {
                                promise.deliver(std::move(error));
                            });
                    return promise;
                });
        },
    };
}

}  // namespace

AnalysisActor spawn_analysis(caf::actor_system& system, std::shared_ptr<AnalysisStage> stage,
                             InferenceActor inference, FailureBoxPtr failures) {
    return system.spawn(analysis, std::move(stage), std::move(inference), std::move(failures));
}

}  // namespace tradewind::actors

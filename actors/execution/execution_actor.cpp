#include "actors/execution/execution_actor.hpp"

#include <caf/all.hpp>

namespace tradewind::actors {
namespace {

struct ExecutionState {
    static inline const char* name = "tradewind.execution";
};

ExecutionActor::behavior_type execution(ExecutionActor::stateful_pointer<ExecutionState> self,
                                        const std::shared_ptr<ExecutionStage>& stage,
                                        const FailureBoxPtr& failures) {
    prepare(self, failures);
    return {
        [stage, failures](const ApplyRequest& request) {
            return guarded<caf::result<ApplyReply>>(failures,
                                                    [&] { return stage->apply(request.events); });
        },
        [stage, failures](const PlanRequest& request) {
            return guarded<caf::result<PlanReply>>(failures, [&] { return stage->plan(request); });
        },
    };
}

}  // namespace

ExecutionActor spawn_execution(caf::actor_system& system, std::shared_ptr<ExecutionStage> stage,
                               FailureBoxPtr failures) {
    return system.spawn(execution, std::move(stage), std::move(failures));
}

}  // namespace tradewind::actors

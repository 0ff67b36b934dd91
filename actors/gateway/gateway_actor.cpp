#include "actors/gateway/gateway_actor.hpp"

#include <caf/all.hpp>

namespace tradewind::actors {
namespace {

struct GatewayState {
    static inline const char* name = "tradewind.gateway";
};

GatewayActor::behavior_type gateway(GatewayActor::stateful_pointer<GatewayState> self,
                                    const std::shared_ptr<GatewayStage>& stage,
                                    const FailureBoxPtr& failures) {
    prepare(self, failures);
    return {
        [stage, failures](BookRequest& request) {
            return guarded<caf::result<BookReply>>(failures,
                                                   [&] { return stage->book(std::move(request)); });
        },
        [stage, failures](AssessRequest& request) {
            return guarded<caf::result<AssessReply>>(
                failures, [&] { return stage->assess(std::move(request)); });
        },
        [stage, failures](const ValueCall& call) {
            return guarded<caf::result<ValueReply>>(failures,
                                                    [&] { return stage->value(*call.inputs); });
        },
    };
}

}  // namespace

GatewayActor spawn_gateway(caf::actor_system& system, std::shared_ptr<GatewayStage> stage,
                           FailureBoxPtr failures) {
    return system.spawn(gateway, std::move(stage), std::move(failures));
}

}  // namespace tradewind::actors

#include "actors/broker/broker_actor.hpp"

#include <caf/all.hpp>

namespace tradewind::actors {
namespace {

struct BrokerState {
    static inline const char* name = "tradewind.broker";
    std::unique_ptr<BrokerStage> stage;
};

BrokerActor::behavior_type broker(BrokerActor::stateful_pointer<BrokerState> self,
                                  const std::shared_ptr<std::unique_ptr<BrokerStage>>& stage,
                                  const FailureBoxPtr& failures) {
    prepare(self, failures);
    self->state.stage = std::move(*stage);
    using Result = caf::result<OrderEvents>;
    auto* s = self->state.stage.get();
    return {
        [s, failures](const MarketCall& call) {
            return guarded<Result>(failures, [&] { return OrderEvents{s->market(*call.inputs)}; });
        },
        [s, failures](const SendRequest& request) {
            return guarded<Result>(failures, [&] { return OrderEvents{s->send(request)}; });
        },
        [s, failures](const OpenCall& call) {
            return guarded<Result>(failures, [&] { return OrderEvents{s->open(*call.inputs)}; });
        },
        [s, failures](const EndCall& call) {
            return guarded<Result>(failures,
                                   [&] { return OrderEvents{s->end_of_symbols(*call.inputs)}; });
        },
        [s, failures](const EndOfData& end) {
            return guarded<Result>(failures, [&] { return OrderEvents{s->end_of_data(end.now)}; });
        },
    };
}

}  // namespace

BrokerActor spawn_broker(caf::actor_system& system, std::unique_ptr<BrokerStage> stage,
                         FailureBoxPtr failures) {
    // The framework copies spawn arguments: the stage travels in a shared box and is taken out.
    auto box = std::make_shared<std::unique_ptr<BrokerStage>>(std::move(stage));
    return system.spawn(broker, box, std::move(failures));
}

}  // namespace tradewind::actors

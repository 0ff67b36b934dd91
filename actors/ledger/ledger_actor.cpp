#include "actors/ledger/ledger_actor.hpp"

#include <caf/all.hpp>

namespace tradewind::actors {
namespace {

struct LedgerState {
    static inline const char* name = "tradewind.ledger";
};

LedgerActor::behavior_type ledger(LedgerActor::stateful_pointer<LedgerState> self,
                                  const std::shared_ptr<LedgerStage>& stage,
                                  const FailureBoxPtr& failures) {
    prepare(self, failures);
    return {
        [stage, failures](const RecordRequest& request) {
            return guarded<caf::result<Recorded>>(failures, [&] {
                stage->record(request);
                return Recorded{};
            });
        },
    };
}

}  // namespace

LedgerActor spawn_ledger(caf::actor_system& system, std::shared_ptr<LedgerStage> stage,
                         FailureBoxPtr failures, bool own_thread) {
    if (own_thread) {
        return system.spawn<caf::detached>(ledger, std::move(stage), std::move(failures));
    }
    return system.spawn(ledger, std::move(stage), std::move(failures));
}

}  // namespace tradewind::actors

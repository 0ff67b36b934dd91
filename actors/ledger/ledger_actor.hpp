// The ledger as an actor on its own thread: it waits for the disk.
#pragma once

#include <caf/fwd.hpp>
#include <memory>

#include "actors/ledger/ledger_stage.hpp"
#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"

namespace tradewind::actors {

LedgerActor spawn_ledger(caf::actor_system& system, std::shared_ptr<LedgerStage> stage,
                         FailureBoxPtr failures, bool own_thread = true);

}  // namespace tradewind::actors

// The broker actor of local wirings: a thin shell around a BrokerStage.
#pragma once

#include <caf/fwd.hpp>
#include <memory>

#include "actors/step/stages.hpp"
#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"

namespace tradewind::actors {

// The stage belongs to the actor from here on.
BrokerActor spawn_broker(caf::actor_system& system, std::unique_ptr<BrokerStage> stage,
                         FailureBoxPtr failures);

}  // namespace tradewind::actors

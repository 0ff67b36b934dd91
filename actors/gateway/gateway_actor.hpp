// The gateway as an actor; the stage is its own from here on.
#pragma once

#include <caf/fwd.hpp>
#include <memory>

#include "actors/gateway/gateway_stage.hpp"
#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"

namespace tradewind::actors {

GatewayActor spawn_gateway(caf::actor_system& system, std::shared_ptr<GatewayStage> stage,
                           FailureBoxPtr failures);

}  // namespace tradewind::actors

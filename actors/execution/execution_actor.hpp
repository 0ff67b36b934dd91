// One execution shard as an actor; the stage is its own from here on.
#pragma once

#include <caf/fwd.hpp>
#include <memory>

#include "actors/execution/execution_stage.hpp"
#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"

namespace tradewind::actors {

ExecutionActor spawn_execution(caf::actor_system& system, std::shared_ptr<ExecutionStage> stage,
                               FailureBoxPtr failures);

}  // namespace tradewind::actors

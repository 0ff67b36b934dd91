// One execution shard as an actor; the stage is its own from here on.
#pragma once

#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"
#include "actors/execution/execution_stage.hpp"

#include <caf/fwd.hpp>

#include <memory>

namespace tradewind::actors {

ExecutionActor spawn_execution(caf::actor_system& system, std::shared_ptr<ExecutionStage> stage,
                     FailureBoxPtr failures);

}  // namespace tradewind::actors

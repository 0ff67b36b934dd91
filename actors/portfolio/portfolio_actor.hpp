// A decision stage that answers at once, as an actor; the stage is its own from here on.
#pragma once

#include <caf/fwd.hpp>
#include <memory>

#include "actors/step/stages.hpp"
#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"

namespace tradewind::actors {

PortfolioActor spawn_portfolio(caf::actor_system& system, std::shared_ptr<DecisionStage> stage,
                               FailureBoxPtr failures);

}  // namespace tradewind::actors

// The forecast portfolio as an actor: fans a pass out over the analysis shards, gathers the rows,
// plans: in the same step, or in the later one that says so (PassTiming). Rows are merged by slot,
// so the number of shards and the order of answers change nothing.
#pragma once

#include <memory>
#include <vector>

#include "actors/analysis/analysis_actor.hpp"
#include "actors/portfolio/forecast_stage.hpp"
#include "actors/step/step_messages.hpp"

namespace tradewind::actors {

// A symbol's shard: slot modulo the number of `shards`.
PortfolioActor spawn_forecast_portfolio(caf::actor_system& system,
                                        std::shared_ptr<ForecastStage> stage,
                                        std::vector<AnalysisActor> shards, FailureBoxPtr failures);

}  // namespace tradewind::actors

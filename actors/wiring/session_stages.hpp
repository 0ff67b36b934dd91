// The stages of a session as they stood when it began, from the one value that describes a start: a
// daemon builds its own from it before it records it, a replay of the recording builds the same.
//
// Pure but for opening the forecaster; the caller owns the stages. Errors: Error data where another
// forecaster answers than the one the session was decided with. Source: architecture 5.
#pragma once

#include <memory>
#include <vector>

#include "actors/execution/execution_stage.hpp"
#include "actors/gateway/gateway_stage.hpp"
#include "actors/portfolio/forecast_stage.hpp"
#include "actors/recorder/recorded_session.hpp"
#include "actors/step/stages.hpp"

namespace tradewind::actors {

// Who analyses for the forecast portfolio: the calling thread, or shards of the caller's.
enum class Passes : std::uint8_t { sequential, sharded };

struct SessionStages {
    std::shared_ptr<GatewayStage> gateway;
    std::vector<std::shared_ptr<ExecutionStage>> execution;  // a symbol's: slot modulo their number
    std::shared_ptr<DecisionStage> decisions;                // null for a sharded portfolio
    std::shared_ptr<ForecastStage> forecast;                 // of a sharded portfolio
    orders::WorkStealing stealing;  // with what the session's plans say of it
    bool working = false;           // execution has works from before the session
    WorkKeys at_work;               // which
};

// `history` by slot: what the decisions saw at the start.
[[nodiscard]] SessionStages build_session_stages(const RecordedSession& session,
                                                 const std::vector<BarSeriesPtr>& history,
                                                 Passes passes = Passes::sequential,
                                                 std::size_t execution_shards = 1);

// Opens the session's forecaster and checks that it is the one that decided.
[[nodiscard]] std::unique_ptr<model::Forecaster> session_forecaster(const RecordedSession& session);

}  // namespace tradewind::actors

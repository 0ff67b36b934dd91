// The wiring of `analyze`: one pass of the forecast portfolio on recorded bars, without orders.
//
// The same stages as in a replay: analysis shards ask the inference owner, the portfolio ranks,
// picks and sizes on a fresh account. Only bars that ended at or before `as_of` are seen. The
// outcome is a function of bars, settings and `as_of`, whatever the number of workers. Blocking;
// starts and stops its own actors. Errors: Error as the contract names them. Source: contract 2.3.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "actors/gateway/gateway_stage.hpp"
#include "actors/portfolio/forecast_stage.hpp"
#include "model/forecaster.hpp"
#include "strategy/host.hpp"

namespace tradewind::actors {

struct AnalyzeOptions {
    ForecastStageSettings stage;  // series by slot, whole; what lies after `as_of` is not seen
    std::vector<strategy::SymbolInfo> symbols;  // by slot
    std::unique_ptr<model::Forecaster> forecaster;
    std::shared_ptr<model::ForecastCache> cache;  // null: none
    GatewaySettings gateway;                      // the fresh account and its limits
    Timestamp as_of;
    bool sequential = false;  // one thread, by direct calls (MARKETSIM_PARALLEL_ANALYSIS=0)
    std::size_t workers = 1;  // threads of the pool and analysis shards
};

struct AnalyzeOutcome {
    std::vector<AnalysisRow> rows;  // by slot, refused ones too
    std::vector<Decision> decisions;
    std::vector<Intent> intents;  // what a pass would send: picks with their sizes
    Money equity;
};

[[nodiscard]] AnalyzeOutcome run_analyze(AnalyzeOptions options);

// The day that a pass at `time` is for: the first session whose close lies after it.
[[nodiscard]] Date pass_date(bool utc_days, Timestamp time);

// The newest end of any bar; series may not all be empty.
[[nodiscard]] Timestamp newest_end(const std::vector<BarSeriesPtr>& series);

}  // namespace tradewind::actors

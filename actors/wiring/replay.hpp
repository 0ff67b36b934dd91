// The wiring of `replay`: catalog feed, virtual time, paper broker. The next step follows the last
// one's `done`. Blocking; called from the command's thread; starts and stops its own actors.
//
// Errors: Error as the contract names them; nothing appears at the output path then.
// Source: architecture 3 and 5, contract 2.1 and 4.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/feed/catalog_feed.hpp"
#include "actors/gateway/gateway_stage.hpp"
#include "actors/portfolio/forecast_stage.hpp"
#include "broker/matching_engine.hpp"
#include "ledger/run_folder.hpp"
#include "strategy/host.hpp"
#include "strategy/parameters.hpp"

namespace tradewind::actors {

enum class Fusion : std::uint8_t {
    automatic,  // fused for user strategies, which need no other actor, and sequential passes
    fused,
    distributed,  // every stage its own actor
};

// The forecast portfolio instead of a user strategy.
struct ForecastReplay {
    ForecastStageSettings stage;
    std::unique_ptr<model::Forecaster> forecaster;
    std::shared_ptr<model::ForecastCache> cache;  // null: none
    bool sequential = false;  // one thread, by direct calls (MARKETSIM_PARALLEL_ANALYSIS=0)
};

struct ReplayOptions {
    std::vector<BarSeriesPtr> series;           // ascending by symbol
    std::vector<strategy::SymbolInfo> symbols;  // by slot
    std::string strategy;                       // a registered one; not read with `forecast`
    strategy::Parameters::Values parameters;
    std::optional<ForecastReplay> forecast;
    FeedRange range;
    GatewaySettings gateway;
    broker::MatchingSettings matching;
    std::size_t workers = 1;  // threads of the pool, analysis and execution shards
    Fusion fusion = Fusion::automatic;
    // Market seconds a real second; 0: as fast as it goes. A paced run is fused: the waits are the
    // caller's thread's.
    double speed = 0;
    std::function<void(std::uint64_t bars_done, std::uint64_t bars)> progress;
};

struct ReplayOutcome {
    std::uint64_t steps = 0;
    std::uint64_t bars = 0;
    Timestamp last_time;
    bool traded_range_empty = false;
};

// Runs the replay into `folder` (its store and its rows). The caller finishes the folder.
ReplayOutcome run_replay(ReplayOptions options, ledger::RunFolder& folder);

}  // namespace tradewind::actors

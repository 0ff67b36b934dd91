// The wiring of `paper` on the embedded exchange: real clock with a speed, exchange and books each
// with their own store, HTTP interface. The same stages and the same step protocol as in a replay.
//
// run_paper() blocks until it is told to stop (SIGINT, SIGTERM, POST /api/stop) and starts in one
// way only: recovery. It opens the stores, brings the books up to the exchange's truth, then
// trades. When an actor fails, the whole graph is torn down and started again from durable state,
// with growing pauses; too many failures in a short time end it with the failure's error. Source:
// architecture 3, 4, 8; contract 2.5, 8, 9.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/gateway/gateway_stage.hpp"
#include "actors/portfolio/forecast_stage.hpp"
#include "market/instruments.hpp"
#include "model/forecaster.hpp"
#include "orders/order_worker.hpp"
#include "strategy/parameters.hpp"

namespace tradewind::ledger {
class LedgerState;
}

namespace tradewind::actors {

class TradingVenue;

struct PaperOptions {
    std::string mode = "paper";
    // Opens the venue of each life of the graph; empty: the embedded exchange.
    std::function<std::unique_ptr<TradingVenue>(const PaperOptions&, const ledger::LedgerState&)>
        venue;
    std::filesystem::path state_folder;
    std::string listen = "127.0.0.1:8700";
    std::string version;
    double speed = 60;
    Money cash = Money::whole(100'000);
    std::uint64_t seed = 1;
    std::string costs = "realistic";
    std::vector<BarSeriesPtr> history;  // daily bars; empty: the synthetic market alone
    std::vector<Symbol> symbols;        // empty: those of the history
    market::InstrumentTable instruments;

    std::string strategy;  // empty: the forecast portfolio
    strategy::Parameters::Values parameters;
    GatewaySettings gateway;
    AnalysisSettings analysis;        // forecast portfolio
    strategy::PassSchedule schedule;  // of its passes; which kinds of symbols there are is known
    bool skip_closed_equity = true;
    orders::WorkTerms works;  // how its orders are worked over time
    orders::StealingTerms stealing;
    market::CostModel cost_model;
    model::ForecasterOptions forecaster;
    bool warm_up = true;
    bool cache_forecasts = true;  // in memory and in STATE/forecasts.db
    bool sequential = false;
    std::size_t workers = 1;             // threads of the pool and analysis shards
    std::size_t execution_shards = 1;    // by symbol
    bool record = true;                  // the sequenced inputs, in STATE/recordings
    std::uint64_t recordings_bytes = 0;  // most room of that folder; 0: no limit
    // Lines of the log, and the first line with the address ("listening on http://...").
    std::function<void(const std::string&)> log;
    std::function<void(const std::string& address)> listening;
};

// Signals SIGINT, SIGTERM and SIGUSR1 (kill switch) must be blocked in every thread before.
void run_paper(const PaperOptions& options);

}  // namespace tradewind::actors

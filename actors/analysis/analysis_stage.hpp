// The analysis role: walk-forward of the symbols of one shard, with their slice of the forecast and
// row caches.
//
// Owned by one shard's actor, or by a sequential pass; one thread. A task is answered in two calls:
// needed() names the forecasts that are not cached (each distinct day once), analyse() computes the
// row from them. A row is a function of the task, the forecasts and the settings alone, so any
// number of shards gives the same. Source: strategies spec 1.2, 2, 5.7.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/step/step_data.hpp"
#include "market/snapshot_validation.hpp"
#include "messages/analysis_row.hpp"
#include "strategy/forecast_portfolio.hpp"

namespace tradewind::actors {

struct AnalysisSettings {
    strategy::ForecastPortfolioSettings portfolio;
    int decision_lag = 1;  // bars between the newest bar seen and the bar traded
    bool check_freshness = true;
    // By slot: accepted moves of the split guard.
    std::vector<std::vector<Date>> accepted_moves;
};

// One symbol to be analysed at one pass.
struct AnalysisTask {
    SlotId slot = 0;
    BarSeriesPtr series;
    std::size_t visible = 0;               // bars that the analysis may see: the lag is taken off
    std::size_t appended_from = SIZE_MAX;  // the first bar that was not fetched with the others
    Timestamp now;
    Date day;
    std::optional<Quote> quote;
    strategy::SelectionContext context;
};

struct AnalysisReply {
    SlotId slot = 0;
    AnalysisRow row;
    std::vector<ledger::ForecastRecord> forecasts;  // computed for this task
    std::uint32_t solved_rows = 0;                  // walk-forward rows that were not cached
};

class AnalysisStage {
  public:
    AnalysisStage(AnalysisSettings settings, std::vector<strategy::SymbolInfo> symbols);

    // Empty: nothing is missing (all cached, or the snapshot is refused).
    std::optional<ForecastRequest> needed(const AnalysisTask& task);
    // `fresh` answers needed(); null where that was empty.
    AnalysisReply analyse(const AnalysisTask& task, const Forecast* fresh);

  private:
    struct Symbolic {
        BarSeriesPtr series;
        std::string refusal;
        strategy::DayForecasts forecasts;
        strategy::RowCache rows;
        std::vector<std::uint64_t> input_hashes;  // of the bars before an index
    };
    [[nodiscard]] Snapshot snapshot_of(const AnalysisTask& task) const;
    void record(const AnalysisTask& task, const Forecast& fresh, AnalysisReply& reply);
    void hash_inputs(Symbolic& state, std::size_t up_to);

    AnalysisSettings settings_;
    std::vector<strategy::SymbolInfo> symbols_;
    std::vector<Symbolic> states_;  // by slot
};

// The median 1-step forecast of a return history by an exponentially weighted mean (lambda 0.94);
// histories of fewer than 20 points have none. The default P&L forecaster of the portfolio.
[[nodiscard]] std::vector<std::optional<double>> exponential_pnl_forecasts(
    std::span<const strategy::ReturnHistory> histories);

}  // namespace tradewind::actors

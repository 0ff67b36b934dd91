// The decision role of the forecast portfolio: one pass at each session open (coins: each UTC day),
// from bars to intents.
//
// begin() names the symbols to analyse, the caller has them analysed (sequentially or by the
// analysis shards), finish() ranks, picks, sizes and plans. The stage remembers the picks and how
// trades ended. Owned by the portfolio actor or by a sequential pass; one thread. Source:
// strategies spec 1.2, 1.3, 4.
#pragma once

#include "actors/analysis/analysis_stage.hpp"
#include "actors/step/stages.hpp"
#include "market/cost_model.hpp"
#include "model/forecaster.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace tradewind::actors {

struct ForecastStageSettings {
    AnalysisSettings analysis;
    market::CostModel costs;
    std::vector<BarSeriesPtr> series;  // by slot; replay: the future is there and never looked at
    Timestamp from{INT64_MIN};         // no pass before
};

class ForecastStage {
  public:
    ForecastStage(ForecastStageSettings settings, std::vector<strategy::SymbolInfo> symbols);

    // The tasks of a step's passes, by slot; empty where no pass is due.
    std::vector<AnalysisTask> begin(const DecideRequest& request);
    // `replies` in any order, one per task of begin().
    DecideReply finish(const DecideRequest& request, std::vector<AnalysisReply> replies);

    [[nodiscard]] const std::map<SlotId, AnalysisRow>& newest_rows() const { return rows_; }

  private:
    struct Ending {
        std::optional<Timestamp> last_loss;
        std::map<std::pair<Side, StrategyKind>, strategy::LastTrade> last_trades;
    };
    [[nodiscard]] AnalysisTask task_of(SlotId slot, Timestamp now, Date day);
    void note_endings(const DecideRequest& request);

    ForecastStageSettings settings_;
    std::vector<strategy::SymbolInfo> symbols_;
    std::vector<std::size_t> ended_;  // by slot: bars that ended so far
    std::map<SlotId, AnalysisRow> rows_;
    std::vector<Ending> endings_;
    strategy::Picks picks_;
};

// The whole pass on one thread: MARKETSIM_PARALLEL_ANALYSIS=0.
class SequentialForecastStage final : public DecisionStage {
  public:
    SequentialForecastStage(ForecastStageSettings settings,
                            std::vector<strategy::SymbolInfo> symbols,
                            std::unique_ptr<model::Forecaster> forecaster);
    DecideReply decide(const DecideRequest& request) override;

  private:
    ForecastStage stage_;
    AnalysisStage analysis_;
    std::unique_ptr<model::Forecaster> forecaster_;
};

}  // namespace tradewind::actors

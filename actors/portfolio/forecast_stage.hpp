// The decision role of the forecast portfolio: one pass at each session open (coins: each UTC day),
// from bars to intents.
//
// begin() names the symbols to analyse, the caller has them analysed (sequentially or by the
// analysis shards), finish() ranks, picks, sizes and plans. The stage remembers the picks and how
// trades ended. Owned by the portfolio actor or by a sequential pass; one thread. Source:
// strategies spec 1.2, 1.3, 4.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actors/analysis/analysis_stage.hpp"
#include "actors/step/stages.hpp"
#include "market/cost_model.hpp"
#include "model/forecast_cache.hpp"
#include "model/forecaster.hpp"

namespace tradewind::actors {

// The plan under which the portfolio's picks are kept.
constexpr const char* kPicksPlan = "portfolio_picks";

// When the rows of a pass are decided upon.
enum class PassTiming : std::uint8_t {
    same_step,   // a replay of bars: the market waits
    later_step,  // a running market: in the step that brings PassEnded
};

struct ForecastStageSettings {
    AnalysisSettings analysis;
    market::CostModel costs;
    // By slot. Replay: the whole series, whose future is never looked at. Daemon: what has ended;
    // it grows by the daily bars of the steps.
    std::vector<BarSeriesPtr> series;
    bool modelled_quotes = true;  // replay: a quote is made from the last close where none came
    Timestamp from{INT64_MIN};    // no pass before
    PassTiming timing = PassTiming::same_step;
};

// The passes whose rows the request's step brings.
[[nodiscard]] std::vector<PassEnded> passes_of(const DecideRequest& request);

class ForecastStage {
  public:
    ForecastStage(ForecastStageSettings settings, std::vector<strategy::SymbolInfo> symbols);

    // The tasks of a step's passes, by slot; empty where no pass is due.
    std::vector<AnalysisTask> begin(const DecideRequest& request);
    // `replies` in any order, one per task of begin(): of this step's passes, or of those that the
    // step's inputs name as ended. Empty where none is to be decided upon.
    DecideReply finish(DecideRequest&& request, std::vector<AnalysisReply> replies);

    // After a restart: the picks as the newest plan record holds them, and how trades ended.
    void restore_picks(const std::string& content);
    void note_endings(const std::vector<orders::RoundTrip>& trips);

    [[nodiscard]] PassTiming timing() const { return settings_.timing; }
    [[nodiscard]] const std::map<SlotId, AnalysisRow>& newest_rows() const { return rows_; }

  private:
    struct Ending {
        std::optional<Timestamp> last_loss;
        std::map<std::pair<Side, StrategyKind>, strategy::LastTrade> last_trades;
    };
    [[nodiscard]] AnalysisTask task_of(SlotId slot, Timestamp now, Date day);
    void take_market(const StepInputs& inputs);
    [[nodiscard]] std::optional<Quote> quote_of(SlotId slot, Timestamp now) const;
    [[nodiscard]] std::string picks_text() const;

    ForecastStageSettings settings_;
    std::vector<strategy::SymbolInfo> symbols_;
    std::vector<Quote> quotes_;       // by slot, the newest real one
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
                            std::unique_ptr<model::Forecaster> forecaster,
                            std::shared_ptr<model::ForecastCache> cache = nullptr);
    DecideReply decide(DecideRequest&& request) override;
    [[nodiscard]] ForecastStage& stage() { return stage_; }

  private:
    [[nodiscard]] std::vector<AnalysisReply> analysed(const std::vector<AnalysisTask>& tasks);

    ForecastStage stage_;
    AnalysisStage analysis_;
    std::unique_ptr<model::Forecaster> forecaster_;
    std::shared_ptr<model::ForecastCache> cache_;               // null: none
    std::map<std::uint64_t, std::vector<AnalysisTask>> begun_;  // by step number
};

}  // namespace tradewind::actors

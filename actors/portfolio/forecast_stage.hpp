// The decision role of the forecast portfolio: the passes of the trading cycle, from bars to
// intents. A running market has the passes of its schedule, which come as inputs; a replay of daily
// bars, which shows nothing inside a day, has one at each session open (coins: each UTC day).
//
// begin() names the symbols to analyse, the caller has them analysed (sequentially or by the
// analysis shards), finish() ranks, picks, sizes and plans. The stage is the one owner of the
// picks, of how trades ended and of the cycle's state (strategy/cycle_state.hpp); each change of
// them is a plan record of the same step. Owned by the portfolio actor or by a sequential pass; one
// thread. Source: strategies spec 1, 4 (H3, H5, H6, H37).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "actors/analysis/analysis_stage.hpp"
#include "actors/portfolio/hourly_bars.hpp"
#include "actors/step/stages.hpp"
#include "market/cost_model.hpp"
#include "model/forecast_cache.hpp"
#include "model/forecaster.hpp"
#include "strategy/cycle_state.hpp"

namespace tradewind::actors {

// The plan under which the portfolio's picks are kept.
constexpr const char* kPicksPlan = "portfolio_picks";
// The plan of the cycle's state, and the kind of the records of passes that did not run.
constexpr const char* kCyclePlan = "portfolio_cycle";
constexpr const char* kMissedPassKind = "missed_pass";
// The kind of the record that so many passes in a row picked nothing (I-30).
constexpr const char* kRejectionAlarmKind = "rejection_alarm";
constexpr std::uint32_t kRejectionAlarmPasses = 10;
// The name of such a plan: the hourly variant keeps its own (spec 1.1).
[[nodiscard]] std::string portfolio_plan(const char* name, bool hourly);
// The records of what a daemon's decisions had before them; ids begin with it and a dot. Columns of
// forecasts.csv, a line each.
constexpr const char* kForecastPlan = "forecast";

// When the rows of a pass are decided upon.
enum class PassTiming : std::uint8_t {
    same_step,   // a replay of bars: the market waits
    later_step,  // a running market: in the step that brings PassEnded
};

struct ForecastStageSettings {
    AnalysisSettings analysis;
    market::CostModel costs;
    // By slot. Replay: the whole series, whose future is never looked at. Daemon: what has ended;
    // it grows by the daily bars of the steps. Hourly variant: minutes, from which the stage makes
    // its hours; they grow by the minutes of the steps.
    std::vector<BarSeriesPtr> series;
    bool modelled_quotes = true;  // replay: a quote is made from the last close where none came
    Timestamp from{INT64_MIN};    // no pass before
    PassTiming timing = PassTiming::same_step;
    // Passes come with the steps' inputs; else there is one at each session open.
    bool scheduled = false;
    bool skip_closed_equity = true;  // shares take no part in passes while their exchange is closed
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

    // After a restart: the plans as their newest records hold them, and how trades ended.
    void restore_picks(const std::string& content);
    void restore_cycle(const std::string& content);
    void note_endings(const std::vector<orders::RoundTrip>& trips);

    [[nodiscard]] PassTiming timing() const { return settings_.timing; }
    [[nodiscard]] const std::map<SlotId, AnalysisRow>& newest_rows() const { return rows_; }
    [[nodiscard]] const strategy::CycleState& cycle() const { return cycle_; }

  private:
    struct Ending {
        std::optional<Timestamp> last_loss;
        std::map<std::pair<Side, StrategyKind>, strategy::LastTrade> last_trades;
        std::map<std::pair<Side, StrategyKind>, std::vector<double>> returns;  // newest two
    };
    // A pass under way.
    struct Begun {
        PassDue due;
        std::vector<bool> decides;  // by slot
    };
    [[nodiscard]] bool hourly() const { return settings_.analysis.portfolio.hourly; }
    [[nodiscard]] AnalysisTask task_of(SlotId slot, Timestamp now, Date day);
    void take_market(const StepInputs& inputs);
    void note_days(const StepInputs& inputs, Money equity);
    [[nodiscard]] std::optional<Begun> pass_of(const StepInputs& inputs) const;
    [[nodiscard]] bool takes_part(SlotId slot, PassKind kind, bool exchange_open) const;
    [[nodiscard]] std::optional<Begun> ended_pass(const DecideRequest& request);
    void suspend(const AccountSnapshot& account);
    void note_fills(const std::vector<AppliedEvent>& events, Timestamp now);
    void close_probe(const orders::RoundTrip& trip, Symbol symbol, StrategyKind kind);
    [[nodiscard]] std::set<Symbol> refresh_probes(const strategy::PassInput& input);
    void decide(const DecideRequest& request, const Begun& pass, DecideReply& reply);
    [[nodiscard]] strategy::PassInput input_of(const DecideRequest& request, const Begun& pass);
    static void keep_forecasts(const std::vector<ledger::ForecastRecord>& forecasts,
                               DecideReply& reply);
    void tell_missed(const StepInputs& inputs, DecideReply& reply);
    void note_rejections(const strategy::RejectionCounts& counts, Timestamp now,
                         DecideReply& reply);
    [[nodiscard]] std::optional<Quote> quote_of(SlotId slot, Timestamp now) const;
    [[nodiscard]] std::string picks_text() const;

    ForecastStageSettings settings_;
    std::vector<strategy::SymbolInfo> symbols_;
    std::vector<Quote> quotes_;         // by slot, the newest real one
    std::vector<std::size_t> ended_;    // by slot: bars that ended so far
    std::vector<std::size_t> fetched_;  // by slot: bars of the series as it was given
    std::vector<HourlyBars> hours_;     // by slot, hourly variant
    std::map<SlotId, AnalysisRow> rows_;
    std::vector<Ending> endings_;
    strategy::Picks picks_;
    strategy::CycleState cycle_;
    bool cycle_changed_ = false;
    std::map<std::uint64_t, Begun> begun_;  // by the number of the step
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

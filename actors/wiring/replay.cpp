#include "actors/wiring/replay.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "actors/broker/broker_actor.hpp"
#include "actors/broker/paper_stage.hpp"
#include "actors/execution/execution_actor.hpp"
#include "actors/gateway/gateway_actor.hpp"
#include "actors/inference/inference_actor.hpp"
#include "actors/ledger/ledger_actor.hpp"
#include "actors/portfolio/forecast_portfolio_actor.hpp"
#include "actors/portfolio/portfolio_actor.hpp"
#include "actors/portfolio/strategy_stage.hpp"
#include "actors/sequencer/sequencer_actor.hpp"
#include "actors/step/fused_steps.hpp"
#include "messages/error.hpp"
#include "strategy/registry.hpp"

namespace tradewind::actors {
namespace {

std::vector<strategy::StrategyInstance> one_strategy(const ReplayOptions& options) {
    std::vector<strategy::StrategyInstance> instances;
    instances.push_back({options.strategy,
                         strategy::make_strategy(options.strategy, options.parameters),
                         Fraction::whole(1)});
    return instances;
}

// Hands out step inputs; a value that nobody kept is used again.
class InputsPool {
  public:
    std::shared_ptr<StepInputs> take() {
        if (!inputs_ || inputs_.use_count() > 1) inputs_ = std::make_shared<StepInputs>();
        return inputs_;
    }

  private:
    std::shared_ptr<StepInputs> inputs_;
};

// The stages of one run, shared with the actors around them.
struct Parts {
    std::shared_ptr<CatalogFeed> feed;
    std::unique_ptr<PaperBrokerStage> broker;
    std::vector<std::shared_ptr<ExecutionStage>> execution;
    std::shared_ptr<GatewayStage> gateway;
    std::shared_ptr<DecisionStage> decisions;  // null: the forecast portfolio on shards
    std::shared_ptr<ForecastStage> forecast;
    std::shared_ptr<LedgerStage> ledger;
};

Parts make_parts(ReplayOptions& options, ledger::RunFolder& folder, std::size_t shards,
                 bool distributed) {
    std::vector<bool> utc_days;
    for (const auto& info : options.symbols) utc_days.push_back(info.utc_days);
    Parts parts;
    parts.feed = std::make_shared<CatalogFeed>(options.series, utc_days, options.range);
    parts.broker = std::make_unique<PaperBrokerStage>(options.matching, options.symbols);
    for (std::size_t i = 0; i < shards; ++i) {
        parts.execution.push_back(std::make_shared<ExecutionStage>(
            options.symbols, ExecutionStage::ClosedOrders::ids_only));
    }
    parts.gateway = std::make_shared<GatewayStage>(options.gateway, options.symbols,
                                                   GatewayStage::FillMemory::none);
    if (!options.forecast) {
        parts.decisions = std::make_shared<StrategyStage>(one_strategy(options), options.symbols);
    } else if (distributed) {
        parts.forecast = std::make_shared<ForecastStage>(options.forecast->stage, options.symbols);
    } else {
        parts.decisions = std::make_shared<SequentialForecastStage>(
            options.forecast->stage, options.symbols, std::move(options.forecast->forecaster),
            std::move(options.forecast->cache));
    }
    parts.ledger = std::make_shared<LedgerStage>(folder.store(), &folder, false);
    return parts;
}

// Holds a step back until the clock has come as far, at a speed, as the market has.
class Pace {
  public:
    explicit Pace(double speed) : speed_(speed) {}

    void wait(Timestamp time) {
        if (speed_ <= 0) return;
        if (!begin_) {
            begin_ = std::chrono::steady_clock::now();
            first_ = time;
        }
        const std::chrono::duration<double, std::nano> passed(static_cast<double>(time - first_) /
                                                              speed_);
        const auto due = *begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(passed);
        std::unique_lock lock(mutex_);
        never_.wait_until(lock, due, [] { return false; });
    }

  private:
    double speed_;
    std::optional<std::chrono::steady_clock::time_point> begin_;
    Timestamp first_;
    std::mutex mutex_;
    std::condition_variable never_;
};

// Steps by direct calls on this thread.
RunEnd run_fused(Parts& parts, double speed, const std::function<void(std::uint64_t)>& progress) {
    FusedSteps steps(
        {*parts.broker, *parts.execution.front(), *parts.gateway, *parts.decisions, *parts.ledger});
    InputsPool pool;
    Pace pace(speed);
    RunEnd end;
    for (;;) {
        auto inputs = pool.take();
        if (!parts.feed->next(*inputs)) break;
        pace.wait(inputs->step.time);
        end.bars += inputs->closes.size();
        ++end.steps;
        steps.run(std::move(inputs));
        if (progress) progress(end.bars);
    }
    end.last_time = parts.feed->now();
    RecordRequest last;
    last.step.time = end.last_time;
    last.events = parts.execution.front()->apply(parts.broker->end_of_data(end.last_time)).events;
    parts.ledger->record(last);
    return end;
}

// Every stage its own actor.
RunEnd run_distributed(Parts& parts, ReplayOptions& options,
                       const std::function<void(std::uint64_t)>& progress) {
    auto failures = std::make_shared<FailureBox>();
    DaemonConfig config(std::max<std::size_t>(1, options.workers));
    caf::actor_system system(config);
    StageActors stages;
    stages.broker = spawn_broker(system, std::move(parts.broker), failures);
    for (const auto& stage : parts.execution) {
        stages.execution.push_back(spawn_execution(system, stage, failures));
    }
    stages.gateway = spawn_gateway(system, parts.gateway, failures);
    InferenceActor inference;
    std::vector<AnalysisActor> analysis;
    if (parts.forecast) {
        InferenceOptions inference_options;
        inference_options.cache = std::move(options.forecast->cache);
        inference = spawn_inference(system, std::move(options.forecast->forecaster),
                                    std::move(inference_options), failures);
        for (std::size_t i = 0; i < parts.execution.size(); ++i) {
            auto stage =
                std::make_shared<AnalysisStage>(options.forecast->stage.analysis, options.symbols);
            analysis.push_back(spawn_analysis(system, stage, inference, failures));
        }
        stages.portfolio = spawn_forecast_portfolio(system, parts.forecast, analysis, failures);
    } else {
        stages.portfolio = spawn_portfolio(system, parts.decisions, failures);
    }
    stages.ledger = spawn_ledger(system, parts.ledger, failures);
    std::vector<Symbol> symbols;
    for (const auto& info : options.symbols) symbols.push_back(info.instrument.symbol);
    const auto sequencer =
        spawn_sequencer(system, stages, std::move(symbols), parts.feed, progress, failures);
    RunEnd end;
    bool ended = false;
    {
        caf::scoped_actor self{system};
        self->request(sequencer, caf::infinite, RunToEnd{})
            .receive(
                [&](const RunEnd& run_end) {
                    end = run_end;
                    ended = true;
                },
                [](const caf::error&) {});
        // Producers first, the ledger last.
        self->send_exit(sequencer, caf::exit_reason::user_shutdown);
        self->send_exit(stages.portfolio, caf::exit_reason::user_shutdown);
        for (const auto& shard : analysis) {
            self->send_exit(shard, caf::exit_reason::user_shutdown);
        }
        if (inference) self->send_exit(inference, caf::exit_reason::user_shutdown);
        for (const auto& shard : stages.execution) {
            self->send_exit(shard, caf::exit_reason::user_shutdown);
        }
        self->send_exit(stages.gateway, caf::exit_reason::user_shutdown);
        self->send_exit(stages.broker, caf::exit_reason::user_shutdown);
        self->send_exit(stages.ledger, caf::exit_reason::user_shutdown);
    }
    system.await_all_actors_done();
    failures->rethrow();
    ensure(ended, "a replay ends or says why not");
    return end;
}

}  // namespace

ReplayOutcome run_replay(ReplayOptions options, ledger::RunFolder& folder) {
    const bool distributed =
        options.speed <= 0 && (options.fusion == Fusion::distributed ||
                               (options.fusion == Fusion::automatic && options.forecast &&
                                !options.forecast->sequential));
    const std::size_t shards = distributed ? std::max<std::size_t>(1, options.workers) : 1;
    auto parts = make_parts(options, folder, shards, distributed);
    ReplayOutcome outcome;
    outcome.traded_range_empty = parts.feed->tradable_bars() == 0;
    ledger::Adjustment deposit;
    deposit.cash = options.gateway.initial_cash;
    deposit.reason = "initial_cash";
    folder.store().append(options.series.empty() ? Timestamp{} : parts.feed->first_time(), 0,
                          deposit);
    ledger::RunStarted started;
    started.mode = "replay";
    started.note = options.forecast ? "forecast_portfolio" : options.strategy;
    folder.store().append(parts.feed->first_time(), 0, started);
    std::uint64_t reported = 0;
    const auto all = parts.feed->bars();
    std::function<void(std::uint64_t)> progress;
    if (options.progress) {
        progress = [&](std::uint64_t bars) {
            if (bars - reported < 65'536) return;
            reported = bars;
            options.progress(bars, all);
        };
    }
    const auto end = distributed ? run_distributed(parts, options, progress)
                                 : run_fused(parts, options.speed, progress);
    ledger::RunEnded ended;
    ended.reason = "end_of_data";
    folder.store().append(end.last_time, 0, ended);
    outcome.steps = end.steps;
    outcome.bars = end.bars;
    outcome.last_time = end.last_time;
    return outcome;
}

}  // namespace tradewind::actors

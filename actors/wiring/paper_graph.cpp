#include "actors/wiring/paper_graph.hpp"

#include "actors/clock/clock_actor.hpp"
#include "actors/execution/execution_actor.hpp"
#include "actors/feed/exchange_feed_actor.hpp"
#include "actors/gateway/gateway_actor.hpp"
#include "actors/ledger/ledger_actor.hpp"
#include "actors/portfolio/forecast_portfolio_actor.hpp"
#include "actors/portfolio/portfolio_actor.hpp"
#include "actors/portfolio/strategy_stage.hpp"
#include "actors/sequencer/sequencer_actor.hpp"
#include "actors/status/status_actor.hpp"
#include "actors/wiring/reconcile.hpp"
#include "broker/exchange/continued_market.hpp"
#include "ledger/state_recovery.hpp"
#include "messages/error.hpp"
#include "strategy/registry.hpp"

#include <caf/all.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tradewind::actors {
namespace {

constexpr auto kCommandPatience = std::chrono::seconds{10};
constexpr std::int64_t kWarmUpMinutes = 5 * 24 * 60;  // history shown to bar strategies
constexpr std::int64_t kDailyHistoryDays = 4 * 366;   // seen by the analysis

std::unique_ptr<broker::EmbeddedExchange> open_exchange(const PaperOptions& options) {
    broker::ExchangeSettings settings;
    settings.seed = options.seed;
    settings.cash = options.cash;
    settings.costs = options.costs;
    // Five quotes a real second, on a divisor of the minute.
    const auto wanted = static_cast<std::int64_t>(options.speed * 0.2 * 1e9);
    settings.quote_interval_ns = kMinute;
    for (const std::int64_t seconds : {1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30}) {
        if (seconds * kSecond >= wanted) {
            settings.quote_interval_ns = seconds * kSecond;
            break;
        }
    }
    return broker::open_embedded_exchange(options.state_folder / "exchange", settings,
                                          options.symbols, options.history, options.instruments);
}

std::vector<strategy::SymbolInfo> symbols_of(const broker::EmbeddedExchange& exchange) {
    auto names = exchange.market().symbols();
    std::sort(names.begin(), names.end());
    std::vector<strategy::SymbolInfo> symbols;
    for (const auto& name : names) {
        strategy::SymbolInfo info;
        info.slot = static_cast<strategy::SlotId>(symbols.size());
        info.instrument = exchange.market().instrument(name);
        info.utc_days =
            exchange.market().calendar(name) == market::TradingCalendar::utc_days;
        symbols.push_back(info);
    }
    return symbols;
}

std::vector<BarSeriesPtr> daily_series(const broker::EmbeddedExchange& exchange,
                                       const std::vector<strategy::SymbolInfo>& symbols) {
    std::vector<BarSeriesPtr> all;
    for (const auto& info : symbols) {
        auto series = std::make_shared<BarSeries>();
        series->symbol = info.instrument.symbol;
        series->interval_ns = kDay;
        series->daily = true;
        series->adjusted = true;  // the exchange's market has no splits
        series->bars = exchange.daily_bars(info.instrument.symbol,
                                           exchange.time() - kDailyHistoryDays * kDay,
                                           exchange.time());
        all.push_back(std::move(series));
    }
    return all;
}

BrokerTruth truth_of(const broker::EmbeddedExchange& exchange, const std::string& account) {
    BrokerTruth truth;
    truth.time = exchange.time();
    truth.cash = exchange.account(account).cash;
    truth.positions = exchange.positions(account);
    truth.orders = exchange.orders(account);
    truth.fills = exchange.fills(account);
    return truth;
}

}  // namespace

struct PaperGraph::Implementation {
    Implementation(const PaperOptions& given, status::HttpServer& http,
                   std::shared_ptr<std::atomic<bool>> kill)
        : options(given),
          server(http),
          kill_switch(std::move(kill)),
          store(options.state_folder, {ledger::Durability::synced, 16'384, 8U << 20U}),
          failures(std::make_shared<FailureBox>()),
          config(std::max<std::size_t>(2, options.workers)),
          system(config) {
        auto exchange = open_exchange(options);
        account = exchange->settings().account_id;
        symbols = symbols_of(*exchange);
        begin_books(*exchange);
        const auto recovered = ledger::recover(store.state());
        if (recovered.halted) kill_switch->store(true);
        const auto reconciliation = reconcile(store.state(), truth_of(*exchange, account));
        for (const auto& line : reconciliation.contradictions) options.log("contradiction: " + line);
        build(*exchange, recovered);
        const auto now = exchange->time();
        spawn(std::move(exchange), now);
        first_step(reconciliation, now);
        caf::anon_send(clock, start_clock{});
    }

    // The account's first entry: the exchange's starting cash.
    void begin_books(const broker::EmbeddedExchange& exchange) {
        if (store.state().runs() == 0) {
            ledger::Adjustment deposit;
            deposit.cash = exchange.settings().cash;
            deposit.reason = "initial_cash";
            store.append(exchange.time(), 0, deposit);
        }
        ledger::RunStarted started;
        started.mode = "paper";
        started.version = options.version;
        started.note = options.strategy.empty() ? "forecast_portfolio" : options.strategy;
        store.append(exchange.time(), 0, started);
        store.commit();
    }

    // -- stages from durable state -----------------------------------------------------------

    void build(const broker::EmbeddedExchange& exchange, const ledger::RecoveredState& recovered) {
        const auto& known = store.state();
        auto settings = options.gateway;
        settings.initial_cash = Money();
        settings.kill_switch = kill_switch;
        settings.value_positions = true;
        settings.snapshots = options.strategy.empty();
        settings.financing.reset();  // the exchange charges what it charges
        settings.modelled_quotes.reset();
        gateway_stage = std::make_shared<GatewayStage>(settings, symbols);
        auto& book = gateway_stage->account();
        for (const auto& fill : known.fills()) {
            const auto* order = known.find_order(fill.fill.order_id);
            book.apply(fill.fill, order ? std::string_view(order->order.reason) : "");
        }
        book.adjust_cash(known.cash() - book.cash());
        auto trips = book.take_round_trips();
        for (const auto& info : symbols) {
            const auto bars = exchange.daily_bars(info.instrument.symbol,
                                                  exchange.time() - 10 * kDay, exchange.time());
            if (!bars.empty()) book.mark(info.slot, bars.back().close);
        }
        if (recovered.halted) gateway_stage->gateway().kill();
        build_execution(known, recovered);
        if (options.strategy.empty()) {
            build_portfolio(exchange, recovered, trips);
        } else {
            build_strategy(exchange, recovered, known);
        }
    }

    [[nodiscard]] std::size_t shard_of(const Symbol& symbol) const {
        const auto at = std::find_if(symbols.begin(), symbols.end(), [&](const auto& info) {
            return info.instrument.symbol == symbol;
        });
        ensure(at != symbols.end(), "every order's symbol is traded");
        return at->slot % execution_stages.size();
    }

    void build_execution(const ledger::LedgerState& known,
                         const ledger::RecoveredState& recovered) {
        for (std::size_t i = 0; i < std::max<std::size_t>(1, options.workers); ++i) {
            execution_stages.push_back(std::make_shared<ExecutionStage>(symbols));
        }
        for (const auto& order : recovered.open_orders) {
            execution_stages[shard_of(order.symbol)]->restore(order);
            if (order.parent_order_id.empty()) {
                const auto slot = gateway_stage->account().slot(order.symbol);
                gateway_stage->gateway().adopt(order,
                                               gateway_stage->account().last_price(slot));
            }
        }
        std::map<std::pair<Symbol, std::string>, Quantity> held;
        for (const auto& fill : known.fills()) {
            held[{fill.fill.symbol, fill.fill.strategy}] +=
                signed_quantity(fill.fill.side, fill.fill.quantity);
        }
        for (const auto& [key, quantity] : held) {
            if (quantity.is_zero()) continue;
            execution_stages[shard_of(key.first)]->restore_position(
                key.second, gateway_stage->account().slot(key.first), quantity);
        }
    }

    void build_portfolio(const broker::EmbeddedExchange& exchange,
                         const ledger::RecoveredState& recovered,
                         const std::vector<orders::RoundTrip>& trips) {
        ForecastStageSettings settings;
        settings.analysis = options.analysis;
        settings.costs = options.cost_model;
        settings.series = daily_series(exchange, symbols);
        settings.modelled_quotes = false;
        auto forecaster = model::open_forecaster(options.forecaster);
        if (options.warm_up) {
            options.log("Warming up " + forecaster->id());
            forecaster->warm_up();
        }
        if (options.sequential) {
            options.log("Sequential analysis");
            auto stage = std::make_shared<SequentialForecastStage>(settings, symbols,
                                                                   std::move(forecaster));
            restore(stage->stage(), recovered, trips);
            decision_stage = stage;
            return;
        }
        options.log("Parallel analysis: " + std::to_string(options.workers) + " workers");
        forecast_stage = std::make_shared<ForecastStage>(settings, symbols);
        restore(*forecast_stage, recovered, trips);
        inference = spawn_inference(system, std::move(forecaster), InferenceOptions{}, failures);
        for (std::size_t i = 0; i < std::max<std::size_t>(1, options.workers); ++i) {
            analysis.push_back(spawn_analysis(
                system, std::make_shared<AnalysisStage>(options.analysis, symbols), inference,
                failures));
        }
    }

    static void restore(ForecastStage& stage, const ledger::RecoveredState& recovered,
                        const std::vector<orders::RoundTrip>& trips) {
        for (const auto& plan : recovered.open_plans) {
            if (plan.plan_id == kPicksPlan) stage.restore_picks(plan.content);
        }
        stage.note_endings(trips);
    }

    void build_strategy(const broker::EmbeddedExchange& exchange,
                        const ledger::RecoveredState& recovered,
                        const ledger::LedgerState& known) {
        std::vector<strategy::StrategyInstance> instances;
        instances.push_back({options.strategy,
                             strategy::make_strategy(options.strategy, options.parameters),
                             Fraction::whole(1)});
        auto stage = std::make_shared<StrategyStage>(std::move(instances), symbols, true);
        auto& host = stage->host();
        strategy::Wanted ignored;
        for (const auto& info : symbols) {
            const auto bars =
                exchange.minute_bars(info.instrument.symbol,
                                     exchange.time() - kWarmUpMinutes * kMinute, exchange.time());
            for (const auto& bar : bars) host.on_bar({info.slot, bar, false}, ignored);
        }
        for (const auto& plan : recovered.open_plans) {
            if (plan.plan_id == kStrategyStatePlan) host.load(plan.content);
        }
        for (const auto& fill : known.fills()) {
            host.on_fill(gateway_stage->account().slot(fill.fill.symbol), fill.fill, ignored);
        }
        for (const auto& order : recovered.open_orders) {
            if (order.role != Role::entry) continue;
            host.restore_working_entry(order.strategy,
                                       gateway_stage->account().slot(order.symbol));
        }
        decision_stage = stage;
    }

    // -- actors ------------------------------------------------------------------------------

    void spawn(std::unique_ptr<broker::EmbeddedExchange> exchange, Timestamp now) {
        StatusStart start;
        start.mode = "paper";
        start.broker = "embedded";
        start.version = options.version;
        start.exchange_time = now;
        start.cash = gateway_stage->account().cash();
        start.equity = gateway_stage->account().equity();
        status = spawn_status(system, server, start, store.state(), symbols, failures);
        auto tap = [to = status](const RecordRequest& record) {
            caf::anon_send(to, RecordRequestPtr(std::make_shared<const RecordRequest>(record)));
        };
        auto ledger_stage = std::make_shared<LedgerStage>(store, nullptr, true, tap);
        const auto exchange_actor =
            spawn_exchange(system, std::move(exchange), account, failures);
        exchange_handle = exchange_actor;
        stages.broker = exchange_actor;
        for (const auto& stage : execution_stages) {
            stages.execution.push_back(spawn_execution(system, stage, failures));
        }
        stages.gateway = spawn_gateway(system, gateway_stage, failures);
        stages.portfolio = forecast_stage ? spawn_forecast_portfolio(system, forecast_stage,
                                                                     analysis, failures)
                                          : spawn_portfolio(system, decision_stage, failures);
        stages.ledger = spawn_ledger(system, ledger_stage, failures);
        std::vector<Symbol> names;
        SlotMap slots;
        for (const auto& info : symbols) {
            names.push_back(info.instrument.symbol);
            slots.emplace(info.instrument.symbol, info.slot);
        }
        sequencer = spawn_sequencer(system, stages, names, nullptr, {}, failures);
        feed = spawn_exchange_feed(system, exchange_actor, sequencer, slots, failures);
        ClockOptions clock_options;
        clock_options.start = now;
        clock_options.speed = options.speed;
        clock = spawn_clock(system, feed, clock_options, failures);
    }

    void first_step(const Reconciliation& reconciliation, Timestamp now) {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step.time = now;
        inputs->broker_events = reconciliation.events;
        BrokerState state;
        state.reachable = reconciliation.contradictions.empty();
        if (!state.reachable) state.reason = reconciliation.contradictions.front();
        inputs->broker_states.push_back(state);
        inputs->equity_row = true;
        release(inputs);
        TradingStateChange change;
        change.reconciled = state.reachable;
        change.state = !state.reachable           ? status::TradingState::unknown
                       : kill_switch->load()      ? status::TradingState::halted
                                                  : status::TradingState::ready;
        if (kill_switch->load()) change.reasons.push_back("halted until `tradewind resume`");
        for (const auto& line : reconciliation.contradictions) change.reasons.push_back(line);
        caf::anon_send(status, change);
    }

    // Hands inputs to the sequencer and waits until their step is done.
    bool release(const std::shared_ptr<StepInputs>& inputs) {
        bool done = false;
        caf::scoped_actor self{system};
        self->request(sequencer, kCommandPatience, StepInputsPtr(inputs))
            .receive([&](const StepDone&) { done = true; }, [](const caf::error&) {});
        return done;
    }

    void announce_state() {
        TradingStateChange change;
        change.reconciled = true;
        change.state =
            kill_switch->load() ? status::TradingState::halted : status::TradingState::ready;
        if (kill_switch->load()) change.reasons.push_back("halted until `tradewind resume`");
        caf::anon_send(status, change);
    }

    void end_actors() {
        {
            caf::scoped_actor self{system};
            const auto end = [&](const auto& handle) {
                if (handle) self->send_exit(handle, caf::exit_reason::user_shutdown);
            };
            // Producers first, the ledger last.
            end(clock);
            end(feed);
            end(sequencer);
            end(stages.portfolio);
            for (const auto& shard : analysis) end(shard);
            end(inference);
            for (const auto& shard : stages.execution) end(shard);
            end(stages.gateway);
            end(exchange_handle);
            end(stages.ledger);
            end(status);
        }
        system.await_all_actors_done();
    }

    const PaperOptions& options;
    status::HttpServer& server;
    std::shared_ptr<std::atomic<bool>> kill_switch;
    ledger::EventStore store;
    FailureBoxPtr failures;
    std::string account;
    std::vector<strategy::SymbolInfo> symbols;
    std::vector<std::shared_ptr<ExecutionStage>> execution_stages;
    std::shared_ptr<GatewayStage> gateway_stage;
    std::shared_ptr<DecisionStage> decision_stage;
    std::shared_ptr<ForecastStage> forecast_stage;
    DaemonConfig config;
    caf::actor_system system;
    StatusActor status;
    ExchangeActor exchange_handle;
    StageActors stages;
    SequencerActor sequencer;
    FeedActor feed;
    ClockActor clock;
    InferenceActor inference;
    std::vector<AnalysisActor> analysis;
    bool ended = false;
};

PaperGraph::PaperGraph(const PaperOptions& options, status::HttpServer& server,
                       std::shared_ptr<std::atomic<bool>> kill_switch)
    : implementation_(
          std::make_unique<Implementation>(options, server, std::move(kill_switch))) {}

PaperGraph::~PaperGraph() {
    if (!implementation_->ended) implementation_->end_actors();
}

bool PaperGraph::failed() const { return implementation_->failures->failed(); }
void PaperGraph::rethrow() const { implementation_->failures->rethrow(); }

bool PaperGraph::halt(const HaltTrading& halt_command) {
    implementation_->kill_switch->store(true);
    auto inputs = std::make_shared<StepInputs>();
    inputs->halts.push_back(halt_command);
    const bool durable = implementation_->release(inputs);
    implementation_->announce_state();
    return durable;
}

bool PaperGraph::resume(const ResumeTrading& resume_command) {
    implementation_->kill_switch->store(false);
    auto inputs = std::make_shared<StepInputs>();
    inputs->resumes.push_back(resume_command);
    const bool durable = implementation_->release(inputs);
    implementation_->announce_state();
    return durable;
}

void PaperGraph::stop() {
    auto& graph = *implementation_;
    auto inputs = std::make_shared<StepInputs>();
    inputs->stopping = true;
    (void)graph.release(inputs);
    graph.end_actors();
    graph.ended = true;
    ledger::RunEnded run_ended;
    run_ended.reason = "stop";
    graph.store.append(graph.store.state().last_time(), 0, run_ended);
    graph.store.close();
}

}  // namespace tradewind::actors

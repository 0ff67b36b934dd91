#include "actors/wiring/paper_graph.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <utility>

#include "actors/clock/clock_actor.hpp"
#include "actors/execution/execution_actor.hpp"
#include "actors/feed/exchange_feed_actor.hpp"
#include "actors/gateway/gateway_actor.hpp"
#include "actors/inference/stored_forecasts.hpp"
#include "actors/ledger/ledger_actor.hpp"
#include "actors/portfolio/forecast_portfolio_actor.hpp"
#include "actors/portfolio/portfolio_actor.hpp"
#include "actors/recorder/recorder_actor.hpp"
#include "actors/sequencer/sequencer_actor.hpp"
#include "actors/status/status_actor.hpp"
#include "actors/wiring/reconcile.hpp"
#include "actors/wiring/session_stages.hpp"
#include "actors/wiring/trading_venue.hpp"
#include "ledger/state_recovery.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

constexpr auto kCommandPatience = std::chrono::seconds{10};

// A disk that is full, from the thread that met it to the one that halts trading.
class StoreAlarm {
  public:
    void raise(const std::string& reason) {
        const std::lock_guard lock(mutex_);
        if (!reason_) reason_ = reason;
    }
    std::optional<std::string> take() {
        const std::lock_guard lock(mutex_);
        return std::exchange(reason_, std::nullopt);
    }

  private:
    std::mutex mutex_;
    std::optional<std::string> reason_;
};

}  // namespace

struct PaperGraph::Implementation {
    Implementation(const PaperOptions& given, status::HttpServer& http, status::Metrics& counted,
                   std::shared_ptr<std::atomic<bool>> kill)
        : options(given),
          server(http),
          metrics(counted),
          kill_switch(std::move(kill)),
          store(options.state_folder, {ledger::Durability::synced, 16'384, 8U << 20U}),
          failures(std::make_shared<FailureBox>()),
          config(std::max<std::size_t>(2, options.workers)),
          system(config) {
        const auto venue =
            options.venue ? options.venue(options, store.state()) : open_embedded_venue(options);
        remote = venue->remote();
        symbols = venue->symbols();
        // Before this life's own entries: until when the last one is known to have run.
        const auto known_until =
            store.state().runs() == 0 ? std::nullopt : std::optional(store.state().last_time());
        begin_books(*venue);
        const auto recovered = ledger::recover(store.state());
        if (recovered.halted) kill_switch->store(true);
        const auto reconciliation = reconcile(store.state(), venue->truth(store.state()));
        for (const auto& line : reconciliation.contradictions)
            options.log("contradiction: " + line);
        auto session = session_of(*venue, recovered);
        const auto wanted = !options.strategy.empty()           ? HistoryWanted::minutes
                            : options.analysis.portfolio.hourly ? HistoryWanted::hours
                                                                : HistoryWanted::days;
        const auto history = venue->history(symbols, wanted);
        const bool sharded = options.strategy.empty() && !options.sequential;
        parts =
            build_session_stages(session, history, sharded ? Passes::sharded : Passes::sequential,
                                 std::max<std::size_t>(1, options.execution_shards));
        if (sharded) spawn_analysis_shards(session);
        const auto now = venue->time();
        spawn(*venue, reconciliation, session, history, pass_clock(session, known_until));
        first_step(reconciliation, now);
        caf::anon_send(clock, start_clock{});
    }

    // What the books take over from the broker; at the first start that is the starting cash.
    void begin_books(TradingVenue& venue) {
        const auto now = venue.time();
        const auto takeover = venue.takeover(store.state());
        for (const auto& adjustment : takeover.adjustments) store.append(now, 0, adjustment);
        for (const auto& order : takeover.orders) store.append(now, 0, order);
        ledger::RunStarted started;
        started.mode = options.mode;
        started.version = options.version;
        started.note = options.strategy.empty() ? "forecast_portfolio" : options.strategy;
        store.append(now, 0, started);
        store.commit();
    }

    // The schedule of the portfolio's passes from here on, with what the last life owed (H5, H6).
    std::optional<strategy::PassClock> pass_clock(const RecordedSession& session,
                                                  std::optional<Timestamp> known_until) const {
        if (!session.scheduled) return std::nullopt;
        auto schedule = options.schedule;
        const auto is_coin = [](const auto& info) { return info.utc_days; };
        schedule.coins = std::any_of(symbols.begin(), symbols.end(), is_coin);
        schedule.stocks = !std::all_of(symbols.begin(), symbols.end(), is_coin);
        strategy::PassLog log;
        for (const auto& plan : session.plans) {
            const bool hourly = session.analysis.portfolio.hourly;
            if (plan.plan_id != portfolio_plan(kCyclePlan, hourly)) continue;
            log = strategy::CycleState::parse(plan.content).passes;
        }
        auto owed = strategy::owed_passes(log, known_until, session.started, schedule);
        for (const auto& pass : owed) {
            options.log("pass " + std::string(to_text(pass.kind)) + ", due " +
                        format_time(pass.at) + ", was not decided upon");
        }
        return strategy::PassClock(schedule, session.started, std::move(owed));
    }

    // -- the start as one value ----------------------------------------------------------------

    RecordedSession session_of(TradingVenue& venue, const ledger::RecoveredState& recovered) {
        const auto& known = store.state();
        RecordedSession session;
        session.mode = options.mode;
        session.version = options.version;
        session.started = venue.time();
        session.seed = options.seed;
        session.symbols = symbols;
        session.strategy = options.strategy;
        session.parameters = options.parameters;
        session.analysis = options.analysis;
        session.costs = options.cost_model;
        session.forecaster = options.forecaster;
        session.modelled_quotes = false;
        session.scheduled = options.strategy.empty();
        session.skip_closed_equity = options.skip_closed_equity;
        session.works = options.works;
        session.stealing = options.stealing;
        session.gateway = options.gateway;
        session.gateway.value_positions = true;
        session.gateway.snapshots = options.strategy.empty();
        session.gateway.financing.reset();  // the exchange charges what it charges
        session.gateway.modelled_quotes.reset();
        session.cash = known.cash();
        for (const auto& fill : known.fills()) {
            const auto* order = known.find_order(fill.fill.order_id);
            session.fills.push_back({fill.fill, order ? order->order.reason : std::string()});
        }
        for (const auto& taken : known.adjustments()) {
            if (taken.adjustment.symbol.empty() ||
                taken.adjustment.kind != ledger::AdjustmentKind::adopted) {
                continue;
            }
            const auto before =
                std::count_if(known.fills().begin(), known.fills().end(),
                              [&](const auto& fill) { return fill.sequence < taken.sequence; });
            session.adoptions.push_back(
                {static_cast<std::uint64_t>(before), taken.time, taken.adjustment});
        }
        session.open_orders = recovered.open_orders;
        session.plans = recovered.open_plans;
        session.marks = venue.marks(symbols);
        session.halted = recovered.halted;
        if (options.strategy.empty()) {
            auto forecaster = model::open_forecaster(options.forecaster);
            session.forecaster_id = forecaster->id();
            if (options.warm_up) {
                options.log("Warming up " + forecaster->id());
                forecaster->warm_up();
            }
            if (options.sequential) {
                options.log("Sequential analysis");
            } else {
                opened = std::move(forecaster);
            }
        }
        return session;
    }

    void spawn_analysis_shards(const RecordedSession& session) {
        options.log("Parallel analysis: " + std::to_string(options.workers) + " workers");
        ensure(opened != nullptr, "the session's forecaster is open before its shards");
        InferenceOptions settings;
        settings.probe = metrics_probe(metrics);
        if (options.cache_forecasts) {
            auto stored = open_stored_forecasts(options.state_folder / kForecastsFile);
            if (!stored) options.log("forecast cache: no file, memory only");
            settings.cache =
                std::make_shared<model::ForecastCache>(model::kCachedForecasts, std::move(stored));
        }
        inference = spawn_inference(system, std::move(opened), std::move(settings), failures);
        for (std::size_t i = 0; i < std::max<std::size_t>(1, options.workers); ++i) {
            analysis.push_back(
                spawn_analysis(system, std::make_shared<AnalysisStage>(session.analysis, symbols),
                               inference, failures));
        }
    }

    // -- actors ------------------------------------------------------------------------------

    void spawn(TradingVenue& venue, const Reconciliation& reconciliation,
               const RecordedSession& session, const std::vector<BarSeriesPtr>& history,
               std::optional<strategy::PassClock> passes) {
        const auto now = venue.time();
        StatusStart start;
        start.mode = options.mode;
        start.broker = venue.broker();
        start.version = options.version;
        start.exchange_time = now;
        start.cash = parts.gateway->account().cash();
        start.equity = parts.gateway->account().equity();
        status = spawn_status(system, server, start, store.state(), symbols, failures);
        auto tap = [to = status, kill = kill_switch,
                    log = options.log](const RecordRequest& record) {
            if (!record.halts.empty()) kill->store(true);
            for (const auto& plan : record.plans) {
                const bool alarms = plan.kind == kRejectionAlarmKind;
                if (alarms || plan.kind == kMissedPassKind) {
                    log((alarms ? "alarm: " : "pass missed: ") + plan.content);
                }
            }
            caf::anon_send(to, RecordRequestPtr(std::make_shared<const RecordRequest>(record)));
        };
        auto alarm = [alarm = store_alarm, kill = kill_switch](const std::string& reason) {
            kill->store(true);  // no new risk from this instant on; the halt itself follows
            alarm->raise(reason);
        };
        auto ledger_stage = std::make_shared<LedgerStage>(store, nullptr, true, tap, alarm);
        VenueStart venue_start;
        venue_start.kill_switch = kill_switch;
        venue_start.failures = failures;
        venue_start.condition = [this](const VenueCondition& changed) {
            {
                const std::lock_guard lock(condition_mutex);
                condition = changed;
            }
            announce_state();
        };
        venue_start.books = &store.state();
        venue_start.reconciliation = &reconciliation;
        const double speed = venue.speed();
        const auto exchange_actor = venue.spawn(system, venue_start);
        exchange_handle = exchange_actor;
        stages.broker = exchange_actor;
        for (const auto& shard : parts.execution) {
            stages.execution.push_back(spawn_execution(system, shard, failures));
        }
        stages.gateway = spawn_gateway(system, parts.gateway, failures);
        stages.portfolio =
            parts.forecast ? spawn_forecast_portfolio(system, parts.forecast, analysis, failures)
                           : spawn_portfolio(system, parts.decisions, failures);
        stages.ledger = spawn_ledger(system, ledger_stage, failures);
        std::vector<Symbol> names;
        SlotMap slots;
        for (const auto& info : symbols) {
            names.push_back(info.instrument.symbol);
            slots.emplace(info.instrument.symbol, info.slot);
        }
        if (options.record) {
            RecorderOptions recorder_options;
            recorder_options.alarm = alarm;
            recorder_options.ended = options.log;
            const auto folder = options.state_folder / "recordings";
            if (const auto most = options.recordings_bytes; most > 0) {
                // Half of the room for this session at least.
                recorder_options.maximum_bytes = most - market::prune_recordings(folder, most / 2);
            }
            recorder = spawn_recorder(
                system,
                std::make_unique<market::RecordingWriter>(folder, encode_session(session), history),
                failures, recorder_options);
        }
        stages.stealing = parts.stealing;
        stages.working = parts.working;
        stages.at_work = parts.at_work;
        sequencer = spawn_sequencer(system, stages, names, nullptr, {}, failures, recorder);
        feed = spawn_exchange_feed(system, exchange_actor, sequencer, status, slots,
                                   std::move(passes), failures);
        ClockOptions clock_options;
        clock_options.start = now;
        clock_options.speed = speed;
        clock = spawn_clock(system, feed, clock_options, failures);
    }

    void first_step(const Reconciliation& reconciliation, Timestamp now) {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step.time = now;
        inputs->broker_events = reconciliation.events;
        BrokerState state;
        state.reachable = reconciliation.contradictions.empty();
        if (!state.reachable) state.reason = reconciliation.contradictions.front();
        // A remote broker's own word follows once its streams listen.
        if (remote && state.reachable) state = {false, "the broker's state is not known yet"};
        inputs->broker_states.push_back(state);
        inputs->equity_row = true;
        // A remote broker's are looked at again by every audit.
        if (!remote) contradictions = reconciliation.contradictions;
        const bool durable = release(inputs);
        const bool may_send = remote || state.reachable;
        if (durable && may_send && !reconciliation.unsent_exits.empty()) {
            send(reconciliation.unsent_exits, now);
        }
        announce_state();
    }

    // Exits that the last life decided: durable since then, sent now, under the same ids.
    void send(const std::vector<Order>& orders, Timestamp now) {
        for (const auto& order : orders) options.log("sending exit " + order.order_id);
        SendRequest request;
        request.now = now;
        request.orders = orders;
        caf::scoped_actor self{system};
        self->request(exchange_handle, kCommandPatience, request)
            .receive([](const OrderEvents&) {}, [](const caf::error&) {});
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
        const bool halted = kill_switch->load();
        VenueCondition now;
        {
            const std::lock_guard lock(condition_mutex);
            now = condition;
        }
        TradingStateChange change;
        change.reconciled = contradictions.empty() && now.known;
        change.trading_stream = now.trading_stream;
        change.data_stream = now.data_stream;
        change.state = !change.reconciled ? status::TradingState::unknown
                       : halted           ? status::TradingState::halted
                                          : status::TradingState::ready;
        if (halted) change.reasons.push_back("halted until `tradewind resume`");
        for (const auto& line : contradictions) change.reasons.push_back(line);
        for (const auto& line : now.reasons) change.reasons.push_back(line);
        caf::anon_send(status, change);
    }

    void end_clock() {
        caf::scoped_actor self{system};
        self->send_exit(clock, caf::exit_reason::user_shutdown);
        self->wait_for(clock);
    }

    // What the exchange has to say of the last commands becomes a step: asked for a time that has
    // passed, it says that and goes no further.
    void take_answers() {
        caf::scoped_actor self{system};
        self->request(feed, kCommandPatience, PlayUntil{})
            .receive([](const Played&) {}, [](const caf::error&) {});
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
            end(recorder);
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
    status::Metrics& metrics;
    std::unique_ptr<model::Forecaster> opened;  // until the inference owner has it
    std::shared_ptr<std::atomic<bool>> kill_switch;
    ledger::EventStore store;
    FailureBoxPtr failures;
    std::shared_ptr<StoreAlarm> store_alarm = std::make_shared<StoreAlarm>();
    bool remote = false;
    std::mutex condition_mutex;
    VenueCondition condition;
    std::vector<strategy::SymbolInfo> symbols;
    SessionStages parts;
    DaemonConfig config;
    caf::actor_system system;
    StatusActor status;
    ExchangeActor exchange_handle;
    StageActors stages;
    SequencerActor sequencer;
    RecorderActor recorder;
    FeedActor feed;
    ClockActor clock;
    InferenceActor inference;
    std::vector<AnalysisActor> analysis;
    std::vector<std::string> contradictions;  // between the books and the exchange
    bool ended = false;
};

PaperGraph::PaperGraph(const PaperOptions& options, status::HttpServer& server,
                       status::Metrics& metrics, std::shared_ptr<std::atomic<bool>> kill_switch)
    : implementation_(
          std::make_unique<Implementation>(options, server, metrics, std::move(kill_switch))) {}

PaperGraph::~PaperGraph() {
    if (!implementation_->ended) implementation_->end_actors();
}

bool PaperGraph::failed() const {
    return implementation_->failures->failed();
}
void PaperGraph::rethrow() const {
    implementation_->failures->rethrow();
}

bool PaperGraph::halt(const HaltTrading& halt_command) {
    implementation_->kill_switch->store(true);
    auto inputs = std::make_shared<StepInputs>();
    inputs->halts.push_back(halt_command);
    const bool durable = implementation_->release(inputs);
    implementation_->announce_state();
    return durable;
}

std::optional<std::string> PaperGraph::take_store_alarm() {
    return implementation_->store_alarm->take();
}

bool PaperGraph::resume(const ResumeTrading& resume_command) {
    implementation_->store.restore_reserve();
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
    graph.end_clock();
    (void)graph.release(inputs);
    graph.take_answers();
    graph.end_actors();
    graph.ended = true;
    ledger::RunEnded run_ended;
    run_ended.reason = "stop";
    graph.store.append(graph.store.state().last_time(), 0, run_ended);
    graph.store.close();
}

}  // namespace tradewind::actors

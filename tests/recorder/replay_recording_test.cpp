// A recorded session replays to the same bytes: through the recorder actor, and after a restart in
// the middle with positions held and orders at work.
#include "actors/wiring/replay_recording.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <fstream>
#include <sstream>

#include "actors/broker/broker_actor.hpp"
#include "actors/execution/execution_actor.hpp"
#include "actors/gateway/gateway_actor.hpp"
#include "actors/ledger/ledger_actor.hpp"
#include "actors/portfolio/portfolio_actor.hpp"
#include "actors/recorder/recorder_actor.hpp"
#include "actors/recorder/step_codec.hpp"
#include "actors/sequencer/sequencer_actor.hpp"
#include "actors/step/fused_steps.hpp"
#include "ledger/state_recovery.hpp"
#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/market/temporary_folder.hpp"
#include "tests/recorder/delayed_market.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

constexpr std::uint64_t kAllSteps = UINT64_MAX;

std::string text_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in.good());
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<std::string> lines_of(const std::string& path) {
    std::istringstream in(text_of(path));
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

ledger::RunFolder new_folder(const std::string& path) {
    ledger::RunFolderOptions options;
    options.initial_cash = Money::whole(100'000);
    options.any_non_crypto = false;
    options.report = false;
    return {path, options};
}

void deposit(ledger::RunFolder& folder, Timestamp time) {
    ledger::Adjustment cash;
    cash.cash = Money::whole(100'000);
    cash.reason = "initial_cash";
    folder.store().append(time, 0, cash);
}

// The session live: every stage and the recorder an actor of its own.
RunEnd run_live(const RecordedSession& session, const std::vector<BarSeriesPtr>& history,
                test::DelayedMarket& market, std::unique_ptr<market::RecordingWriter> writer,
                ledger::RunFolder& folder, const FailureBoxPtr& failures,
                RecorderOptions options = {}) {
    DaemonConfig config(2);
    caf::actor_system system(config);
    auto built = build_session_stages(session, history);
    auto ledger = std::make_shared<LedgerStage>(folder.store(), &folder, false);
    StageActors stages;
    stages.broker = spawn_broker(system, market.broker(), failures);
    stages.execution = {spawn_execution(system, built.execution.front(), failures)};
    stages.gateway = spawn_gateway(system, built.gateway, failures);
    stages.portfolio = spawn_portfolio(system, built.decisions, failures);
    stages.ledger = spawn_ledger(system, ledger, failures);
    const auto recorder = spawn_recorder(system, std::move(writer), failures, options);
    std::vector<Symbol> symbols;
    for (const auto& info : session.symbols) symbols.push_back(info.instrument.symbol);
    const auto sequencer =
        spawn_sequencer(system, stages, symbols, market.feed(kAllSteps), {}, failures, recorder);
    RunEnd end;
    {
        caf::scoped_actor self{system};
        self->request(sequencer, caf::infinite, RunToEnd{})
            .receive([&](const RunEnd& run_end) { end = run_end; }, [](const caf::error&) {});
        const auto stop = [&](const auto& handle) {
            self->send_exit(handle, caf::exit_reason::user_shutdown);
        };
        stop(sequencer);
        stop(recorder);
        stop(stages.portfolio);
        stop(stages.execution.front());
        stop(stages.gateway);
        stop(stages.broker);
        stop(stages.ledger);
    }
    system.await_all_actors_done();
    return end;
}

ReplayOutcome replay(const std::string& recording, const std::string& out) {
    auto opened = open_recorded_session(recording);
    auto folder = new_folder(out);
    const auto outcome = run_recorded_replay(std::move(opened), folder);
    folder.finish({});
    return outcome;
}

}  // namespace

TEST_CASE("a session recorded by the actors replays to equal bytes") {
    const test::TemporaryFolder folder;
    const auto series = test::swinging_bars(3, 400);
    auto session = test::new_session(test::infos_of(series));
    session.started = series.front()->bars.front().start;
    const auto history = test::no_history(session.symbols);
    std::string newest;
    for (const auto when : {RecordedWhen::committed, RecordedWhen::appended}) {
        const auto name = std::to_string(static_cast<int>(when));
        test::DelayedMarket market(series, session.symbols);
        auto failures = std::make_shared<FailureBox>();
        auto live = new_folder(folder.path("live" + name));
        deposit(live, session.started);
        RecorderOptions options;
        options.acknowledge = when;
        options.own_thread = when == RecordedWhen::committed;
        const auto end =
            run_live(session, history, market,
                     std::make_unique<market::RecordingWriter>(folder.path("recordings" + name),
                                                               encode_session(session), history),
                     live, failures, options);
        failures->rethrow();
        live.finish({});
        const auto outcome = replay(folder.path("recordings" + name), folder.path("again" + name));
        CHECK(outcome.steps == end.steps);
        CHECK(outcome.bars == end.bars);
        CHECK(outcome.last_time == end.last_time);
        for (const char* file : {"decisions.csv", "orders.csv", "fills.csv", "trades.csv",
                                 "equity.csv", "positions.csv"}) {
            INFO(file);
            CHECK(text_of(folder.path("live" + name + "/" + file)) ==
                  text_of(folder.path("again" + name + "/" + file)));
        }
        const auto orders = text_of(folder.path("live" + name + "/orders.csv"));
        CHECK(lines_of(folder.path("live" + name + "/fills.csv")).size() > 100);
        CHECK(orders.find("canceled") != std::string::npos);  // a halt did something
        const auto decisions = text_of(folder.path("live" + name + "/decisions.csv"));
        CHECK(decisions.find("refused") != std::string::npos);
        if (!newest.empty()) CHECK(newest == orders);
        newest = orders;
        CHECK(market::RecordingReader(folder.path("recordings" + name)).complete());
    }
}

TEST_CASE("a recording that reaches its limit ends in order and trading goes on") {
    const test::TemporaryFolder folder;
    const auto series = test::swinging_bars(3, 400);
    auto session = test::new_session(test::infos_of(series));
    session.started = series.front()->bars.front().start;
    const auto history = test::no_history(session.symbols);
    test::DelayedMarket market(series, session.symbols);
    auto failures = std::make_shared<FailureBox>();
    auto live = new_folder(folder.path("live"));
    deposit(live, session.started);
    std::vector<std::string> said;
    RecorderOptions options;
    options.maximum_bytes = 100'000;
    options.ended = [&said](const std::string& line) { said.push_back(line); };
    const auto end = run_live(session, history, market,
                              std::make_unique<market::RecordingWriter>(
                                  folder.path("recordings"), encode_session(session), history),
                              live, failures, options);
    failures->rethrow();
    live.finish({});
    CHECK(said.size() == 1);
    CHECK(market::RecordingReader(folder.path("recordings")).complete());
    const auto outcome = replay(folder.path("recordings"), folder.path("again"));
    CHECK(outcome.steps > 50);
    CHECK(outcome.steps < end.steps);
    const auto all = lines_of(folder.path("live/fills.csv"));
    const auto some = lines_of(folder.path("again/fills.csv"));
    REQUIRE(some.size() > 5);
    REQUIRE(some.size() < all.size());
    CHECK(std::equal(some.begin(), some.end(), all.begin()));
}

TEST_CASE("a session that began with positions and working orders replays to equal rows") {
    const test::TemporaryFolder folder;
    std::size_t held = 0;
    std::size_t working = 0;
    for (const std::uint64_t half : {121U, 137U, 255U}) {
        const auto name = std::to_string(half);
        const auto series = test::swinging_bars(half, 400);
        auto session = test::new_session(test::infos_of(series));
        session.started = series.front()->bars.front().start;
        auto history = test::no_history(session.symbols);
        test::DelayedMarket market(series, session.symbols);
        auto live = new_folder(folder.path("live" + name));
        deposit(live, session.started);
        std::vector<Price> marks(session.symbols.size());
        std::size_t fills_before = 0;
        std::vector<std::vector<Bar>> seen(session.symbols.size());
        for (const bool restarted : {false, true}) {
            if (restarted) {
                const auto& state = live.store().state();
                const auto recovered = ledger::recover(state);
                session.cash = recovered.cash;
                session.open_orders = recovered.open_orders;
                session.plans = recovered.open_plans;
                session.halted = recovered.halted;
                session.marks = marks;
                for (const auto& booked : state.fills()) {
                    const auto* order = state.find_order(booked.fill.order_id);
                    session.fills.push_back({booked.fill, order ? order->order.reason : ""});
                }
                fills_before = session.fills.size();
                working += session.open_orders.size();
                held += recovered.positions.size();
                for (std::size_t slot = 0; slot < seen.size(); ++slot) {
                    auto known = std::make_shared<BarSeries>(*history[slot]);
                    known->bars = seen[slot];
                    history[slot] = std::move(known);
                }
            }
            market::RecordingWriter writer(folder.path("recordings" + name),
                                           encode_session(session), history);
            auto stages = build_session_stages(session, history);
            auto broker = market.broker();
            LedgerStage ledger(live.store(), &live, false);
            FusedSteps steps(
                {*broker, *stages.execution.front(), *stages.gateway, *stages.decisions, ledger});
            const auto feed = market.feed(restarted ? kAllSteps : half);
            for (;;) {
                auto inputs = std::make_shared<StepInputs>();
                if (!feed->next(*inputs)) break;
                writer.append(inputs->step.number, inputs->step.time, encode_step(*inputs));
                for (const auto& close : inputs->closes) {
                    marks[close.slot] = close.bar.close;
                    seen[close.slot].push_back(close.bar);
                }
                session.started = inputs->step.time;
                steps.run(std::move(inputs));
            }
            writer.close();
        }
        live.finish({});
        replay(folder.path("recordings" + name), folder.path("again" + name));
        // The rows of the second session: fills with the position and the cash after each, and the
        // decisions.
        const auto all = lines_of(folder.path("live" + name + "/fills.csv"));
        const auto again = lines_of(folder.path("again" + name + "/fills.csv"));
        REQUIRE(fills_before > 20);
        REQUIRE(all.size() > fills_before + 21);
        REQUIRE(again.size() == all.size() - fills_before);
        CHECK(std::equal(again.begin() + 1, again.end(),
                         all.begin() + 1 + static_cast<std::ptrdiff_t>(fills_before)));
        const auto decided = lines_of(folder.path("live" + name + "/decisions.csv"));
        const auto decided_again = lines_of(folder.path("again" + name + "/decisions.csv"));
        REQUIRE(decided_again.size() > 20);
        CHECK(std::equal(decided_again.begin() + 1, decided_again.end(),
                         decided.end() - static_cast<std::ptrdiff_t>(decided_again.size()) + 1));
        const auto orders = lines_of(folder.path("live" + name + "/orders.csv"));
        for (const auto& row : lines_of(folder.path("again" + name + "/orders.csv"))) {
            INFO(row);
            CHECK(std::find(orders.begin(), orders.end(), row) != orders.end());
        }
    }
    CHECK(held > 0);
    CHECK(working > 0);
}

TEST_CASE("a step is on disk before it is acknowledged, and a failed one is not released") {
    const test::TemporaryFolder folder;
    auto failures = std::make_shared<FailureBox>();
    DaemonConfig config(1);
    caf::actor_system system(config);
    const auto recorder = spawn_recorder(system,
                                         std::make_unique<market::RecordingWriter>(
                                             folder.path(), "header", std::vector<BarSeriesPtr>{}),
                                         failures);
    caf::scoped_actor self{system};
    const auto record = [&](std::uint64_t number) {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step.number = number;
        bool recorded = false;
        self->request(recorder, caf::infinite, RecordStep{inputs})
            .receive([&](const StepRecorded& done) { recorded = done.number == number; },
                     [](const caf::error&) {});
        return recorded;
    };
    for (std::uint64_t number = 1; number <= 20; ++number) {
        REQUIRE(record(number));
        CHECK(market::RecordingReader(folder.path()).steps() == number);
    }
    CHECK_FALSE(failures->failed());
    CHECK_FALSE(record(UINT64_MAX));  // no store holds this number
    CHECK(failures->failed());
    self->send_exit(recorder, caf::exit_reason::user_shutdown);
    self->await_all_other_actors_done();
    market::RecordingReader reader(folder.path());
    CHECK(reader.steps() == 20);
    CHECK_FALSE(reader.complete());  // it did not end in order
}

TEST_CASE("without a working recorder no step is released") {
    const test::TemporaryFolder folder;
    const auto series = test::swinging_bars(1, 50);
    const auto session = test::new_session(test::infos_of(series));
    const auto history = test::no_history(session.symbols);
    test::DelayedMarket market(series, session.symbols);
    auto failures = std::make_shared<FailureBox>();
    auto writer = std::make_unique<market::RecordingWriter>(folder.path("r"), "header", history);
    writer->close();  // takes no step any more
    auto live = new_folder(folder.path("live"));
    const auto end = run_live(session, history, market, std::move(writer), live, failures);
    CHECK(failures->failed());
    CHECK(end.steps == 0);
    CHECK(live.store().last_sequence() == 0);
}

TEST_CASE("a recording of another forecaster or with foreign slots is refused") {
    const test::TemporaryFolder folder;
    const auto series = test::swinging_bars(1, 50);
    auto session = test::new_session(test::infos_of(series));
    const auto history = test::no_history(session.symbols);
    const auto record = [&](const StepInputs& inputs) {
        market::RecordingWriter writer(folder.path("r"), encode_session(session), history);
        writer.append(inputs.step.number, inputs.step.time, encode_step(inputs));
        writer.close();
    };
    StepInputs inputs;
    inputs.step.number = 1;
    inputs.quotes.push_back({3, {}});  // three symbols: slots 0 to 2
    record(inputs);
    auto out = new_folder(folder.path("out"));
    CHECK_THROWS_AS(run_recorded_replay(open_recorded_session(folder.path("r")), out), Error);
    session.strategy.clear();
    session.forecaster_id = "a model that is not here";
    record({});
    CHECK_THROWS_AS(run_recorded_replay(open_recorded_session(folder.path("r")), out), Error);
    session.symbols.pop_back();
    record({});
    CHECK_THROWS_AS(open_recorded_session(folder.path("r")), Error);
}

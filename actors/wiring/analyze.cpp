#include "actors/wiring/analyze.hpp"

#include <algorithm>
#include <caf/all.hpp>
#include <optional>
#include <utility>

#include "actors/inference/inference_actor.hpp"
#include "actors/portfolio/forecast_portfolio_actor.hpp"
#include "market/calendar.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

// One instant at which the sessions of both calendars count as opened.
DecideRequest pass_request(const AnalyzeOptions& options) {
    auto inputs = std::make_shared<StepInputs>();
    inputs->step.number = 1;
    inputs->step.time = options.as_of;
    for (const bool utc_days : {false, true}) {
        SessionEvent event;
        event.phase = SessionPhase::opened;
        event.crypto = utc_days;
        event.date = pass_date(utc_days, options.as_of);
        inputs->sessions.push_back(event);
    }
    auto settings = options.gateway;
    settings.snapshots = true;
    GatewayStage gateway(settings, options.symbols);
    const auto books = gateway.book({inputs, {}});
    DecideRequest request;
    request.inputs = std::move(inputs);
    request.now = options.as_of;
    request.equity = books.equity;
    request.account = books.account;
    request.headroom = books.headroom;
    return request;
}

DecideReply decide_by_actors(AnalyzeOptions& options, const std::shared_ptr<ForecastStage>& stage,
                             DecideRequest request) {
    const auto failures = std::make_shared<FailureBox>();
    const auto shards = std::max<std::size_t>(1, options.workers);
    DaemonConfig config(shards);
    caf::actor_system system(config);
    InferenceOptions inference_options;
    inference_options.cache = std::move(options.cache);
    const auto inference = spawn_inference(system, std::move(options.forecaster),
                                           std::move(inference_options), failures);
    std::vector<AnalysisActor> analysis;
    for (std::size_t i = 0; i < shards; ++i) {
        auto shard = std::make_shared<AnalysisStage>(options.stage.analysis, options.symbols);
        analysis.push_back(spawn_analysis(system, std::move(shard), inference, failures));
    }
    const auto portfolio = spawn_forecast_portfolio(system, stage, analysis, failures);
    std::optional<DecideReply> answer;
    {
        caf::scoped_actor self{system};
        self->request(portfolio, caf::infinite, std::move(request))
            .receive([&](DecideReply& reply) { answer = std::move(reply); },
                     [](const caf::error&) {});
        self->send_exit(portfolio, caf::exit_reason::user_shutdown);
        for (const auto& shard : analysis) {
            self->send_exit(shard, caf::exit_reason::user_shutdown);
        }
        self->send_exit(inference, caf::exit_reason::user_shutdown);
    }
    system.await_all_actors_done();
    failures->rethrow();
    ensure(answer.has_value(), "a pass ends or says why not");
    return std::move(*answer);
}

}  // namespace

Date pass_date(bool utc_days, Timestamp time) {
    const auto calendar =
        utc_days ? market::TradingCalendar::utc_days : market::TradingCalendar::nyse;
    const auto date = market::exchange_date(calendar, time);
    const auto session = market::session_on(calendar, date);
    if (session && session->close > time) return date;
    return market::next_session(calendar, date).date;
}

Timestamp newest_end(const std::vector<BarSeriesPtr>& series) {
    std::optional<Timestamp> newest;
    for (const auto& one : series) {
        if (one->bars.empty()) continue;
        if (!newest || one->bars.back().end > *newest) newest = one->bars.back().end;
    }
    ensure(newest.has_value(), "a catalog has bars");
    return *newest;
}

AnalyzeOutcome run_analyze(AnalyzeOptions options) {
    auto request = pass_request(options);
    AnalyzeOutcome outcome;
    outcome.equity = request.equity;
    DecideReply reply;
    const auto take = [&](const ForecastStage& stage) {
        for (const auto& [slot, row] : stage.newest_rows()) outcome.rows.push_back(row);
    };
    if (options.sequential) {
        SequentialForecastStage stage(options.stage, options.symbols, std::move(options.forecaster),
                                      std::move(options.cache));
        reply = stage.decide(std::move(request));
        take(stage.stage());
    } else {
        const auto stage = std::make_shared<ForecastStage>(options.stage, options.symbols);
        reply = decide_by_actors(options, stage, std::move(request));
        take(*stage);
    }
    outcome.decisions = std::move(reply.wanted.decisions);
    outcome.intents = std::move(reply.wanted.intents);
    return outcome;
}

}  // namespace tradewind::actors

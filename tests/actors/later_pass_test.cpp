// A pass of a running market takes longer than its step: steps go on meanwhile, and its rows are
// decided upon in the later step that brings them back.
#include <caf/all.hpp>
#include <chrono>
#include <deque>

#include "actors/gateway/gateway_stage.hpp"
#include "actors/portfolio/forecast_portfolio_actor.hpp"
#include "actors/portfolio/portfolio_actor.hpp"
#include "market/instruments.hpp"
#include "market/synthetic.hpp"
#include "model/ewma.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::actors;

namespace {

constexpr auto kPatience = std::chrono::seconds{20};
const Date kDay1 = date_of(2024, 6, 12);

struct Fixture {
    Fixture() {
        market::SyntheticOptions market_options;
        for (const char* name : {"AAAUSDT", "BBBUSDT", "CCCUSDT"}) {
            market_options.symbols.emplace_back(name);
        }
        market_options.last_day = kDay1;
        const market::SyntheticMarket market(market_options);
        for (const auto& symbol : market_options.symbols) {
            strategy::SymbolInfo info;
            info.slot = static_cast<SlotId>(symbols.size());
            info.instrument = market::default_instrument(symbol, AssetClass::crypto);
            info.utc_days = true;
            symbols.push_back(info);
            settings.series.push_back(market.daily_series(symbol, kDay1 - 500, kDay1));
        }
        settings.analysis.accepted_moves.resize(symbols.size());
    }

    // The step `number` at `minute` of the day.
    DecideRequest step(std::uint64_t number, int minute, bool opened,
                       std::vector<PassEnded> ended = {}) const {
        auto inputs = std::make_shared<StepInputs>();
        inputs->step = {number, utc_midnight(kDay1) + minute * kMinute};
        inputs->passes = std::move(ended);
        if (opened) {
            SessionEvent event;
            event.phase = SessionPhase::opened;
            event.crypto = true;
            event.date = kDay1;
            inputs->sessions.push_back(event);
        }
        GatewaySettings books;
        books.initial_cash = Money::whole(100'000);
        books.snapshots = true;
        GatewayStage gateway(books, symbols);
        const auto booked = gateway.book({inputs, {}});
        DecideRequest request;
        request.inputs = inputs;
        request.now = inputs->step.time;
        request.equity = booked.equity;
        request.account = booked.account;
        request.headroom = booked.headroom;
        return request;
    }

    ForecastStageSettings timed(PassTiming timing) const {
        auto result = settings;
        result.timing = timing;
        return result;
    }

    std::vector<strategy::SymbolInfo> symbols;
    ForecastStageSettings settings;
};

// Holds every request back until it is told to let go.
struct let_go {};
struct HeldInference {
    std::deque<std::pair<ForecastRequestPtr, caf::typed_response_promise<ForecastPtr>>> held;
    model::EwmaForecaster forecaster{model::EwmaOptions{}};
    bool open = false;

    void answer_all() {
        for (auto& [request, promise] : held) {
            const std::vector<ForecastRequest> one{*request};
            auto answers = forecaster.forecast(one);
            promise.deliver(
                ForecastPtr(std::make_shared<const Forecast>(std::move(answers.front()))));
        }
        held.clear();
    }
};
using HeldActor = InferenceActor::extend<caf::reacts_to<let_go>>;

HeldActor::behavior_type held_inference(HeldActor::stateful_pointer<HeldInference> self) {
    return {
        [self](const ForecastRequestPtr& request) -> caf::result<ForecastPtr> {
            auto promise = self->make_response_promise<ForecastPtr>();
            self->state.held.emplace_back(request, promise);
            if (self->state.open) self->state.answer_all();
            return promise;
        },
        [](CancelForecast) {},  // this one holds on to what it got
        [self](let_go) {
            self->state.open = true;
            self->state.answer_all();
        },
    };
}

std::string text_of(const DecideReply& reply) {
    std::string text;
    for (const auto& decision : reply.wanted.decisions) {
        text += decision.decision_id + ' ' + decision.symbol.to_string() + ' ' + decision.reason +
                ' ' + decision.price.to_string() + ' ' + decision.quantity.to_string() + '\n';
    }
    return text + std::to_string(reply.wanted.intents.size());
}

}  // namespace

TEST_CASE("steps go on while a pass is under way, and its rows are decided upon when it ends") {
    const Fixture fixture;
    SequentialForecastStage same_step(
        fixture.timed(PassTiming::same_step), fixture.symbols,
        std::make_unique<model::EwmaForecaster>(model::EwmaOptions{}));
    const auto expected = text_of(same_step.decide(fixture.step(7, 5, true)));
    SequentialForecastStage later(fixture.timed(PassTiming::later_step), fixture.symbols,
                                  std::make_unique<model::EwmaForecaster>(model::EwmaOptions{}));
    const auto begun = later.decide(fixture.step(7, 5, true));
    CHECK(begun.pass_begun);
    CHECK(begun.wanted.decisions.empty());
    const auto expected_later = text_of(later.decide(fixture.step(9, 8, false, {{7}})));
    CHECK(expected_later.size() > 50);
    CHECK(expected_later.substr(0, 3) == expected.substr(0, 3));

    auto failures = std::make_shared<FailureBox>();
    DaemonConfig config(2);
    caf::actor_system system(config);
    const auto held = system.spawn(held_inference);
    std::vector<AnalysisActor> shards;
    for (int i = 0; i < 2; ++i) {
        shards.push_back(spawn_analysis(
            system, std::make_shared<AnalysisStage>(fixture.settings.analysis, fixture.symbols),
            held, failures));
    }
    const auto portfolio = spawn_forecast_portfolio(
        system,
        std::make_shared<ForecastStage>(fixture.timed(PassTiming::later_step), fixture.symbols),
        shards, failures);
    {
        caf::scoped_actor self{system};
        const auto decide = [&](DecideRequest request) {
            DecideReply answer;
            bool answered = false;
            self->request(portfolio, kPatience, std::move(request))
                .receive(
                    [&](DecideReply& reply) {
                        answer = std::move(reply);
                        answered = true;
                    },
                    [](const caf::error&) {});
            CHECK(answered);
            return answer;
        };
        const auto first = decide(fixture.step(7, 5, true));
        CHECK(first.pass_begun);
        CHECK(first.wanted.decisions.empty());
        const auto meanwhile = decide(fixture.step(8, 6, false));  // not held up
        CHECK_FALSE(meanwhile.pass_begun);
        CHECK(meanwhile.wanted.decisions.empty());
        self->send(held, let_go{});
        std::uint64_t ended = 0;
        self->request(portfolio, kPatience, AwaitPass{7})
            .receive([&](const PassEnded& pass) { ended = pass.begun; },
                     [](const caf::error& error) { FAIL_CHECK(caf::to_string(error)); });
        CHECK(ended == 7);
        CHECK(text_of(decide(fixture.step(9, 8, false, {{7}}))) == expected_later);
        failures->rethrow();
        self->send_exit(portfolio, caf::exit_reason::user_shutdown);
        for (const auto& shard : shards) self->send_exit(shard, caf::exit_reason::user_shutdown);
        self->send_exit(held, caf::exit_reason::user_shutdown);
    }
    system.await_all_actors_done();
}

// The inference owner over its mailbox: batches of many senders, refusal, deadline, cancellation, a
// sender that ends, a forecaster that dies.
#include "actors/inference/inference_actor.hpp"

#include <caf/all.hpp>
#include <chrono>
#include <filesystem>

#include "actors/inference/stored_forecasts.hpp"
#include "actors/status/metrics.hpp"
#include "actors/status/status_view.hpp"
#include "tests/catch.hpp"
#include "tests/model/counting_forecaster.hpp"
#include "tests/model/random_bars.hpp"
#include "tests/model/scratch_folder.hpp"

using namespace tradewind;
using namespace tradewind::actors;
using tradewind::model::test::CountingForecaster;

namespace {

constexpr auto kPatience = std::chrono::seconds{20};

ForecastRequestPtr request_of(const std::string& symbol, std::uint32_t rows, std::uint64_t id = 0) {
    auto request = std::make_shared<ForecastRequest>();
    request->series = model::test::random_bars(symbol, 400, 7);
    request->symbol = Symbol(symbol);
    request->id = id;
    for (std::uint32_t i = 0; i < rows; ++i) request->rows.push_back({101 + i});
    return request;
}

struct Fixture {
    explicit Fixture(InferenceOptions options = {}) {
        auto owned = std::make_unique<CountingForecaster>();
        forecaster = owned.get();
        inference = spawn_inference(system, std::move(owned), std::move(options), failures);
    }
    ~Fixture() { caf::anon_send_exit(inference, caf::exit_reason::user_shutdown); }

    DaemonConfig config{2};
    caf::actor_system system{config};
    FailureBoxPtr failures = std::make_shared<FailureBox>();
    CountingForecaster* forecaster = nullptr;  // read after the actor answered
    InferenceActor inference;
};

// A queue that lets partial batches wait for ever, so that requests stay where they are.
InferenceOptions patient() {
    InferenceOptions options;
    options.queue.maximum_wait_ns = 3600 * kSecond;
    return options;
}

caf::error outcome(caf::scoped_actor& self, const InferenceActor& inference,
                   const ForecastRequestPtr& request) {
    caf::error result;
    self->request(inference, kPatience, request)
        .receive([](const ForecastPtr&) {}, [&](caf::error& error) { result = std::move(error); });
    return result;
}

}  // namespace

TEST_CASE("requests of many senders are answered with their own forecasts") {
    Fixture fixture;
    caf::scoped_actor self{fixture.system};
    for (const char* symbol : {"AAA", "BAD", "CCC"}) {
        const auto request = request_of(symbol, 6, 9);
        self->request(fixture.inference, kPatience, request)
            .receive(
                [&](const ForecastPtr& forecast) {
                    CHECK(forecast->id == 9);
                    CHECK(forecast->symbol == Symbol(symbol));
                    CHECK(forecast->refusal.empty() == (std::string(symbol) != "BAD"));
                    if (!forecast->refusal.empty()) return;
                    CHECK(forecast->at(5, 0, Series::close)[0] ==
                          CountingForecaster::value(*request, 5, 0));
                },
                [](const caf::error&) { FAIL("no answer"); });
    }
    CHECK_FALSE(fixture.failures->failed());
}

TEST_CASE("a full queue, a missed deadline and a cancellation are told apart") {
    auto options = patient();
    options.queue.maximum_requests = 1;
    Fixture fixture(std::move(options));
    caf::scoped_actor self{fixture.system};
    auto waiting = self->request(fixture.inference, kPatience, request_of("AAA", 2, 5));
    caf::scoped_actor other{fixture.system};
    const auto full = outcome(other, fixture.inference, request_of("BBB", 1));
    CHECK(full == caf::sec::runtime_error);
    CHECK_THAT(caf::to_string(full.context()), Catch::Contains("queue full"));
    // Another sender's cancellation does not touch it, its own does.
    other->send(fixture.inference, CancelForecast{5});
    self->send(fixture.inference, CancelForecast{4});
    self->send(fixture.inference, CancelForecast{5});
    caf::error cancelled;
    waiting.receive([](const ForecastPtr&) { FAIL("answered"); },
                    [&](caf::error& error) { cancelled = std::move(error); });
    CHECK_THAT(fixture.system.render(cancelled), Catch::Contains("cancelled"));

    auto late = std::make_shared<ForecastRequest>(*request_of("CCC", 1));
    late->deadline_ns = 1;
    CHECK(outcome(other, fixture.inference, late) == caf::sec::request_timeout);
}

TEST_CASE("a deadline that comes while a request waits ends it") {
    auto options = patient();
    options.queue.batch_time_ns = 0;  // no batch is pulled forward
    Fixture fixture(std::move(options));
    caf::scoped_actor self{fixture.system};
    auto late = std::make_shared<ForecastRequest>(*request_of("AAA", 1));
    late->deadline_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(
                            std::chrono::steady_clock::now().time_since_epoch())
                            .count() +
                        20 * kMillisecond;
    CHECK(outcome(self, fixture.inference, late) == caf::sec::request_timeout);
}

TEST_CASE("requests of a sender that ended leave the queue") {
    auto options = patient();
    options.queue.maximum_requests = 1;
    Fixture fixture(std::move(options));
    {
        caf::scoped_actor gone{fixture.system};
        gone->request(fixture.inference, kPatience, request_of("AAA", 1));
        caf::scoped_actor other{fixture.system};
        REQUIRE(outcome(other, fixture.inference, request_of("BBB", 1)));
    }
    // Its place is free: four rows fill a batch and are answered.
    caf::scoped_actor self{fixture.system};
    caf::error last;
    for (int tries = 0; tries < 1000; ++tries) {  // the news of its end travels on its own
        last = outcome(self, fixture.inference, request_of("CCC", 4));
        if (!last) break;
    }
    INFO(fixture.system.render(last));
    CHECK_FALSE(last);
}

TEST_CASE("a forecaster that dies fails its requests and the run") {
    Fixture fixture;
    fixture.forecaster->broken = true;
    caf::scoped_actor self{fixture.system};
    CHECK(outcome(self, fixture.inference, request_of("AAA", 1)));
    CHECK(fixture.failures->failed());
}

TEST_CASE("forecasts outlive the process in the store, and metrics count them") {
    const model::test::ScratchFolder folder;
    const auto file = std::filesystem::path(folder.path()) / kForecastsFile;
    std::vector<Deciles> first;
    for (int life = 0; life < 2; ++life) {
        status::Metrics metrics;
        InferenceOptions options;
        auto store = open_stored_forecasts(file);
        REQUIRE(store);
        options.cache = std::make_shared<model::ForecastCache>(1000, std::move(store));
        options.probe = metrics_probe(metrics);
        Fixture fixture(std::move(options));
        caf::scoped_actor self{fixture.system};
        for (int pass = 0; pass < 2; ++pass) {
            self->request(fixture.inference, kPatience, request_of("AAA", 10))
                .receive(
                    [&](const ForecastPtr& forecast) {
                        if (first.empty()) first = forecast->values;
                        CHECK(forecast->values == first);
                    },
                    [](const caf::error&) { FAIL("no answer"); });
        }
        CHECK(fixture.forecaster->rows_run == (life == 0 ? 10U : 0U));
        // A request that runs brings the counters up to date.
        CHECK_FALSE(outcome(self, fixture.inference, request_of("ZZZ", 1)));
        CHECK_FALSE(outcome(self, fixture.inference, request_of("YYY", 1)));
        const auto text = metrics.text({});
        CHECK_THAT(text, Catch::Contains("tradewind_inference_cache_hits_total " +
                                         std::string(life == 0 ? "10" : "22")));
    }
}

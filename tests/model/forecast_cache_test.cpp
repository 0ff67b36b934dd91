// Cached forecasts are the computed ones, and a revised bar is never answered from the cache.
#include "model/forecast_cache.hpp"

#include "model/request_queue.hpp"
#include "tests/catch.hpp"
#include "tests/model/counting_forecaster.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

ForecastRequest request_of(const std::shared_ptr<BarSeries>& series, std::uint32_t first,
                           std::uint32_t last) {
    ForecastRequest request;
    request.series = series;
    request.symbol = series->symbol;
    for (std::uint32_t end = first; end <= last; ++end) request.rows.push_back({end});
    return request;
}

Forecast ask(RequestQueue& queue, const ForecastRequest& request) {
    static std::uint64_t ticket = 0;
    REQUIRE(queue.add(++ticket, std::make_shared<ForecastRequest>(request), 0) ==
            Admission::accepted);
    while (queue.run_now()) {
    }
    auto answers = queue.take_answers();
    REQUIRE(answers.size() == 1);
    return answers[0].forecast;
}

}  // namespace

TEST_CASE("the second pass of a day asks only for what is new") {
    CountingForecaster forecaster;
    ForecastCache cache;
    RequestQueue queue(forecaster, {}, &cache);
    const auto series = random_bars("AAA", 400, 1);
    const auto first = ask(queue, request_of(series, 200, 276));
    CHECK(forecaster.rows_run == 77);
    const auto again = ask(queue, request_of(series, 200, 276));
    CHECK(forecaster.rows_run == 77);
    CHECK(again.values == first.values);
    CHECK(again.producer == first.producer);
    // A new day: one row more, and the bars behind it do not matter.
    auto grown = std::make_shared<BarSeries>(*series);
    grown->bars[300].close = price_of(1);
    (void)ask(queue, request_of(grown, 201, 277));
    CHECK(forecaster.rows_run == 78);
    CHECK(queue.counts().cache_hits == 77 + 76);
}

TEST_CASE("a revised bar invalidates the days that saw it, and only those") {
    CountingForecaster forecaster;
    ForecastCache cache;
    RequestQueue queue(forecaster, {}, &cache);
    const auto series = random_bars("AAA", 400, 2);
    (void)ask(queue, request_of(series, 201, 220));
    REQUIRE(forecaster.rows_run == 20);
    for (const auto revise :
         {+[](Bar& bar) { bar.low = price_of(1); }, +[](Bar& bar) { bar.suspect = true; }}) {
        auto revised = std::make_shared<BarSeries>(*series);
        revise(revised->bars[209]);  // seen by rows 210 to 220
        const auto before = forecaster.rows_run;
        const auto fresh = ask(queue, request_of(revised, 201, 220));
        CHECK(forecaster.rows_run == before + 11);
        for (std::uint32_t row = 0; row < 20; ++row) {
            CHECK(fresh.at(row, 0, Series::close)[0] ==
                  CountingForecaster::value(request_of(revised, 201, 220), row, 0));
        }
    }
}

TEST_CASE("another producer, symbol or horizon is another forecast") {
    const auto series = random_bars("AAA", 200, 3);
    const auto key_of = [&](const std::string& producer, const char* symbol,
                            std::uint32_t horizon) {
        ForecastRequest request = request_of(series, 150, 150);
        request.symbol = Symbol(symbol);
        request.horizon = horizon;
        return context_keys(request, producer, 64).front();
    };
    const auto key = key_of("p", "AAA", 1);
    CHECK(key == key_of("p", "AAA", 1));
    CHECK(key != key_of("q", "AAA", 1));
    CHECK(key != key_of("p", "BBB", 1));
    CHECK(key != key_of("p", "AAA", 2));
}

TEST_CASE("the key covers exactly the bars that the model sees") {
    const auto series = random_bars("AAA", 300, 4);
    const auto key = context_keys(request_of(series, 200, 200), "p", 50).front();
    for (const std::size_t changed : {148U, 149U, 199U, 200U}) {
        auto other = std::make_shared<BarSeries>(*series);
        other->bars[changed].high = price_of(1e6);
        const bool seen = changed >= 149 && changed < 200;
        INFO("bar " << changed);
        CHECK((context_keys(request_of(other, 200, 200), "p", 50).front() != key) == seen);
    }
}

TEST_CASE("memory is bounded and the store keeps what left it") {
    struct MapStore final : ForecastStore {
        std::optional<std::vector<Deciles>> find(const ContextKey& key) override {
            ++asked;
            const auto found = kept.find(key);
            if (found == kept.end()) return std::nullopt;
            return found->second;
        }
        void put(const ContextKey& key, std::span<const Deciles> values) override {
            kept[key] = {values.begin(), values.end()};
        }
        void commit() override { ++commits; }
        std::map<ContextKey, std::vector<Deciles>> kept;
        int asked = 0;
        int commits = 0;
    };
    auto owned = std::make_unique<MapStore>();
    MapStore& store = *owned;
    CountingForecaster forecaster;
    ForecastCache cache(8, std::move(owned));
    RequestQueue queue(forecaster, {}, &cache);
    const auto series = random_bars("AAA", 300, 5);
    const auto first = ask(queue, request_of(series, 200, 219));
    CHECK(cache.size() == 8);
    CHECK(store.kept.size() == 20);
    CHECK(store.commits == 1);
    const auto again = ask(queue, request_of(series, 200, 219));
    CHECK(again.values == first.values);
    CHECK(forecaster.rows_run == 20);
    CHECK(cache.size() == 8);
}

TEST_CASE("a network answers the same bytes from the cache as without it") {
    ForecasterOptions options;
    options.model = fixture_path("");
    const auto forecaster = open_forecaster(options);
    const auto series = random_bars("AAA", 700, 6);
    const ForecastRequest request = request_of(series, 640, 660);
    const auto plain = forecaster->forecast(std::span(&request, 1)).front();
    ForecastCache cache;
    RequestQueue queue(*forecaster, {}, &cache);
    (void)ask(queue, request_of(series, 645, 650));
    const auto mixed = ask(queue, request);
    CHECK(mixed.values == plain.values);
    CHECK(queue.counts().cache_hits == 6);
    CHECK(ask(queue, request).values == plain.values);
    CHECK(queue.counts().rows == 21);
}

}  // namespace tradewind::model::test

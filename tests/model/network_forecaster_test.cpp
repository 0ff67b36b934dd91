#include "model/network_forecaster.hpp"

#include <cmath>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

std::unique_ptr<Forecaster> open_fixture() {
    ForecasterOptions options;
    options.model = fixture_path("");
    return open_forecaster(options);
}

ForecastRequest request_of(const std::shared_ptr<BarSeries>& series,
                           const std::vector<std::uint32_t>& ends, std::uint32_t horizon = 1) {
    ForecastRequest request;
    request.symbol = series->symbol;
    request.series = series;
    request.horizon = horizon;
    for (const std::uint32_t end : ends) request.rows.push_back({end});
    return request;
}

}  // namespace

TEST_CASE("a network forecaster answers the same alone, in a crowd, and in any order") {
    const auto forecaster = open_fixture();
    forecaster->warm_up();
    CHECK_THAT(forecaster->id(), Catch::StartsWith("toto2-") && Catch::EndsWith("-cpu-f32"));
    CHECK(forecaster->minimum_points() == 32);
    CHECK(forecaster->maximum_points() == 512);
    const auto first = random_bars("AAA", 700, 1);
    const auto second = random_bars("BBB", 300, 2);
    std::vector<std::uint32_t> ends;
    for (std::uint32_t end = 620; end <= 700; ++end) ends.push_back(end);
    const std::vector<ForecastRequest> crowd = {request_of(second, {300, 33, 150}, 2),
                                                request_of(first, {20}), request_of(first, ends),
                                                request_of(first, {100, 700}, 40)};
    const auto together = forecaster->forecast(crowd);
    REQUIRE(together.size() == 4);
    CHECK_THAT(together[1].refusal, Catch::Contains("only 19 moves"));
    for (const std::size_t r : {std::size_t{0}, std::size_t{2}, std::size_t{3}}) {
        REQUIRE(together[r].refusal.empty());
        CHECK(together[r].producer == forecaster->id());
        for (std::size_t i = 0; i < crowd[r].rows.size(); i += 17) {
            const ForecastRequest lone =
                request_of(r == 0 ? second : first, {crowd[r].rows[i].end_index}, crowd[r].horizon);
            const auto alone = forecaster->forecast(std::span(&lone, 1));
            for (std::uint32_t step = 0; step < lone.horizon; ++step) {
                for (std::size_t s = 0; s < kSeriesCount; ++s) {
                    const auto series = static_cast<Series>(s);
                    CHECK(alone[0].at(0, step, series) == together[r].at(i, step, series));
                }
            }
        }
    }
}

TEST_CASE("a forecast sees the newest moves before its bar only") {
    const auto forecaster = open_fixture();
    const auto series = random_bars("AAA", 700, 3);
    const auto answer = [&](const std::shared_ptr<BarSeries>& bars) {
        const ForecastRequest request = request_of(bars, {650});
        return forecaster->forecast(std::span(&request, 1))[0].at(0, 0, Series::close);
    };
    const Deciles plain = answer(series);
    auto changed = std::make_shared<BarSeries>(*series);
    for (std::size_t i = 650; i < 700; ++i) changed->bars[i].close = price_of(7);
    for (std::size_t i = 0; i < 650 - 513; ++i) changed->bars[i].close = price_of(7);
    CHECK(answer(changed) == plain);
    changed->bars[640].close = price_of(changed->bars[640].close.to_double() * 1.01);
    CHECK(answer(changed) != plain);
}

TEST_CASE("a network takes no foreign parameters; a wrong name is told from a wrong path") {
    ForecasterOptions options;
    options.model = fixture_path("");
    options.parameters = {{"lambda", "0.9"}};
    CHECK_THROWS_AS(open_forecaster(options), Error);
    options.parameters.clear();
    for (const auto& [model, kind] :
         {std::pair{"no-such-model", ErrorKind::usage}, {"no/such/folder", ErrorKind::data}}) {
        options.model = model;
        try {
            (void)open_forecaster(options);
            FAIL("opened " << model);
        } catch (const Error& error) {
            CHECK(error.kind() == kind);
        }
    }
}

TEST_CASE("a toto1 checkpoint forecasts bars: alone, in a crowd, lifted to a scale it sees") {
    ForecasterOptions options;
    options.model = toto1_path("");
    const auto forecaster = open_forecaster(options);
    forecaster->warm_up();
    CHECK_THAT(forecaster->id(), Catch::StartsWith("toto1-") && Catch::EndsWith("-cpu-f32"));
    CHECK(forecaster->minimum_points() == 64);
    const auto series = random_bars("AAA", 700, 1);
    const std::vector<ForecastRequest> crowd = {request_of(series, {700, 300, 90}),
                                                request_of(series, {40}),
                                                request_of(series, {600, 601, 602}, 5)};
    const auto together = forecaster->forecast(crowd);
    CHECK_THAT(together[1].refusal, Catch::Contains("only 39 moves"));
    for (const std::size_t r : {std::size_t{0}, std::size_t{2}}) {
        REQUIRE(together[r].refusal.empty());
        for (std::size_t i = 0; i < crowd[r].rows.size(); ++i) {
            const ForecastRequest lone =
                request_of(series, {crowd[r].rows[i].end_index}, crowd[r].horizon);
            const auto alone = forecaster->forecast(std::span(&lone, 1));
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                const Deciles& deciles = together[r].at(i, 0, static_cast<Series>(s));
                CHECK(alone[0].at(0, 0, static_cast<Series>(s)) == deciles);
                CHECK(deciles[0] < deciles[4]);
                CHECK(deciles[4] < deciles[8]);
                // Moves of a few per cent give deciles of that size, not of the variance floor.
                CHECK(std::abs(deciles[8]) < 0.3F);
            }
        }
    }
    // A context is cut to whole buckets: 299 moves are forecast from the newest 256.
    auto changed = std::make_shared<BarSeries>(*series);
    for (std::size_t i = 0; i < 299 - 256; ++i) changed->bars[i].close = price_of(7);
    const ForecastRequest cut = request_of(changed, {300});
    CHECK(forecaster->forecast(std::span(&cut, 1))[0].at(0, 0, Series::close) ==
          together[0].at(1, 0, Series::close));
    // A price that never moves is forecast not to move.
    auto flat = std::make_shared<BarSeries>(*series);
    for (Bar& bar : flat->bars) bar.open = bar.high = bar.low = bar.close = price_of(50);
    const ForecastRequest still = request_of(flat, {600});
    for (const float decile : forecaster->forecast(std::span(&still, 1))[0].at(0, 0, Series::low)) {
        CHECK(std::abs(decile) < 1e-6F);
    }
}

}  // namespace tradewind::model::test

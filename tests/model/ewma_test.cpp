#include "model/ewma.hpp"

#include <cmath>

#include "messages/error.hpp"
#include "tests/catch.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

ForecastRequest request_of(const std::shared_ptr<BarSeries>& series,
                           const std::vector<std::uint32_t>& ends, std::uint32_t horizon = 1) {
    ForecastRequest request;
    request.symbol = series->symbol;
    request.series = series;
    request.horizon = horizon;
    for (const std::uint32_t end : ends) request.rows.push_back({end});
    return request;
}

Forecast ask(EwmaForecaster& forecaster, const ForecastRequest& request) {
    return forecaster.forecast(std::span(&request, 1)).at(0);
}

}  // namespace

TEST_CASE("ewma is the definition written out as weighted sums") {
    const auto series = random_bars("AAA", 61, 3);
    const double lambda = 0.94;
    for (const bool zero_centre : {false, true}) {
        EwmaForecaster forecaster({lambda, zero_centre});
        const Forecast forecast = ask(forecaster, request_of(series, {61, 21}, 4));
        REQUIRE(forecast.refusal.empty());
        for (std::size_t row = 0; row < 2; ++row) {
            const std::size_t end = forecast.rows[row].end_index;
            long double weights = 0;
            long double moves = 0;
            long double squares = 0;
            for (std::size_t i = 1; i < end; ++i) {
                const double move =
                    series->bars[i].high.to_double() / series->bars[i - 1].high.to_double() - 1;
                const long double weight = std::pow(static_cast<long double>(lambda),
                                                    static_cast<long double>(end - 1 - i));
                weights += weight;
                moves += weight * move;
                squares += weight * move * move;
            }
            const long double centre = zero_centre ? 0 : moves / weights;
            const long double sigma = std::sqrt(squares / weights);
            const double z[] = {-1.2815515655446004, -0.8416212335729142, -0.5244005127080407,
                                -0.2533471031357997, 0};
            for (std::size_t step = 1; step <= 4; ++step) {
                const Deciles& got = forecast.at(row, step - 1, Series::high);
                for (std::size_t q = 0; q < kDeciles; ++q) {
                    const long double quantile = q < 5 ? z[q] : -z[8 - q];
                    const long double wanted =
                        centre * static_cast<long double>(step) +
                        quantile * sigma * std::sqrt(static_cast<long double>(step));
                    CHECK(got[q] == Approx(static_cast<double>(wanted)).epsilon(1e-6).margin(1e-9));
                }
            }
        }
    }
}

TEST_CASE("a steady rise forecasts itself") {
    auto series = std::make_shared<BarSeries>();
    series->symbol = Symbol("UP");
    for (int i = 0; i < 22; ++i) {
        Bar bar;
        bar.open = bar.high = bar.low = bar.close = price_of(100 * std::pow(1.01, i));
        series->bars.push_back(bar);
    }
    EwmaForecaster forecaster;
    const Forecast forecast = ask(forecaster, request_of(series, {22}));
    CHECK(point_value(forecast.at(0, 0, Series::close)) == Approx(0.01).epsilon(1e-6));
    // Squares are taken about zero: sigma is 0.01 too.
    CHECK(forecast.at(0, 0, Series::close)[8] ==
          Approx(0.01 + 1.2815515655446004 * 0.01).epsilon(1e-6));
}

TEST_CASE("any way of asking gives the same bits") {
    const auto series = random_bars("AAA", 900, 5);
    tradewind::test::law("order, grouping and history of requests do not matter", [&series] {
        auto ends = *rc::gen::container<std::vector<std::uint32_t>>(
            rc::gen::inRange<std::uint32_t>(21, 901));
        RC_PRE(!ends.empty());
        EwmaForecaster shared;
        const Forecast together = ask(shared, request_of(series, ends, 2));
        for (std::size_t i = 0; i < ends.size(); ++i) {
            EwmaForecaster fresh;
            const Forecast alone = ask(fresh, request_of(series, {ends[i]}, 2));
            const Forecast again = ask(shared, request_of(series, {ends[i]}, 2));
            for (std::size_t step = 0; step < 2; ++step) {
                for (std::size_t s = 0; s < kSeriesCount; ++s) {
                    const auto which = static_cast<Series>(s);
                    RC_ASSERT(together.at(i, step, which) == alone.at(0, step, which));
                    RC_ASSERT(again.at(0, step, which) == alone.at(0, step, which));
                }
            }
        }
    });
}

TEST_CASE("the future of a series does not change a forecast") {
    const auto series = random_bars("AAA", 300, 6);
    auto cut = std::make_shared<BarSeries>(*series);
    cut->bars.resize(200);
    EwmaForecaster forecaster;
    const Forecast whole = ask(forecaster, request_of(series, {200}));
    const Forecast shorter = ask(forecaster, request_of(cut, {200}));
    CHECK(whole.at(0, 0, Series::open) == shorter.at(0, 0, Series::open));
}

TEST_CASE("a revised series is not answered from memory") {
    const auto series = random_bars("AAA", 300, 7);
    auto revised = std::make_shared<BarSeries>(*series);
    revised->bars[150].close = price_of(revised->bars[150].close.to_double() * 1.1);
    EwmaForecaster forecaster;
    const Deciles before = ask(forecaster, request_of(series, {160})).at(0, 0, Series::close);
    const Deciles after = ask(forecaster, request_of(revised, {160})).at(0, 0, Series::close);
    EwmaForecaster fresh;
    CHECK(before != after);
    CHECK(ask(fresh, request_of(revised, {160})).at(0, 0, Series::close) == after);
}

TEST_CASE("requests that cannot be answered are refused alone") {
    const auto series = random_bars("AAA", 60, 8);
    auto broken = std::make_shared<BarSeries>(*series);
    broken->symbol = Symbol("BBB");
    broken->bars[30].low = Price{};
    std::vector<ForecastRequest> requests = {
        request_of(series, {20}),      request_of(series, {21}), request_of(series, {61}),
        request_of(broken, {40}),      request_of(series, {0}),  request_of(series, {}),
        request_of(series, {40}, 0),   request_of(series, {60}), request_of(series, {40, 3}),
        request_of(series, {40}, 5000)};
    requests.emplace_back();
    EwmaForecaster forecaster;
    const auto forecasts = forecaster.forecast(requests);
    REQUIRE(forecasts.size() == requests.size());
    const char* reasons[] = {
        "only 19 moves", "", "row ends at bar 61", "not positive", "only 0 moves", "no rows",
        "horizon 0",     "", "only 2 moves",       "horizon 5000", "no series"};
    for (std::size_t i = 0; i < requests.size(); ++i) {
        INFO("request " << i << ": " << forecasts[i].refusal);
        const bool refused = reasons[i][0] != '\0';
        CHECK(forecasts[i].refusal.empty() != refused);
        CHECK_THAT(forecasts[i].refusal, Catch::Contains(reasons[i]));
        CHECK(forecasts[i].values.empty() == refused);
    }
}

TEST_CASE("forecasters are opened by name with strict parameters") {
    ForecasterOptions options;
    CHECK(open_forecaster(options)->id() == "ewma-lambda0.94-mean");
    options.parameters = {{"centre", "zero"}, {"lambda", "0.9"}};
    CHECK(open_forecaster(options)->id() == "ewma-lambda0.9-zero");
    const std::map<std::string, std::string> wrong[] = {
        {{"centre", "median"}}, {{"lambda", "1"}}, {{"lambda", "0"}},  {{"lambda", "nan"}},
        {{"lambda", "0.9x"}},   {{"lambda", ""}},  {{"lamda", "0.9"}},
    };
    for (const auto& parameters : wrong) {
        options.parameters = parameters;
        try {
            (void)open_forecaster(options);
            FAIL("accepted " << parameters.begin()->first << "=" << parameters.begin()->second);
        } catch (const Error& error) {
            CHECK(error.kind() == ErrorKind::usage);
        }
    }
}

}  // namespace tradewind::model::test

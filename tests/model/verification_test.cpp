#include "model/verification.hpp"

#include <cmath>
#include <functional>

#include "messages/error.hpp"
#include "model/classical_forecaster.hpp"
#include "model/ewma.hpp"
#include "model/verification_scores.hpp"
#include "tests/catch.hpp"
#include "tests/model/classical_parameters_fixture.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

// Answers every row with deciles that a function gives.
class ScriptedForecaster final : public Forecaster {
  public:
    using Script = std::function<Deciles(const BarSeries&, std::uint32_t end_index,
                                         std::uint32_t step, Series)>;
    explicit ScriptedForecaster(Script script) : script_(std::move(script)) {}
    const std::string& id() const override { return id_; }
    std::size_t minimum_points() const override { return 20; }
    std::size_t maximum_points() const override { return 0; }
    std::vector<Forecast> forecast(std::span<const ForecastRequest> requests) override {
        std::vector<Forecast> forecasts;
        for (const ForecastRequest& request : requests) {
            Forecast forecast;
            forecast.symbol = request.symbol;
            forecast.horizon = request.horizon;
            forecast.rows = request.rows;
            for (const ForecastRow& row : request.rows) {
                for (std::uint32_t step = 0; step < request.horizon; ++step) {
                    for (std::size_t s = 0; s < kSeriesCount; ++s) {
                        forecast.values.push_back(
                            script_(*request.series, row.end_index, step, static_cast<Series>(s)));
                    }
                }
            }
            if (!refusal.empty()) {
                forecast.refusal = refusal;
                forecast.values.clear();
            }
            forecasts.push_back(std::move(forecast));
        }
        return forecasts;
    }
    std::string refusal;

  private:
    Script script_;
    std::string id_ = "scripted";
};

double outcome_of(const BarSeries& series, std::uint32_t end, std::uint32_t step, Series channel) {
    const auto c = static_cast<std::size_t>(channel);
    if (end + step >= series.bars.size()) return 0;
    return channel_prices(series.bars[end + step])[c] / channel_prices(series.bars[end - 1])[c] - 1;
}

Deciles spread(double centre, double width) {
    Deciles deciles{};
    for (std::size_t q = 0; q < kDeciles; ++q) {
        deciles[q] = static_cast<float>(centre + (static_cast<double>(q) - 4) * width);
    }
    return deciles;
}

// Daily series whose last 150 bars lie after the test date.
std::shared_ptr<BarSeries> dated_bars(const std::string& symbol, std::size_t count,
                                      std::uint64_t seed) {
    auto series = random_bars(symbol, count, seed);
    const DataSplit split;
    for (std::size_t i = 0; i < count; ++i) {
        Bar& bar = series->bars[i];
        bar.start = utc_midnight(split.daily_test_begin + (static_cast<std::int32_t>(i) -
                                                           static_cast<std::int32_t>(count) + 150));
        bar.end = bar.start + kDay;
    }
    return series;
}

std::vector<VerificationSeries> some_series() {
    return {{dated_bars("AAA", 400, 1), true},
            {dated_bars("BBB", 400, 2), true},
            {dated_bars("CCC", 400, 3), false},
            {dated_bars("BTCUSD", 400, 4), false}};
}

VerificationOptions quick_options() {
    VerificationOptions options;
    options.draws = 100;
    options.horizon = 3;
    return options;
}

const ClassScore& at(const Verification& verification, HoldOut hold_out, MarketClass market_class) {
    for (const ClassScore& score : verification.classes) {
        if (score.hold_out == hold_out && score.market_class == market_class) return score;
    }
    FAIL("no such class");
    throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("a baseline scored against itself is level with itself") {
    const auto series = some_series();
    const auto parameters = some_classical_parameters();
    EwmaForecaster yardstick({0.94, true});
    const auto verification = verify_forecaster(yardstick, parameters, series, quick_options());
    for (const ClassScore& score : verification.classes) {
        for (const ChannelScore& channel : score.channels) {
            const auto& ratio = channel.model_against[static_cast<std::size_t>(Scored::ewma)];
            CHECK(ratio.value == 1);
            CHECK(ratio.low == 1);
            CHECK(ratio.high == 1);
            CHECK(channel.coverage[0] == channel.coverage[1]);
        }
    }
    const auto garch = make_classical_forecaster(ClassicalKind::garch, parameters);
    const auto other = verify_forecaster(*garch, parameters, series, quick_options());
    for (const ClassScore& score : other.classes) {
        for (const ChannelScore& channel : score.channels) {
            CHECK(channel.model_against[static_cast<std::size_t>(Scored::garch)].high == 1);
            CHECK(channel.against_ewma[0] == channel.against_ewma[3]);
            CHECK(channel.model_against[1].value == channel.against_ewma[0]);
            CHECK(channel.model_against[1].low <= channel.model_against[1].value);
            CHECK(channel.model_against[1].high >= channel.model_against[1].value);
        }
    }
}

TEST_CASE("hold-outs hold what nothing learned from") {
    EwmaForecaster yardstick({0.94, true});
    const auto verification =
        verify_forecaster(yardstick, some_classical_parameters(), some_series(), quick_options());
    using enum MarketClass;
    CHECK(at(verification, HoldOut::trained_recent, daily_stocks).times == 2 * 150);
    CHECK(at(verification, HoldOut::trained_recent, daily_stocks).series == 2);
    CHECK(at(verification, HoldOut::left_out, daily_stocks).times == 400 - 97);
    CHECK(at(verification, HoldOut::left_out_recent, daily_stocks).times == 150);
    CHECK(at(verification, HoldOut::unseen, daily_stocks).times == 2 * 150 + 303);
    CHECK(at(verification, HoldOut::left_out, daily_crypto).times == 303);
    CHECK(verification.classes.size() == 7);
    CHECK(verification.forecasts == 2 * 150 + 2 * 303);
    CHECK(verification.trained == std::vector<std::string>{"daily_stocks/AAA", "daily_stocks/BBB"});

    auto options = quick_options();
    options.stride = 5;
    const auto sparse =
        verify_forecaster(yardstick, some_classical_parameters(), some_series(), options);
    CHECK(at(sparse, HoldOut::trained_recent, daily_stocks).times == 2 * 30);
}

TEST_CASE("losses, coverage and hits are those of the definition") {
    // Deciles around the outcome: loss 0.2 x width x something known, coverage exact.
    ScriptedForecaster prophet(
        [](const BarSeries& series, std::uint32_t end, std::uint32_t step, Series channel) {
            return spread(outcome_of(series, end, step, channel), 0.01);
        });
    const std::vector<VerificationSeries> series = {{dated_bars("AAA", 400, 1), false}};
    const auto parameters = some_classical_parameters();
    auto options = quick_options();
    options.horizon = 1;
    const auto verification = verify_forecaster(prophet, parameters, series, options);
    const ClassScore& score = at(verification, HoldOut::left_out_recent, MarketClass::daily_stocks);
    // Pinball of outcome 0 against (k - 5) / 100: mean of |level| distances.
    double loss = 0;
    for (int k = 1; k <= 9; ++k) {
        const double error = -(k - 5) * 0.01;
        loss += std::max(k / 10.0 * error, (k / 10.0 - 1) * error);
    }
    loss /= 9;
    double yardstick = 0;
    double zero = 0;
    EwmaForecaster ewma({0.94, true});
    const BarSeries& bars = *series.front().series;
    for (std::uint32_t end = 250; end < 400; ++end) {
        ForecastRequest request;
        request.symbol = bars.symbol;
        request.series = series.front().series;
        request.rows = {{end}};
        const auto answer = ewma.forecast(std::span(&request, 1)).front();
        const double outcome = outcome_of(bars, end, 0, Series::low);
        const Deciles& deciles = answer.at(0, 0, Series::low);
        for (int k = 1; k <= 9; ++k) {
            const double error = outcome - deciles[static_cast<std::size_t>(k - 1)];
            yardstick += std::max(k / 10.0 * error, (k / 10.0 - 1) * error) / 9;
        }
        zero += std::abs(outcome) / 2;
    }
    const ChannelScore& low = score.channels[static_cast<std::size_t>(Series::low)];
    CHECK(low.times == 150);
    CHECK(low.against_ewma[0] == Approx(150 * loss / yardstick).epsilon(1e-4));
    CHECK(low.against_ewma[static_cast<std::size_t>(Scored::zero_move)] ==
          Approx(zero / yardstick).epsilon(1e-4));
    CHECK(low.hit_rate.value == 1);
    for (std::size_t q = 0; q < kDeciles; ++q) {
        if (q != 4) CHECK(low.coverage[0][q] == (q < 4 ? 0 : 1));  // 4: equal up to rounding
    }
    CHECK(low.coverage_deviation(Scored::model) >= 0.4);
}

TEST_CASE("steps are scored together on cumulative moves") {
    // Right at step 1, absurd at step 2.
    ScriptedForecaster late(
        [](const BarSeries& series, std::uint32_t end, std::uint32_t step, Series channel) {
            return spread(step == 0 ? outcome_of(series, end, 0, channel) : 5, 0);
        });
    auto options = quick_options();
    options.horizon = 2;
    const std::vector<VerificationSeries> series = {{dated_bars("AAA", 400, 1), false}};
    const auto verification = verify_forecaster(late, some_classical_parameters(), series, options);
    const auto& close = at(verification, HoldOut::left_out, MarketClass::daily_stocks).channels[0];
    CHECK(close.model_against[1].value < 1e-4);
    CHECK(close.model_against_steps[1].value > 100);
}

TEST_CASE("a bar that contradicts itself is not scored") {
    auto bars = dated_bars("AAA", 400, 1);
    bars->bars[300].suspect = true;
    EwmaForecaster yardstick({0.94, true});
    const std::vector<VerificationSeries> series = {{bars, true}};
    const auto verification =
        verify_forecaster(yardstick, some_classical_parameters(), series, quick_options());
    CHECK(at(verification, HoldOut::trained_recent, MarketClass::daily_stocks).times == 148);
}

TEST_CASE("the bootstrap is a function of its seed and narrows with evidence") {
    const auto parameters = some_classical_parameters();
    const auto anchored = make_classical_forecaster(ClassicalKind::anchored, parameters);
    const auto series = some_series();
    auto options = quick_options();
    const auto high_of = [&](const VerificationOptions& with) {
        const auto verification = verify_forecaster(*anchored, parameters, series, with);
        return at(verification, HoldOut::unseen, MarketClass::daily_stocks)
            .channels[1]
            .model_against[1];
    };
    const Interval first = high_of(options);
    const Interval again = high_of(options);
    CHECK(first.low == again.low);
    CHECK(first.high == again.high);
    CHECK(first.low < first.value);
    CHECK(first.high > first.value);
    options.seed = 2;
    const Interval other = high_of(options);
    CHECK(other.value == first.value);
    CHECK(other.low != first.low);
    options.draws = 0;
    CHECK(high_of(options).low == first.value);
}

TEST_CASE("one block and one series leave nothing to draw") {
    SeriesCells cells;
    LossCell& cell = cells.cells[{true, 7}];
    cell.times.fill(10);
    for (auto& channel : cell.loss) {
        for (auto& set : channel) set = {3, 4, 5, 6, 7, 8};
    }
    VerificationOptions options;
    options.draws = 50;
    const auto score =
        score_class(std::span(&cells, 1), HoldOut::left_out, MarketClass::daily_stocks, options);
    CHECK(score.channels[2].model_against[1].low == Approx(0.75));
    CHECK(score.channels[2].model_against[1].high == Approx(0.75));
    CHECK(score.channels[2].against_ewma[5] == Approx(2));
    const auto none =
        score_class(std::span(&cells, 1), HoldOut::left_out, MarketClass::hourly, options);
    CHECK(none.times == 0);
}

TEST_CASE("what cannot be scored is refused") {
    const auto parameters = some_classical_parameters();
    ScriptedForecaster refusing(
        [](const BarSeries&, std::uint32_t, std::uint32_t, Series) { return Deciles{}; });
    refusing.refusal = "no mood";
    try {
        (void)verify_forecaster(refusing, parameters, some_series(), quick_options());
        FAIL("accepted");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        CHECK_THAT(error.what(), Catch::Contains("no mood"));
    }
    EwmaForecaster yardstick({0.94, true});
    const std::vector<VerificationSeries> short_one = {{dated_bars("AAA", 90, 1), false}};
    CHECK_THROWS_AS(verify_forecaster(yardstick, parameters, short_one, quick_options()), Error);
    auto options = quick_options();
    options.horizon = 0;
    CHECK_THROWS_AS(verify_forecaster(yardstick, parameters, some_series(), options), Error);
}

}  // namespace tradewind::model::test

#include "strategy/walk_forward.hpp"

#include <algorithm>
#include <set>

#include "messages/error.hpp"
#include "strategy/analysis.hpp"
#include "tests/strategy/golden_fixture.hpp"
#include "tests/strategy/random_market.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

WalkForwardOptions fixture_options(Alignment alignment) {
    WalkForwardOptions options;
    options.alignment = alignment;
    options.simulations = 1;
    options.minimum_context_bars = 2;
    options.costs = {0.0005, 1.0002, 252, false};
    options.bracket.fee = 0.0005;
    options.bracket.fee_sides = 1;
    options.bracket.intrabar = Intrabar::optimistic;
    options.pctdiff.fee = 0.0005;
    options.pctdiff.fee_sides = 1;
    options.pctdiff.intrabar = Intrabar::optimistic;
    return options;
}

bool same(const StrategyRow& a, const StrategyRow& b) {
    return a.available == b.available && a.total_return == b.total_return &&
           a.average_return == b.average_return && a.annual_return == b.annual_return &&
           a.sharpe == b.sharpe && a.turnover == b.turnover && a.max_drawdown == b.max_drawdown;
}
bool same(const WalkForwardRow& a, const WalkForwardRow& b) {
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        if (!same(a.strategies[i], b.strategies[i])) return false;
    }
    return a.end == b.end && a.maxdiff.choice.fit.offset_high == b.maxdiff.choice.fit.offset_high &&
           a.maxdiff.choice.fit.offset_low == b.maxdiff.choice.fit.offset_low &&
           a.always_on.choice.fit.value == b.always_on.choice.fit.value &&
           a.calibration.slope == b.calibration.slope &&
           a.realised_volatility_pct == b.realised_volatility_pct;
}

}  // namespace

TEST_CASE("forecast days: S + 6 distinct ones and the live day", "[strategy][walk_forward]") {
    WalkForwardOptions options;
    const auto days = required_days(300, options);
    CHECK(days.size() == 77);
    CHECK(days.front() == 300 - 76);
    CHECK(days.back() == 300);
    CHECK(std::is_sorted(days.begin(), days.end()));
    // The next day asks for one more.
    const auto later = required_days(301, options);
    std::vector<std::uint32_t> added;
    std::set_difference(later.begin(), later.end(), days.begin(), days.end(),
                        std::back_inserter(added));
    CHECK(added == std::vector<std::uint32_t>{301});

    options.alignment = Alignment::legacy;
    const auto legacy = required_days(300, options);
    CHECK(legacy.back() == 298);  // the newest known move of the row that sees 299 bars
    CHECK(legacy.front() == 299 - 69 - 7);
}

TEST_CASE("few bars give fewer rows, and none", "[strategy][walk_forward]") {
    WalkForwardOptions options;
    CHECK(available_simulations(27, options) == 0);
    CHECK(required_days(27, options).empty());
    CHECK(available_simulations(28, options) == 1);
    CHECK(required_days(28, options).front() == 21);
    CHECK(available_simulations(96, options) == 69);
    CHECK(available_simulations(97, options) == 70);
    CHECK(available_simulations(1000, options) == 70);
    CHECK(row_ends(1000, options).front() == 1000);
    CHECK(row_ends(1000, options).back() == 931);
}

TEST_CASE("golden row of both alignments", "[strategy][walk_forward][golden]") {
    const BarSeries series = golden_series();
    {
        const auto options = fixture_options(Alignment::legacy);
        REQUIRE(row_ends(21, options) == std::vector<std::uint32_t>{20});
        const auto row = walk_forward_row(series, 20, stub_forecasts<float>(series), options);
        CHECK(row.newest.day == 18);
        check_close(row.of(StrategyKind::simple).total_return, -0.0496054, kSum);
        check_close(row.of(StrategyKind::maxdiff).total_return, -0.01228927 + 0.3 * 0.0468932,
                    5e-6);
        check_close(row.of(StrategyKind::pctdiff).total_return, 0.1785671, 5e-6);
        check_close(row.of(StrategyKind::all_signals).total_return, -0.0385057, kSum);
        check_close(row.of(StrategyKind::takeprofit).total_return, 0.0056516, kSum);
        check_close(row.of(StrategyKind::highlow).total_return, -0.1259559, kSum);
        check_close(row.of(StrategyKind::unprofit_shutdown).total_return, -0.0048433, kSum);
        check_close(row.of(StrategyKind::buy_and_hold).total_return, 0.0810401, kSum);
        check_close(row.of(StrategyKind::buy_and_hold).sharpe, 5.5658124, kAnnual);
        check_close(row.held_return, 0.0810401, kSum);
        // No band: every forecast of another sign than zero leaves it.
        CHECK(row.of(StrategyKind::ci_guard).total_return ==
              row.of(StrategyKind::simple).total_return);
        check_close(row.maxdiff.choice.fit.offset_low, -0.0175021, 5e-6);
        check_close(row.calibration.slope, 0.01552773, kPerDay);
        check_close(row.realised_volatility_pct, 2.3612545, kSum);
        check_close(row.close_error, 0.02710788, kSum);
        check_close(average_true_range_pct(series, 20), 5.7744591, kSum);
        CHECK(mean_dollar_volume(series, 20) == Approx(2723280720.6).margin(0.1));
    }
    const auto options = fixture_options(Alignment::exact);
    const auto row = walk_forward_row(series, 21, stub_forecasts(series), options);
    CHECK(row.newest.day == 20);
    check_close(row.of(StrategyKind::maxdiff).total_return, 0.0485573 + 0.3 * 0.0790238, 5e-6);
    CHECK(row.of(StrategyKind::maxdiff).available);
    const auto tiny = walk_forward_row(series, 8, stub_forecasts(series), options);
    CHECK_FALSE(tiny.of(StrategyKind::simple).available);
}

TEST_CASE("a row does not see its future", "[strategy][walk_forward][law]") {
    // Changing any bar at or after a row's end changes neither row nor forecast (I-27).
    const BarSeries series = random_series(5, 140);
    WalkForwardOptions options;
    options.simulations = 10;
    for (const std::uint32_t end : {60U, 100U, 139U}) {
        BarSeries changed = series;
        for (std::size_t i = end; i < changed.bars.size(); ++i) {
            changed.bars[i].high = changed.bars[i].high + changed.bars[i].high;
            changed.bars[i].close = changed.bars[i].high;
        }
        const auto before = walk_forward_row(series, end, stub_forecasts(series), options);
        const auto after = walk_forward_row(changed, end, stub_forecasts(changed), options);
        CHECK(same(before, after));
        CHECK(stub_forecast(series, end) == stub_forecast(changed, end));
    }
}

TEST_CASE("cached rows equal computed ones; a new day makes one row", "[strategy][walk_forward]") {
    const BarSeries series = random_series(9, 160);
    const auto forecasts = stub_forecasts(series);
    WalkForwardOptions options;
    options.simulations = 30;
    RowCache cache;
    std::uint32_t computed = 0;
    (void)walk_forward(series, 100, forecasts, options, cache, &computed);
    CHECK(computed == 30);
    for (std::uint32_t visible = 101; visible <= 160; ++visible) {
        const auto rows = walk_forward(series, visible, forecasts, options, cache, &computed);
        CHECK(computed == 1);
        CHECK(cache.size() == 30);
        RowCache fresh;
        const auto again = walk_forward(series, visible, forecasts, options, fresh);
        REQUIRE(rows.size() == again.size());
        for (std::size_t k = 0; k < rows.size(); ++k) REQUIRE(same(rows[k], again[k]));
        CHECK(rows.front().end == visible);
    }
}

TEST_CASE("out-of-sample day uses the offsets of the day before", "[strategy][walk_forward]") {
    const BarSeries series = random_series(3, 60);
    const auto forecasts = stub_forecasts(series);
    const WalkForwardOptions options;
    const auto older = walk_forward_row(series, 50, forecasts, options);
    const auto newer = walk_forward_row(series, 51, forecasts, options);
    const AlignedDay day = align_day(series, 50, *forecasts.find(50), Alignment::exact);
    CHECK(next_day_profit(StrategyKind::maxdiff, older, newer, options) ==
          maxdiff_day(day, older.maxdiff.choice, options.bracket));
    CHECK(next_day_profit(StrategyKind::maxdiffalwayson, older, newer, options) ==
          always_on_day(day, older.always_on.choice, options.bracket));
    CHECK(next_day_profit(StrategyKind::pctdiff, older, newer, options) ==
          evaluate_pctdiff({&day, 1}, older.pctdiff, options.pctdiff).returns.front());
    // Without a fit there is nothing to hold back: its own return of the day.
    CHECK(next_day_profit(StrategyKind::simple, older, newer, options) ==
          newer.of(StrategyKind::simple).newest_return);
    CHECK_THROWS_AS(next_day_profit(StrategyKind::maxdiff, newer, older, options), InvariantBroken);
}

TEST_CASE("H19 targets of pctdiff come from the day before, never from the day itself",
          "[strategy][hazard]") {
    const BarSeries series = random_series(31, 120);
    const auto forecasts = stub_forecasts(series);
    const WalkForwardOptions options;
    int differ = 0;
    for (std::uint32_t end = 40; end < 120; ++end) {
        const auto older = walk_forward_row(series, end, forecasts, options);
        const auto newer = walk_forward_row(series, end + 1, forecasts, options);
        const AlignedDay day = align_day(series, end, *forecasts.find(end), Alignment::exact);
        for (const auto kind :
             {StrategyKind::maxdiff, StrategyKind::maxdiffalwayson, StrategyKind::pctdiff}) {
            const double unseen = next_day_profit(kind, older, newer, options);
            // Another fit of the newer row moves nothing.
            WalkForwardRow refitted = newer;
            refitted.pctdiff = {0.01, 0.01, 0.02, 0.02};
            refitted.maxdiff.choice.fit = refitted.always_on.choice.fit = {0.01, -0.01, 0, 0};
            REQUIRE(next_day_profit(kind, older, refitted, options) == unseen);
            differ += unseen != newer.of(kind).newest_return;
        }
        REQUIRE(next_day_profit(StrategyKind::pctdiff, older, newer, options) ==
                evaluate_pctdiff({&day, 1}, older.pctdiff, options.pctdiff).metrics.total);
    }
    CHECK(differ > 20);
}

TEST_CASE("forecast messages become point forecasts", "[strategy][walk_forward]") {
    Forecast forecast;
    forecast.horizon = 2;
    forecast.rows = {{30}, {31}};
    forecast.values.resize(2 * 2 * kSeriesCount);
    for (std::size_t row = 0; row < 2; ++row) {
        for (std::size_t series = 0; series < kSeriesCount; ++series) {
            auto& deciles = forecast.values[(row * 2) * kSeriesCount + series];
            deciles[3] = 0.25F;
            deciles[4] = 0.5F + static_cast<float>(row) + static_cast<float>(series) * 0.125F;
            deciles[5] = 2.25F;
        }
    }
    DayForecasts days;
    days.add(forecast);
    REQUIRE(days.size() == 2);
    CHECK(days.find(30)->of(Series::close) == 0.5);
    CHECK(days.find(31)->of(Series::low) == 1.75);
    CHECK(days.find(31)->close_band == 2.0);
    CHECK(days.find(32) == nullptr);
    forecast.refusal = "fewer than 20 points";
    forecast.rows = {{40}};
    days.add(forecast);
    CHECK(days.find(40) == nullptr);
    days.forget_before(31);
    CHECK(days.find(30) == nullptr);
    CHECK(days.size() == 1);
}

TEST_CASE("forecast P&L: chronological, mean where short or losing", "[strategy][analysis]") {
    std::vector<ReturnHistory> asked;
    const PnlForecaster forecaster = [&asked](std::span<const ReturnHistory> histories) {
        asked.assign(histories.begin(), histories.end());
        std::vector<std::optional<double>> answers(histories.size());
        if (!answers.empty()) answers[0] = 0.5;
        return answers;
    };
    const std::vector<ReturnHistory> histories{
        {StrategyKind::simple, {0.01, 0.02, 0.03}},         // short
        {StrategyKind::maxdiff, {0.01, 0.02, 0.03, 0.04}},  // answered
        {StrategyKind::pctdiff, {-0.01, -0.02, 0.0, 0.0}},  // losing
        {StrategyKind::highlow, {0.02, 0.0, 0.0, 0.02}},    // failed
    };
    const auto result = forecast_pnl(histories, forecaster);
    check_all(result, {0.02, 0.5, -0.0075, 0.01}, 1e-15);
    REQUIRE(asked.size() == 2);
    CHECK(asked[0].kind == StrategyKind::maxdiff);
    check_all(forecast_pnl(histories, {}), {0.02, 0.025, -0.0075, 0.01}, 1e-15);
}

TEST_CASE("analysis of the golden window", "[strategy][analysis][golden]") {
    auto series = std::make_shared<BarSeries>(golden_series());
    AnalysisInput input;
    input.snapshot.symbol = series->symbol;
    input.snapshot.series = series;
    input.snapshot.visible = 21;
    input.live = stub_forecast(*series, 21);
    auto options = fixture_options(Alignment::exact);
    options.simulations = 5;
    RowCache cache;
    const auto rows = walk_forward(*series, 21, stub_forecasts(*series), options, cache);
    REQUIRE(rows.size() == 5);
    std::vector<ReturnHistory> seen;
    const auto analysis =
        build_analysis(input, rows, options, [&seen](std::span<const ReturnHistory> histories) {
            seen.assign(histories.begin(), histories.end());
            return std::vector<std::optional<double>>(histories.size());
        });
    CHECK_FALSE(analysis.refused);
    CHECK(analysis.simulations == 5);
    CHECK(analysis.repaired);
    CHECK(analysis.last_close == 140.56);
    check_close(analysis.predicted_close, 136.014341, kSum);
    check_close(analysis.predicted_high, 144.104692, kSum);
    check_close(analysis.predicted_low, 136.014341, kSum);
    const auto& maxdiff = analysis.result(StrategyKind::maxdiff);
    CHECK(maxdiff.samples == 5);
    double mean_return = 0;
    for (const auto& row : rows) mean_return += row.of(StrategyKind::maxdiff).average_return / 5;
    check_close(maxdiff.avg_return, mean_return, 1e-15);
    check_close(maxdiff.recent_return_sum,
                rows[0].of(StrategyKind::maxdiff).average_return +
                    rows[1].of(StrategyKind::maxdiff).average_return,
                1e-15);
    // Additive in move space (H20): base x (1 + h + offset).
    check_close(maxdiff.high_price, 140.56 * (1 + 0.02521835 + maxdiff.offset_high), 5e-5);
    check_close(maxdiff.low_price, 140.56 * (1 + (136.014341 / 140.56 - 1) + maxdiff.offset_low),
                5e-5);
    CHECK(maxdiff.entry_buy == maxdiff.low_price);
    CHECK(maxdiff.target_sell == maxdiff.low_price);
    CHECK(maxdiff.out_of_sample.samples == 4);
    check_close(maxdiff.out_of_sample.avg_return,
                (next_day_profit(StrategyKind::maxdiff, rows[1], rows[0], options) +
                 next_day_profit(StrategyKind::maxdiff, rows[2], rows[1], options) +
                 next_day_profit(StrategyKind::maxdiff, rows[3], rows[2], options) +
                 next_day_profit(StrategyKind::maxdiff, rows[4], rows[3], options)) /
                    4,
                1e-15);
    // H16: oldest first.
    REQUIRE_FALSE(seen.empty());
    CHECK(seen.size() <= 2 * kStrategyKinds);  // losing ones are not asked about
    for (const ReturnHistory& history : seen) {
        if (history.out_of_sample) {
            REQUIRE(history.returns.size() == 4);
            CHECK(history.returns.back() ==
                  next_day_profit(history.kind, rows[1], rows[0], options));
            continue;
        }
        REQUIRE(history.returns.size() == 5);
        CHECK(history.returns.front() == rows.back().of(history.kind).average_return);
        CHECK(history.returns.back() == rows.front().of(history.kind).average_return);
    }
    CHECK(build_analysis(input, {}, options).refused);
    input.has_live = false;
    CHECK(build_analysis(input, rows, options).refused);
}

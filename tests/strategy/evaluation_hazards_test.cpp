// One test per hazard of the reference in evaluation and analysis: each fails when the fault is put
// back. Source: strategies spec 11.
#include <cmath>
#include <future>
#include <type_traits>

#include "market/cost_model.hpp"
#include "strategy/rejections.hpp"
#include "tests/strategy/hazard_maker.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

TEST_CASE("H1 evaluation takes every cost from the one model", "[strategy][hazard]") {
    for (const char* preset : {"era-2025-11", "era-2025-12", "realistic", "free"}) {
        INFO(preset);
        const auto costs = *market::cost_preset(preset);
        ForecastPortfolioSettings settings;
        settings.use(costs);
        for (const auto asset_class : {AssetClass::us_equity, AssetClass::crypto}) {
            const WalkForwardOptions options = settings.walk_forward(asset_class);
            const auto& own = costs.of(asset_class);
            CHECK(options.bracket.fee == own.maker_fee.to_double());
            CHECK(options.pctdiff.fee == own.maker_fee.to_double());
            CHECK(options.costs.fee == own.taker_fee.to_double());
            CHECK(options.bracket.fee_sides == costs.fee_sides);
            CHECK(options.pctdiff.fee_sides == costs.fee_sides);
            CHECK(options.bracket.fill_buffer == own.fill_buffer.to_double());
            CHECK(options.pctdiff.fill_buffer == own.fill_buffer.to_double());
            CHECK((options.bracket.intrabar == Intrabar::conservative) ==
                  costs.conservative_intrabar);
            CHECK(options.pctdiff.intrabar == options.bracket.intrabar);
            // One filled round trip costs what the account would be charged for it.
            const KernelOptions kernel = options.bracket.kernel(true);
            const double charged =
                -day_profit({-0.01, 0.02, -0.02}, {0.01, -0.01}, 1, kernel) * 100000;
            const Money fee =
                costs.fee(asset_class, market::Liquidity::maker, Money::whole(100000));
            check_close(charged, fee.to_double() * costs.fee_sides, 1e-6);
        }
    }
}

TEST_CASE("H2 the spread is the symbol's own", "[strategy][hazard]") {
    const auto narrow = std::make_shared<BarSeries>(random_series(1, 80, "AAA"));
    const auto wide = std::make_shared<BarSeries>(random_series(2, 80, "BBB"));
    const auto forecasts_narrow = stub_forecasts(*narrow);
    const auto forecasts_wide = stub_forecasts(*wide);
    AnalysisInput first = input_of(narrow, forecasts_narrow);
    AnalysisInput second = input_of(wide, forecasts_wide);
    first.snapshot.quote = quote_around("AAA", "100", "0.02");
    second.snapshot.quote = quote_around("BBB", "100", "0.50");
    first.snapshot.has_quote = second.snapshot.has_quote = true;
    const auto settings = quick_settings();
    RowCache cache_narrow;
    RowCache cache_wide;
    SelectionContext facts;
    facts.now = kNow;
    const auto alone = analyse_symbol(first, forecasts_narrow, cache_narrow, facts, settings);
    const auto other = analyse_symbol(second, forecasts_wide, cache_wide, facts, settings);
    const auto again = analyse_symbol(first, forecasts_narrow, cache_narrow, facts, settings);
    CHECK(alone.spread_ratio == Approx(100.01 / 99.99));
    CHECK(other.spread_ratio == Approx(100.25 / 99.75));
    CHECK(again.spread_ratio == alone.spread_ratio);
    CHECK(again.composite_score == alone.composite_score);
}

TEST_CASE("H7 concurrent analysis gives the rows of the sequential one", "[strategy][hazard]") {
    std::vector<BarSeriesPtr> all;
    for (std::uint64_t seed = 0; seed < 16; ++seed) {
        all.push_back(std::make_shared<BarSeries>(
            random_series(seed, 90, ("S" + std::to_string(seed)).c_str())));
    }
    std::vector<AnalysisRow> sequential;
    for (const auto& series : all) sequential.push_back(analyse(series));
    CHECK(std::any_of(sequential.begin(), sequential.end(),
                      [](const AnalysisRow& row) { return row.selected; }));
    for (const std::size_t workers : {1U, 2U, 8U, 32U}) {
        std::vector<std::future<std::vector<AnalysisRow>>> shards;
        for (std::size_t shard = 0; shard < workers; ++shard) {
            shards.push_back(std::async(std::launch::async, [&all, shard, workers] {
                std::vector<AnalysisRow> rows;
                for (std::size_t i = shard; i < all.size(); i += workers) {
                    rows.push_back(analyse(all[i]));
                }
                return rows;
            }));
        }
        for (std::size_t shard = 0; shard < workers; ++shard) {
            const auto rows = shards[shard].get();
            for (std::size_t k = 0; k < rows.size(); ++k) {
                REQUIRE(same(rows[k], sequential[shard + k * workers]));
            }
        }
    }
}

TEST_CASE("H11 the newest bar is used", "[strategy][hazard]") {
    const auto series = std::make_shared<BarSeries>(random_series(4, 90));
    WalkForwardOptions options;
    CHECK(row_ends(90, options).front() == 90);
    options.alignment = Alignment::legacy;
    CHECK(row_ends(90, options).front() == 89);
    auto changed = std::make_shared<BarSeries>(*series);
    Bar& newest = changed->bars.back();
    newest.close = newest.high;
    const AnalysisRow before = analyse(series);
    const AnalysisRow after = analyse(changed);
    CHECK(after.last_close == newest.close.to_double());
    CHECK_FALSE(same(before, after));
}

TEST_CASE("H12 the live forecast is of the coming bar", "[strategy][hazard]") {
    CHECK(live_day(21, Alignment::exact) == 21);
    CHECK(live_day(21, Alignment::legacy) == 20);
    const auto series = std::make_shared<BarSeries>(random_series(6, 90));
    auto forecasts = stub_forecasts(*series);
    PointForecast coming;
    coming.move = {0.0123, 0.02, -0.01, 0};
    forecasts.set(90, coming);
    RowCache cache;
    const AnalysisRow row = analyse_symbol(input_of(series, forecasts), forecasts, cache,
                                           facts_now(), quick_settings());
    const double last = series->bars.back().close.to_double();
    check_close(row.predicted_close, last * 1.0123, 1e-9);
    // The move into the newest bar is known; a forecast of it changes no live price.
    PointForecast known;
    known.move = {0.5, 0.5, 0.5, 0.5};
    forecasts.set(89, known);
    RowCache again;
    CHECK(
        analyse_symbol(input_of(series, forecasts), forecasts, again, facts_now(), quick_settings())
            .predicted_close == row.predicted_close);
}

TEST_CASE("H13 a path forecast counts by its first step, for the day it was made for",
          "[strategy][hazard]") {
    Forecast forecast;
    forecast.horizon = 7;
    forecast.rows = {{30}, {31}};
    forecast.values.resize(2 * 7 * kSeriesCount);
    for (std::size_t row = 0; row < 2; ++row) {
        for (std::size_t step = 0; step < 7; ++step) {
            for (std::size_t series = 0; series < kSeriesCount; ++series) {
                forecast.values[(row * 7 + step) * kSeriesCount + series].fill(
                    static_cast<float>(row + 1) + static_cast<float>(step) * 10);
            }
        }
    }
    DayForecasts days;
    days.add(forecast);
    CHECK(days.size() == 2);  // no later step stands for an earlier or later day
    CHECK(days.find(30)->of(Series::close) == 1);
    CHECK(days.find(31)->of(Series::close) == 2);
    CHECK(days.find(24) == nullptr);
    CHECK(days.find(36) == nullptr);
}

TEST_CASE("H14 signal and return belong to the same day", "[strategy][hazard]") {
    const BarSeries series = golden_series();
    for (const AlignedDay& day : exact_window()) {
        const double expected =
            series.bars[day.day].close.to_double() / series.bars[day.day - 1].close.to_double() - 1;
        CHECK(day.directional_return == expected);
        CHECK(day.predicted_close == stub_forecast(series, day.day).of(Series::close));
    }
    // A forecast that is always right earns every day.
    auto days = exact_window();
    for (AlignedDay& day : days) day.predicted_close = day.realised.close;
    const auto result = simple_strategy(days, {0, 1, 252, false});
    for (const double value : result.returns) CHECK(value > 0);
}

TEST_CASE("H15 extremes are related to the base by multiplication", "[strategy][hazard]") {
    const BarSeries series = golden_series();
    const auto day = align_day(series, 14, stub_forecast(series, 14), Alignment::exact);
    const double base = series.bars[13].close.to_double();
    const double high = series.bars[13].high.to_double();
    const double move = stub_forecast(series, 14).of(Series::high);
    check_close(day.predicted.high, high * (1 + move) / base - 1, 1e-15);
    check_close(day.realised.high, series.bars[14].high.to_double() / base - 1, 1e-15);
    const double additive = move + std::abs(1 - high / base);
    CHECK(std::abs(day.predicted.high - additive) > 1e-5);
}

TEST_CASE("H16 forecast P&L reads its history forward in time", "[strategy][hazard]") {
    const auto series = std::make_shared<BarSeries>(random_series(8, 90));
    const auto forecasts = stub_forecasts(*series);
    WalkForwardOptions options;
    options.simulations = 12;
    RowCache cache;
    const auto rows = walk_forward(*series, 90, forecasts, options, cache);
    int calls = 0;
    const auto analysis = build_analysis(
        input_of(series, forecasts), rows, options, [&](std::span<const ReturnHistory> all) {
            ++calls;
            std::vector<std::optional<double>> answers;
            for (const ReturnHistory& history : all) {
                // The newest value is the last.
                const double newest = history.out_of_sample
                                          ? next_day_profit(history.kind, rows[1], rows[0], options)
                                          : rows[0].of(history.kind).average_return;
                CHECK(history.returns.back() == newest);
                CHECK(history.symbol == series->symbol);
                answers.emplace_back(history.returns.back());
            }
            return answers;
        });
    CHECK(calls == 1);  // all strategies of a symbol in one batch
    // Only a comparison with the reference reads it backwards.
    options.alignment = Alignment::legacy;
    (void)build_analysis(
        input_of(series, forecasts), rows, options, [&rows](std::span<const ReturnHistory> all) {
            for (const ReturnHistory& history : all) {
                if (history.out_of_sample) continue;
                CHECK(history.returns.front() == rows[0].of(history.kind).average_return);
            }
            return std::vector<std::optional<double>>(all.size());
        });
    CHECK_FALSE(analysis.refused);
}

TEST_CASE("H17 a round trip pays a fee per side", "[strategy][hazard]") {
    const DayMoves day{0.01, 0.02, -0.02};
    const Bracket predicted{0.03, -0.01};
    CHECK(KernelOptions{}.fee_sides == 2);
    KernelOptions options;
    options.fee = 0.001;
    check_close(day_profit(day, predicted, 1, options), 0.02 - 2 * 0.001, 1e-15);
    options.fee_sides = 1;
    check_close(day_profit(day, predicted, 1, options), 0.02 - 0.001, 1e-15);
    CHECK(ForecastPortfolioSettings{}.fee_sides == 2);
}

TEST_CASE("H18 what a bar cannot prove is not assumed when choosing", "[strategy][hazard]") {
    CHECK(ForecastPortfolioSettings{}.intrabar == Intrabar::conservative);
    CHECK(KernelOptions{}.intrabar == Intrabar::conservative);
    const DayMoves day{0.0, 0.02, -0.02};
    const Bracket predicted{0.015, -0.01};
    KernelOptions options;
    check_close(day_profit(day, predicted, 1, options), 0.01, 1e-15);
    options.intrabar = Intrabar::optimistic;
    check_close(day_profit(day, predicted, 1, options), 0.025, 1e-15);
}

TEST_CASE("H20 offsets are added to moves, in evaluation and in prices", "[strategy][hazard]") {
    const auto series = std::make_shared<BarSeries>(random_series(21, 90));
    const auto forecasts = stub_forecasts(*series);
    WalkForwardOptions options;
    options.simulations = 12;
    RowCache cache;
    const auto rows = walk_forward(*series, 90, forecasts, options, cache);
    const auto analysis = build_analysis(input_of(series, forecasts), rows, options);
    LiveForecast live = live_forecast(*series, 90, *forecasts.find(90));
    (void)live.repair();
    const auto& maxdiff = analysis.result(StrategyKind::maxdiff);
    REQUIRE(std::abs(maxdiff.offset_high) + std::abs(maxdiff.offset_low) > 1e-4);
    check_close(maxdiff.entry_buy, live.base * (1 + live.moves.low + maxdiff.offset_low), 1e-9);
    check_close(maxdiff.target_buy, live.base * (1 + live.moves.high + maxdiff.offset_high), 1e-9);
    options.alignment = Alignment::legacy;
    const auto legacy = build_analysis(input_of(series, forecasts), rows, options);
    check_close(legacy.result(StrategyKind::maxdiff).target_buy,
                live.high() * (1 + maxdiff.offset_high), 1e-9);
}

TEST_CASE("H21 buy and hold reports its own signals; holding is a benchmark apart",
          "[strategy][hazard]") {
    const auto days = legacy_window();
    const TradingCosts costs{0.0005, 1.0002, 252, false};
    const auto signals = buy_and_hold_signals(days, costs);
    double growth = 1;
    for (const double value : signals.returns) growth *= 1 + value;
    check_close(signals.metrics.total, growth - 1, 1e-15);
    CHECK(std::abs(signals.metrics.total - held_return(days, costs.fee)) > 0.05);
    const BarSeries series = random_series(12, 60);
    WalkForwardOptions options;
    options.costs = costs;
    const auto row = walk_forward_row(series, 50, stub_forecasts(series), options);
    const auto window =
        aligned_window(series, 50, Alignment::exact, stub_forecasts(series), options.window);
    CHECK(row.of(StrategyKind::buy_and_hold).total_return ==
          buy_and_hold_signals(window, costs).metrics.total);
    CHECK(row.held_return == held_return(window, costs.fee));
    options.alignment = Alignment::legacy;
    const auto legacy = walk_forward_row(series, 50, stub_forecasts(series), options);
    CHECK(legacy.of(StrategyKind::buy_and_hold).total_return == legacy.held_return);
}

TEST_CASE("H22 take-profit shorts no coin", "[strategy][hazard]") {
    const TradingCosts coin{0.001, 1.0002, 365, true};
    const auto days = legacy_window();
    for (const double signal : take_profit_strategy(days, coin).signals) CHECK(signal >= 0);
    const auto reference = take_profit_strategy(days, coin, true).signals;
    CHECK(std::count(reference.begin(), reference.end(), -1.0) > 0);
    AnalysisRow row = only(good_row("ETHUSD", AssetClass::crypto), StrategyKind::takeprofit);
    row.predicted_close = 99;
    SelectionSettings settings;
    settings.enabled.fill(true);
    CHECK_FALSE(select_strategy(row, facts_now(), settings).selected);
}

TEST_CASE("H23 pctdiff is tested against the bar after the one that made it",
          "[strategy][hazard]") {
    const BarSeries series = golden_series();
    const auto forecasts = stub_forecasts(series);
    BarSeries changed = series;
    // The base bar's own extremes: without lookahead the entry of day 15 does not feel its low.
    changed.bars[14].low = Price::of("100");
    const auto before = align_day(series, 15, *forecasts.find(15), Alignment::exact);
    const auto after = align_day(changed, 15, *forecasts.find(15), Alignment::exact);
    CHECK(before.limit_bar == after.limit_bar);
    CHECK(before.limit_bar == before.realised);
    CHECK(align_day(series, 15, *forecasts.find(15), Alignment::legacy).limit_bar.close == 0);
}

TEST_CASE("H25 turnover and drawdown exist for every strategy", "[strategy][hazard]") {
    const auto series = std::make_shared<BarSeries>(random_series(15, 120, "AAA"));
    const AnalysisRow row = analyse(series);
    REQUIRE_FALSE(row.refused);
    for (const StrategyResult& result : row.strategies) {
        INFO(name_of(result.kind));
        CHECK(result.available);
        CHECK(result.turnover > 0);
        CHECK(result.max_drawdown < 0);
        CHECK(result.out_of_sample.turnover > 0);
        CHECK(result.out_of_sample.max_drawdown < 0);
    }
    // And the gates read them.
    AnalysisRow deep = good_row("AAA");
    result_of(deep, StrategyKind::maxdiff).max_drawdown = -0.09;
    CHECK(entry_gate_failure(deep, StrategyKind::maxdiff, facts_now(), {}).find("drawdown") !=
          std::string::npos);
}

TEST_CASE("H27 an impossible forecast is repaired at once and counted", "[strategy][hazard]") {
    const auto series = std::make_shared<BarSeries>(random_series(17, 90));
    auto forecasts = stub_forecasts(*series);
    PointForecast broken;
    broken.move = {-0.2, 0.0, 0.0, 0.0};  // close far below the low
    forecasts.set(90, broken);
    RowCache cache;
    int calls = 0;
    std::uint32_t solved = 0;
    const PnlForecaster once = [&calls](std::span<const ReturnHistory> all) {
        ++calls;
        return std::vector<std::optional<double>>(all.size());
    };
    AnalysisRow row = analyse_symbol(input_of(series, forecasts), forecasts, cache, facts_now(),
                                     quick_settings(), once, &solved);
    CHECK(row.repaired);
    CHECK(row.predicted_low == row.predicted_close);
    CHECK(row.predicted_high >= row.predicted_close);
    // One analysis, not three.
    CHECK(calls == 1);
    CHECK(solved == 12);
    row.producer = "broken model";
    const std::vector<AnalysisRow> rows{row, row, analyse(series)};
    const auto counts = count_rejections(rows, build_portfolio(rows, {}));
    CHECK(counts.repaired_by_model.at("broken model") == 2);
    CHECK(counts.repaired_by_model.size() == 1);
}

TEST_CASE("H28 repaired prices are the ones that trade", "[strategy][hazard]") {
    int inverted = 0;
    for (std::uint64_t seed = 19; seed < 49; ++seed) {
        const auto series = std::make_shared<BarSeries>(random_series(seed, 90));
        auto forecasts = stub_forecasts(*series);
        PointForecast crossed;
        crossed.move = {0.0, -0.10, 0.10, 0.0};  // high below low: both become the close
        forecasts.set(90, crossed);
        RowCache cache;
        const AnalysisRow row = analyse_symbol(input_of(series, forecasts), forecasts, cache,
                                               facts_now(), quick_settings());
        CHECK(row.repaired);
        for (const auto kind : {StrategyKind::maxdiff, StrategyKind::maxdiffalwayson}) {
            const StrategyResult& result = row.result(kind);
            INFO(name_of(kind) << ", market " << seed);
            // Where the offsets cross the pair again, it is the pair as repaired that is shown.
            inverted += result.offset_high < result.offset_low;
            CHECK(result.high_price >= result.low_price);
            CHECK(result.entry_buy == result.low_price);
            CHECK(result.target_buy == result.high_price);
            CHECK(result.entry_sell == result.high_price);
            CHECK(result.target_sell == result.low_price);
        }
    }
    CHECK(inverted > 0);
}

TEST_CASE("H39 a forecast's shape is told, never guessed", "[strategy][hazard]") {
    // Two rows of three steps and three rows of two steps hold as many numbers.
    for (const std::uint32_t horizon : {2U, 3U}) {
        Forecast forecast;
        forecast.horizon = horizon;
        const std::size_t rows = 6 / horizon;
        forecast.values.resize(6 * kSeriesCount);
        for (std::size_t row = 0; row < rows; ++row) {
            forecast.rows.push_back({static_cast<std::uint32_t>(40 + row)});
            for (std::size_t step = 0; step < horizon; ++step) {
                for (std::size_t series = 0; series < kSeriesCount; ++series) {
                    forecast.values[(row * horizon + step) * kSeriesCount + series].fill(
                        static_cast<float>(100 * row + 10 * step + series));
                }
            }
        }
        DayForecasts days;
        days.add(forecast);
        REQUIRE(days.size() == rows);
        for (std::uint32_t row = 0; row < rows; ++row) {
            CHECK(days.find(40 + row)->of(Series::close) == 100.0 * row);
            CHECK(days.find(40 + row)->of(Series::open) == 100.0 * row + 3);
        }
    }
}

TEST_CASE("H43 what travels between workers cannot be changed", "[strategy][hazard]") {
    static_assert(std::is_const_v<BarSeriesPtr::element_type>);
    static_assert(
        !std::is_assignable_v<decltype(std::declval<const BarSeriesPtr&>()->bars),
                              std::vector<Bar>> ||
        std::is_const_v<
            std::remove_reference_t<decltype((std::declval<const BarSeriesPtr&>()->bars))>>);
    // Settings of one analysis do not reach another's result, whichever comes first.
    const auto series = std::make_shared<BarSeries>(random_series(23, 90));
    auto other = quick_settings();
    other.selection.min_sharpe = -100;
    other.fee_sides = 1;
    other.stock.maker_fee = 0;
    const AnalysisRow alone = analyse(series);
    const AnalysisRow mixed = analyse(series, facts_now(), other);
    CHECK(same(alone, analyse(series)));
    CHECK_FALSE(same(alone, mixed));
}

#include "strategy/walk_forward.hpp"

#include <algorithm>
#include <cmath>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

constexpr std::uint32_t kMinEvaluatedDays = 2;

// The reference drops the newest bar from its newest row as well (H11).
std::uint32_t newest_end(std::uint32_t visible, Alignment alignment) {
    return alignment == Alignment::exact ? visible : std::max(visible, 1U) - 1;
}

StrategyRow row_of(const DirectionalResult& result) {
    StrategyRow row;
    row.available = true;
    row.total_return = result.metrics.total;
    row.average_return = result.metrics.average;
    row.annual_return = result.metrics.annual;
    row.sharpe = result.metrics.sharpe;
    row.turnover = mean_absolute(result.returns);
    row.max_drawdown = max_drawdown(result.returns);
    row.newest_return = result.returns.back();
    return row;
}

StrategyRow row_of(const ReturnMetrics& metrics, double turnover, double drawdown,
                   std::span<const double> returns) {
    return {true,           metrics.total, metrics.average, metrics.annual,
            metrics.sharpe, turnover,      drawdown,        returns.back()};
}

BracketRow bracket_row(const BracketResult& result) {
    return {result.choice, result.bias, result.primary_side, result.neutral};
}

void fill_strategies(WalkForwardRow& row, std::span<const AlignedDay> days,
                     const WalkForwardOptions& options) {
    const auto set = [&row](StrategyKind kind, StrategyRow values) {
        row.strategies[static_cast<std::size_t>(kind)] = values;
    };
    const bool coins_may_short = options.alignment == Alignment::legacy;
    set(StrategyKind::simple, row_of(simple_strategy(days, options.costs)));
    set(StrategyKind::all_signals, row_of(all_signals_strategy(days, options.costs)));
    set(StrategyKind::takeprofit,
        row_of(take_profit_strategy(days, options.costs, coins_may_short)));
    set(StrategyKind::highlow, row_of(high_low_strategy(days, options.costs)));
    StrategyRow hold = row_of(buy_and_hold_signals(days, options.costs));
    row.held_return = held_return(days, options.costs.fee);
    // The reference reported the benchmark in place of what its signals earned (H21).
    if (options.alignment == Alignment::legacy) hold.total_return = row.held_return;
    set(StrategyKind::buy_and_hold, hold);
    set(StrategyKind::unprofit_shutdown, row_of(unprofit_shutdown_strategy(days, options.costs)));
    set(StrategyKind::ci_guard, row_of(ci_guard_strategy(days, options.costs, options.ci_guard)));

    const BracketResult maxdiff = maxdiff_strategy(days, options.bracket);
    row.maxdiff = bracket_row(maxdiff);
    set(StrategyKind::maxdiff,
        row_of(maxdiff.reported, maxdiff.turnover, maxdiff.max_drawdown, maxdiff.returns));
    const BracketResult always_on = always_on_strategy(days, options.bracket);
    row.always_on = bracket_row(always_on);
    set(StrategyKind::maxdiffalwayson,
        row_of(always_on.reported, always_on.turnover, always_on.max_drawdown, always_on.returns));
    const PctDiffResult pctdiff = pctdiff_strategy(days, options.pctdiff);
    row.pctdiff = pctdiff.parameters;
    row.pctdiff_side = {{}, pctdiff.bias, pctdiff.primary_side, pctdiff.neutral};
    set(StrategyKind::pctdiff,
        row_of(pctdiff.metrics, pctdiff.turnover, pctdiff.max_drawdown, pctdiff.returns));
}

void check_window(const WalkForwardOptions& options) {
    ensure(options.window >= 1 && options.window <= kMaxWindow, "window is 1 to 64 days");
}

}  // namespace

std::uint32_t available_simulations(std::uint32_t visible, const WalkForwardOptions& options) {
    check_window(options);
    const std::uint32_t newest = newest_end(visible, options.alignment);
    // The oldest row's first day is newest - (rows - 1) - window.
    const std::uint32_t needed = options.minimum_context_bars + options.window;
    if (newest < needed) return 0;
    return std::min(options.simulations, newest - needed + 1);
}

std::vector<std::uint32_t> row_ends(std::uint32_t visible, const WalkForwardOptions& options) {
    const std::uint32_t newest = newest_end(visible, options.alignment);
    std::vector<std::uint32_t> ends;
    const std::uint32_t rows = available_simulations(visible, options);
    for (std::uint32_t k = 0; k < rows; ++k) ends.push_back(newest - k);
    return ends;
}

std::vector<std::uint32_t> required_days(std::uint32_t visible, const WalkForwardOptions& options) {
    const auto ends = row_ends(visible, options);
    std::vector<std::uint32_t> days;
    if (ends.empty()) return days;
    // Windows of neighbouring rows overlap or touch: the days are one range.
    const std::uint32_t last = evaluated_days(ends.front(), options.window, options.alignment).last;
    std::uint32_t day = evaluated_days(ends.back(), options.window, options.alignment).first;
    for (; day < last; ++day) days.push_back(day);
    days.push_back(live_day(ends.front(), options.alignment));
    return days;
}

WalkForwardRow walk_forward_row(const BarSeries& series, std::uint32_t end,
                                const DayForecasts& forecasts, const WalkForwardOptions& options) {
    check_window(options);
    ensure(end <= series.bars.size(), "a row sees bars of its series");
    WalkForwardRow row;
    row.end = end;
    const DayRange range = evaluated_days(end, options.window, options.alignment);
    if (end < options.window + 2 || range.size() < kMinEvaluatedDays) return row;

    std::vector<AlignedDay> days;
    std::vector<double> predicted;
    std::vector<double> returns;
    std::vector<double> errors;
    for (std::uint32_t day = range.first; day < range.last; ++day) {
        const PointForecast* forecast = forecasts.find(day);
        ensure(forecast != nullptr, "every evaluated day of a row has a forecast");
        days.push_back(align_day(series, day, *forecast, options.alignment));
        predicted.push_back(days.back().predicted_close);
        returns.push_back(days.back().directional_return);
        errors.push_back(days.back().realised.close - days.back().predicted_close);
    }
    fill_strategies(row, days, options);
    row.calibration = least_squares(predicted, returns);
    row.realised_volatility_pct = 100 * sample_deviation(returns);
    row.close_error = mean_absolute(errors);
    row.newest = days.back();
    return row;
}

std::vector<WalkForwardRow> walk_forward(const BarSeries& series, std::uint32_t visible,
                                         const DayForecasts& forecasts,
                                         const WalkForwardOptions& options, RowCache& cache,
                                         std::uint32_t* computed) {
    const auto ends = row_ends(visible, options);
    if (!ends.empty()) cache.erase(cache.begin(), cache.lower_bound(ends.back()));
    std::vector<WalkForwardRow> rows;
    rows.reserve(ends.size());
    std::uint32_t made = 0;
    for (const std::uint32_t end : ends) {
        auto found = cache.find(end);
        if (found == cache.end()) {
            found = cache.emplace(end, walk_forward_row(series, end, forecasts, options)).first;
            ++made;
        }
        rows.push_back(found->second);
    }
    if (computed != nullptr) *computed = made;
    return rows;
}

double next_day_profit(StrategyKind kind, const WalkForwardRow& older, const WalkForwardRow& newer,
                       const WalkForwardOptions& options) {
    ensure(older.end + 1 == newer.end, "the newer row is one day after the older");
    switch (kind) {
        case StrategyKind::maxdiff:
            return maxdiff_day(newer.newest, older.maxdiff.choice, options.bracket);
        case StrategyKind::maxdiffalwayson:
            return always_on_day(newer.newest, older.always_on.choice, options.bracket);
        case StrategyKind::pctdiff:
            return evaluate_pctdiff({&newer.newest, 1}, older.pctdiff, options.pctdiff)
                .metrics.total;
        default:
            return newer.of(kind).newest_return;
    }
}

}  // namespace tradewind::strategy

#include "strategy/analysis.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

constexpr std::size_t kTrueRangeBars = 14;
constexpr std::size_t kDollarVolumeBars = 20;

struct PricePair {
    double high = 0;
    double low = 0;
};

// An inverted pair takes the first fallback high that is not below the low, else the first fallback
// low that is not above the high, else it is swapped.
PricePair ordered(PricePair pair, std::span<const PricePair> fallbacks) {
    if (pair.high >= pair.low) return pair;
    for (const PricePair& fallback : fallbacks) {
        if (fallback.high >= pair.low) return {fallback.high, pair.low};
    }
    for (const PricePair& fallback : fallbacks) {
        if (fallback.low <= pair.high) return {pair.high, fallback.low};
    }
    return {pair.low, pair.high};
}

// Offsets are added to moves; the reference multiplied them into prices (H20).
PricePair bracket_price(const LiveForecast& live, const OffsetFit& fit, Alignment alignment) {
    if (alignment == Alignment::legacy) {
        return {live.high() * (1 + fit.offset_high), live.low() * (1 + fit.offset_low)};
    }
    return {live.base * (1 + live.moves.high + fit.offset_high),
            live.base * (1 + live.moves.low + fit.offset_low)};
}

StrategyResult means(StrategyKind kind, std::span<const WalkForwardRow> rows) {
    StrategyResult result;
    result.kind = kind;
    for (const WalkForwardRow& row : rows) {
        const StrategyRow& values = row.of(kind);
        if (!values.available) continue;
        ++result.samples;
        result.total_return += values.total_return;
        result.avg_return += values.average_return;
        result.annual_return += values.annual_return;
        result.sharpe += values.sharpe;
        result.turnover += values.turnover;
        result.max_drawdown += values.max_drawdown;
    }
    if (result.samples == 0) return result;
    result.available = true;
    const auto count = static_cast<double>(result.samples);
    for (double* value : {&result.total_return, &result.avg_return, &result.annual_return,
                          &result.sharpe, &result.turnover, &result.max_drawdown}) {
        *value /= count;
    }
    if (rows.size() >= 2) {
        result.has_recent_return_sum = rows[0].of(kind).available && rows[1].of(kind).available;
        result.recent_return_sum =
            rows[0].of(kind).average_return + rows[1].of(kind).average_return;
    }
    return result;
}

// Oldest day first.
std::vector<double> out_of_sample_days(StrategyKind kind, std::span<const WalkForwardRow> rows,
                                       const WalkForwardOptions& options) {
    std::vector<double> days;
    for (std::size_t k = rows.size(); k-- > 1;) {
        if (!rows[k].of(kind).available || !rows[k - 1].of(kind).available) continue;
        days.push_back(next_day_profit(kind, rows[k], rows[k - 1], options));
    }
    return days;
}

StrategyEvidence evidence_of(std::span<const double> days, double periods_per_year) {
    const ReturnMetrics metrics = summed_metrics(days, periods_per_year);
    StrategyEvidence evidence;
    evidence.samples = static_cast<std::uint32_t>(days.size());
    evidence.avg_return = metrics.average;
    evidence.annual_return = metrics.annual;
    evidence.sharpe = metrics.sharpe;
    evidence.turnover = mean_absolute(days);
    evidence.max_drawdown = max_drawdown(days);
    evidence.has_recent_return_sum = days.size() >= 2;
    if (days.size() >= 2) evidence.recent_return_sum = days.back() + days[days.size() - 2];
    return evidence;
}

void add_close_policy(AnalysisRow& analysis, std::span<const WalkForwardRow> rows) {
    for (const WalkForwardRow& row : rows.first(std::min(rows.size(), kClosePolicyRows))) {
        if (!row.of(StrategyKind::maxdiffalwayson).available) continue;
        ++analysis.close_policy_rows;
        analysis.instant_close_profit += row.always_on.choice.closed_value;
        analysis.keep_open_profit += row.always_on.choice.open_value;
    }
}

void add_recent_returns(AnalysisRow& analysis, const BarSeries& series, std::size_t visible) {
    const std::size_t first = visible > kRecentReturns ? visible - kRecentReturns : 1;
    for (std::size_t i = first; i < visible; ++i) {
        const double before = series.bars[i - 1].close.to_double();
        analysis.recent_returns.push_back(
            {utc_date(series.bars[i].start), series.bars[i].close.to_double() / before - 1});
    }
}

void set_bracket(StrategyResult& result, const BracketRow& row, const PricePair& prices) {
    result.offset_high = row.choice.fit.offset_high;
    result.offset_low = row.choice.fit.offset_low;
    result.close_at_end_of_day = row.choice.close_at_end_of_day;
    result.bias = row.bias;
    result.primary_side = row.primary_side;
    result.neutral = row.neutral;
    result.high_price = prices.high;
    result.low_price = prices.low;
    result.entry_buy = prices.low;
    result.target_buy = prices.high;
    result.entry_sell = prices.high;
    result.target_sell = prices.low;
}

void set_live_prices(AnalysisRow& analysis, const LiveForecast& live, const WalkForwardRow& row,
                     const WalkForwardOptions& options) {
    auto& results = analysis.strategies;
    const auto at = [&results](StrategyKind kind) -> StrategyResult& {
        return results[static_cast<std::size_t>(kind)];
    };
    const PricePair predicted{live.high(), live.low()};
    const std::array fallback_base{predicted};
    const PricePair maxdiff =
        ordered(bracket_price(live, row.maxdiff.choice.fit, options.alignment), fallback_base);
    set_bracket(at(StrategyKind::maxdiff), row.maxdiff, maxdiff);
    const std::array fallbacks{maxdiff, predicted};
    set_bracket(
        at(StrategyKind::maxdiffalwayson), row.always_on,
        ordered(bracket_price(live, row.always_on.choice.fit, options.alignment), fallbacks));

    StrategyResult& high_low = at(StrategyKind::highlow);
    high_low.high_price = high_low.target_buy = high_low.entry_sell = maxdiff.high;
    high_low.low_price = high_low.entry_buy = high_low.target_sell = maxdiff.low;

    StrategyResult& pctdiff = at(StrategyKind::pctdiff);
    pctdiff.bias = row.pctdiff_side.bias;
    pctdiff.primary_side = row.pctdiff_side.primary_side;
    pctdiff.neutral = row.pctdiff_side.neutral;
    pctdiff.entry_buy = predicted.low * (1 + row.pctdiff.low_factor);
    pctdiff.target_buy = pctdiff.entry_buy * (1 + std::max(row.pctdiff.long_target, 0.0));
    pctdiff.entry_sell = predicted.high * (1 + row.pctdiff.high_factor);
    pctdiff.target_sell = pctdiff.entry_sell * (1 - std::max(row.pctdiff.short_target, 0.0));
    pctdiff.low_price = pctdiff.entry_buy;
    pctdiff.high_price = pctdiff.entry_sell;
}

// Both evidences of all strategies in one call of the forecaster.
void set_forecast_pnl(AnalysisRow& analysis, std::span<const WalkForwardRow> rows,
                      const WalkForwardOptions& options, const PnlForecaster& forecaster) {
    std::vector<ReturnHistory> histories;
    for (StrategyResult& result : analysis.strategies) {
        if (!result.available) continue;
        ReturnHistory history{result.kind, {}, false, analysis.symbol, analysis.day};
        for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
            const StrategyRow& values = row->of(result.kind);
            if (values.available) history.returns.push_back(values.average_return);
        }
        histories.push_back(std::move(history));
        ReturnHistory unseen{result.kind, out_of_sample_days(result.kind, rows, options), true,
                             analysis.symbol, analysis.day};
        result.out_of_sample = evidence_of(unseen.returns, options.costs.periods_per_year);
        histories.push_back(std::move(unseen));
    }
    // The reference took its table as it stood, newest first (H16).
    if (options.alignment == Alignment::legacy) {
        for (auto& history : histories) {
            std::reverse(history.returns.begin(), history.returns.end());
        }
    }
    const std::vector<double> forecasts = forecast_pnl(histories, forecaster);
    for (std::size_t i = 0; i < histories.size(); ++i) {
        auto& result = analysis.strategies[static_cast<std::size_t>(histories[i].kind)];
        (histories[i].out_of_sample ? result.out_of_sample.forecast_pnl : result.forecast_pnl) =
            forecasts[i];
    }
}

AnalysisRow identity(const Snapshot& snapshot, AssetClass asset_class, Date day) {
    AnalysisRow row;
    row.symbol = snapshot.symbol;
    row.asset_class = asset_class;
    row.day = day;
    row.as_of = snapshot.as_of;
    row.bars_used = static_cast<std::uint32_t>(snapshot.visible);
    if (snapshot.series != nullptr && snapshot.visible > 0) {
        row.first_bar = snapshot.series->bars.front().start;
        row.last_bar = snapshot.series->bars[snapshot.visible - 1].start;
        row.last_close = snapshot.series->bars[snapshot.visible - 1].close.to_double();
    }
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        row.strategies[i].kind = static_cast<StrategyKind>(i);
    }
    return row;
}

}  // namespace

std::vector<double> forecast_pnl(std::span<const ReturnHistory> histories,
                                 const PnlForecaster& forecaster) {
    std::vector<double> result;
    std::vector<ReturnHistory> asked;
    std::vector<std::size_t> places;
    for (const ReturnHistory& history : histories) {
        result.push_back(mean(history.returns));
        if (history.returns.size() < kMinForecastHistory || result.back() < 0) continue;
        asked.push_back(history);
        places.push_back(result.size() - 1);
    }
    if (!forecaster || asked.empty()) return result;
    const auto answers = forecaster(asked);
    ensure(answers.size() == asked.size(), "one forecast P&L per history");
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (answers[i] && std::isfinite(*answers[i])) result[places[i]] = *answers[i];
    }
    return result;
}

double average_true_range_pct(const BarSeries& series, std::size_t visible) {
    ensure(visible > 0 && visible <= series.bars.size(), "a true range needs a bar");
    const std::size_t first = visible > kTrueRangeBars ? visible - kTrueRangeBars : 0;
    double total = 0;
    for (std::size_t i = first; i < visible; ++i) {
        const double high = series.bars[i].high.to_double();
        const double low = series.bars[i].low.to_double();
        double range = high - low;
        if (i > 0) {
            const double before = series.bars[i - 1].close.to_double();
            range = std::max({range, std::abs(high - before), std::abs(low - before)});
        }
        total += range;
    }
    return total / static_cast<double>(visible - first) /
           series.bars[visible - 1].close.to_double() * 100;
}

double mean_dollar_volume(const BarSeries& series, std::size_t visible) {
    ensure(visible > 0 && visible <= series.bars.size(), "a dollar volume needs a bar");
    const std::size_t first = visible > kDollarVolumeBars ? visible - kDollarVolumeBars : 0;
    double total = 0;
    for (std::size_t i = first; i < visible; ++i) {
        total += series.bars[i].close.to_double() * series.bars[i].volume;
    }
    return total / static_cast<double>(visible - first);
}

AnalysisRow refusal(const Snapshot& snapshot, AssetClass asset_class, Date day,
                    std::string reason) {
    AnalysisRow row = identity(snapshot, asset_class, day);
    row.refused = true;
    row.reason = std::move(reason);
    return row;
}

AnalysisRow build_analysis(const AnalysisInput& input, std::span<const WalkForwardRow> rows,
                           const WalkForwardOptions& options, const PnlForecaster& forecaster) {
    const Snapshot& snapshot = input.snapshot;
    if (rows.empty()) {
        return refusal(snapshot, input.asset_class, input.day, "no walk-forward row is possible");
    }
    if (!input.has_live) {
        return refusal(snapshot, input.asset_class, input.day, "no forecast of the coming bar");
    }
    AnalysisRow analysis = identity(snapshot, input.asset_class, input.day);
    analysis.producer = input.producer;
    analysis.input_hash = input.input_hash;
    analysis.simulations = static_cast<std::uint32_t>(rows.size());
    const WalkForwardRow& newest = rows.front();

    LiveForecast live = live_forecast(*snapshot.series, newest.end, input.live);
    analysis.repaired = live.repair();
    analysis.last_close = live.base;
    analysis.predicted_close = live.close();
    analysis.predicted_high = live.high();
    analysis.predicted_low = live.low();
    analysis.own_high_move = live.own_high_move;
    analysis.own_low_move = live.own_low_move;
    analysis.spread_ratio =
        snapshot.has_quote ? snapshot.quote.spread_ratio() : options.costs.spread_ratio;

    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        analysis.strategies[i] = means(static_cast<StrategyKind>(i), rows);
    }
    add_close_policy(analysis, rows);
    add_recent_returns(analysis, *snapshot.series, newest.end);
    set_live_prices(analysis, live, newest, options);
    set_forecast_pnl(analysis, rows, options, forecaster);

    analysis.calibration_slope = newest.calibration.slope;
    analysis.calibration_intercept = newest.calibration.intercept;
    analysis.calibrated_move =
        newest.calibration.slope * live.close_move + newest.calibration.intercept;
    analysis.realised_volatility_pct = newest.realised_volatility_pct;
    analysis.atr_pct = average_true_range_pct(*snapshot.series, newest.end);
    analysis.dollar_volume = mean_dollar_volume(*snapshot.series, newest.end);
    analysis.oos_sharpe = analysis.result(StrategyKind::simple).sharpe;
    for (const WalkForwardRow& row : rows) {
        analysis.held_return += row.held_return / static_cast<double>(rows.size());
        analysis.turnover +=
            std::abs(row.of(StrategyKind::simple).total_return) / static_cast<double>(rows.size());
    }
    return analysis;
}

}  // namespace tradewind::strategy

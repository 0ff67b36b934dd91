#include "strategy/maxdiff.hpp"

#include <algorithm>
#include <cmath>

namespace tradewind::strategy {
namespace {

ReturnMetrics blend(const ReturnMetrics& base, const ReturnMetrics& optimised) {
    return {base.total + kOptimisedWeight * optimised.total,
            base.average + kOptimisedWeight * optimised.average,
            base.annual + kOptimisedWeight * optimised.annual,
            base.sharpe + kOptimisedWeight * optimised.sharpe};
}

Bracket moved(const AlignedDay& day, const OffsetFit& fit) {
    return {day.predicted.high + fit.offset_high, day.predicted.low + fit.offset_low};
}

void finish(BracketResult& result, double periods_per_year) {
    result.base = summed_metrics(result.base_returns, periods_per_year);
    result.optimised = summed_metrics(result.returns, periods_per_year);
    result.reported = blend(result.base, result.optimised);
    result.turnover = mean_absolute(result.returns);
    result.max_drawdown = max_drawdown(result.returns);
}

}  // namespace

double bracket_position(const AlignedDay& day, bool long_only) {
    if (!(day.predicted.low < day.predicted.high)) return 0;
    if (std::abs(day.predicted.high) > std::abs(day.predicted.low)) return 1;
    return long_only ? 0 : -1;
}

std::vector<Leg> maxdiff_legs(std::span<const AlignedDay> days, bool long_only) {
    std::vector<Leg> legs;
    legs.reserve(days.size());
    for (const AlignedDay& day : days) {
        legs.push_back({day.realised, day.predicted, bracket_position(day, long_only)});
    }
    return legs;
}

std::vector<Leg> always_on_legs(std::span<const AlignedDay> days, bool long_only) {
    std::vector<Leg> legs;
    legs.reserve(2 * days.size());
    for (const AlignedDay& day : days) {
        legs.push_back({day.realised, day.predicted, 1});
        if (!long_only) legs.push_back({day.realised, day.predicted, -1});
    }
    return legs;
}

CloseChoice choose_close(std::span<const Leg> legs, const BracketOptions& options,
                         std::uint32_t budget) {
    const OffsetFit open =
        fit_offsets(legs, options.kernel(false), options.box, options.search, budget);
    const OffsetFit closed =
        fit_offsets(legs, options.kernel(true), options.box, options.search, budget);
    const bool leaves = closed.value > open.value;
    return {leaves ? closed : open, leaves, open.value, closed.value};
}

double maxdiff_day(const AlignedDay& day, const CloseChoice& choice,
                   const BracketOptions& options) {
    return day_profit(day.realised, moved(day, choice.fit),
                      bracket_position(day, options.long_only),
                      options.kernel(choice.close_at_end_of_day));
}

double always_on_day(const AlignedDay& day, const CloseChoice& choice,
                     const BracketOptions& options) {
    const KernelOptions kernel = options.kernel(choice.close_at_end_of_day);
    const Bracket bracket = moved(day, choice.fit);
    const double buy = day_profit(day.realised, bracket, 1, kernel);
    return options.long_only ? buy : buy + day_profit(day.realised, bracket, -1, kernel);
}

BracketResult maxdiff_strategy(std::span<const AlignedDay> days, const BracketOptions& options) {
    BracketResult result;
    if (days.empty()) return result;
    const std::vector<Leg> legs = maxdiff_legs(days, options.long_only);
    const CloseChoice choice = choose_close(legs, options, kMaxDiffBudget);
    result.choice = choice;
    const CloseChoice unmoved{{}, choice.close_at_end_of_day, 0, 0};
    double longs = 0;
    double shorts = 0;
    for (std::size_t i = 0; i < days.size(); ++i) {
        result.base_returns.push_back(maxdiff_day(days[i], unmoved, options));
        result.returns.push_back(maxdiff_day(days[i], choice, options));
        if (legs[i].position > 0) ++longs;
        if (legs[i].position < 0) ++shorts;
    }
    finish(result, options.periods_per_year);
    if (longs + shorts > 0) result.bias = (longs - shorts) / (longs + shorts);
    result.neutral = longs == shorts;
    result.primary_side = longs >= shorts ? Side::buy : Side::sell;
    return result;
}

BracketResult always_on_strategy(std::span<const AlignedDay> days, const BracketOptions& options) {
    BracketResult result;
    if (days.empty()) return result;
    const CloseChoice choice =
        choose_close(always_on_legs(days, options.long_only), options, kAlwaysOnBudget);
    result.choice = choice;
    const KernelOptions kernel = options.kernel(choice.close_at_end_of_day);
    double gross = 0;
    for (const AlignedDay& day : days) {
        // The baseline is always the one that waits for its target.
        result.base_returns.push_back(always_on_day(day, {}, options));
        const Bracket bracket = moved(day, choice.fit);
        const double buy = day_profit(day.realised, bracket, 1, kernel);
        const double sell = options.long_only ? 0.0 : day_profit(day.realised, bracket, -1, kernel);
        result.buy_profit += buy;
        result.sell_profit += sell;
        if (buy != 0) ++result.filled_buys;
        if (sell != 0) ++result.filled_sells;
        result.returns.push_back(buy + sell);
        gross += std::abs(buy + sell);
    }
    finish(result, options.periods_per_year);
    if (gross > 0) result.bias = (result.buy_profit - result.sell_profit) / gross;
    result.neutral = result.bias == 0;
    result.primary_side = result.bias >= 0 ? Side::buy : Side::sell;
    return result;
}

}  // namespace tradewind::strategy

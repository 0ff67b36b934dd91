#include "strategy/pctdiff.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "strategy/maxdiff.hpp"

namespace tradewind::strategy {
namespace {

constexpr double kLowestEntry = 1e-6;
constexpr double kTouchTolerance = 1e-12;  // relative, in favour of the touch

// One day's trade in units of the base close: short days are mirrored into the same shape.
struct PctDay {
    double reference;  // predicted extreme
    double near;       // the extreme that the entry must reach
    double far;        // the extreme that the target must reach
    double close;
    auto key() const { return std::tie(reference, near, far, close); }
};

struct PctTrade {
    bool entered = false;
    bool target_hit = false;
    double profit = 0;
};

PctTrade trade(const PctDay& day, bool is_long, double factor, double target,
               const PctDiffOptions& options) {
    PctTrade result;
    const double entry = std::max(day.reference * (1 + factor), kLowestEntry);
    const double fee = options.fee * options.fee_sides;
    double profit = 0;
    if (is_long) {
        if (day.near > entry * (1 + kTouchTolerance)) return result;
        const double goal = entry * (1 + target);
        result.target_hit = day.far >= goal * (1 - kTouchTolerance);
        profit = ((result.target_hit ? goal : day.close) - entry - fee * entry) / entry;
    } else {
        if (day.near < entry * (1 - kTouchTolerance)) return result;
        const double goal = entry * (1 - target);
        result.target_hit = day.far <= goal * (1 + kTouchTolerance);
        profit = (entry - (result.target_hit ? goal : day.close) - fee * entry) / entry;
    }
    result.entered = true;
    result.profit = std::clamp(profit, -options.max_daily_return, options.max_daily_return);
    return result;
}

PctDay pct_day(const AlignedDay& day, bool is_long) {
    const double high = 1 + day.limit_bar.high;
    const double low = 1 + day.limit_bar.low;
    const double close = 1 + day.limit_bar.close;
    return is_long ? PctDay{1 + day.limit_predicted.low, low, high, close}
                   : PctDay{1 + day.limit_predicted.high, high, low, close};
}

struct LegFit {
    double factor = 0;
    double target = 0;
    double value = 0;
};

bool better(const LegFit& a, const LegFit& b) {
    if (std::abs(a.value - b.value) > kTieTolerance) return a.value > b.value;
    return std::make_tuple(std::abs(a.factor), a.target, a.factor) <
           std::make_tuple(std::abs(b.factor), b.target, b.factor);
}

// The sum falls as the entry gets dearer while the set of entries stays, and rises with the target
// until a hit is lost: only the points where an entry is gained or a hit is lost can be best.
LegFit fit_leg(std::vector<PctDay> days, bool is_long, const PctDiffOptions& options) {
    LegFit best{0, options.maximum_target, 0};
    if (days.empty()) return best;
    std::sort(days.begin(), days.end(),
              [](const PctDay& a, const PctDay& b) { return a.key() < b.key(); });
    const double limit = options.factor_limit;
    std::vector<double> factors{is_long ? -limit : limit};
    for (const PctDay& day : days) {
        const double factor = day.near / day.reference - 1;
        if (factor >= -limit && factor <= limit) factors.push_back(factor);
    }
    std::vector<LegFit> candidates;
    for (const double factor : factors) {
        std::vector<double> targets{options.maximum_target};
        for (const PctDay& day : days) {
            const double entry = std::max(day.reference * (1 + factor), kLowestEntry);
            const double target = is_long ? day.far / entry - 1 : 1 - day.far / entry;
            if (target >= options.minimum_target && target <= options.maximum_target) {
                targets.push_back(target);
            }
        }
        for (const double target : targets) {
            LegFit candidate{factor, target, 0};
            for (const PctDay& day : days) {
                candidate.value += trade(day, is_long, factor, target, options).profit;
            }
            candidates.push_back(candidate);
        }
    }
    best = candidates.front();
    for (const LegFit& candidate : candidates) {
        if (better(candidate, best)) best = candidate;
    }
    return best;
}

}  // namespace

PctDiffResult evaluate_pctdiff(std::span<const AlignedDay> days,
                               const PctDiffParameters& parameters, const PctDiffOptions& options) {
    PctDiffResult result;
    result.parameters = parameters;
    double longs = 0;
    double shorts = 0;
    for (const AlignedDay& day : days) {
        const double position = bracket_position(day, options.long_only);
        PctTrade traded;
        if (position > 0) {
            ++longs;
            traded = trade(pct_day(day, true), true, parameters.low_factor, parameters.long_target,
                           options);
            result.long_profit += traded.profit;
        } else if (position < 0) {
            ++shorts;
            traded = trade(pct_day(day, false), false, parameters.high_factor,
                           parameters.short_target, options);
            result.short_profit += traded.profit;
        }
        result.entries += traded.entered ? 1 : 0;
        result.targets += traded.target_hit ? 1 : 0;
        result.returns.push_back(traded.profit);
    }
    result.metrics = summed_metrics(result.returns, options.periods_per_year);
    result.turnover = mean_absolute(result.returns);
    result.max_drawdown = max_drawdown(result.returns);
    if (longs + shorts > 0) result.bias = (longs - shorts) / (longs + shorts);
    result.neutral = longs == shorts;
    result.primary_side = longs >= shorts ? Side::buy : Side::sell;
    return result;
}

PctDiffResult pctdiff_strategy(std::span<const AlignedDay> days, const PctDiffOptions& options) {
    std::vector<PctDay> longs;
    std::vector<PctDay> shorts;
    for (const AlignedDay& day : days) {
        const double position = bracket_position(day, options.long_only);
        if (position > 0) longs.push_back(pct_day(day, true));
        if (position < 0) shorts.push_back(pct_day(day, false));
    }
    const LegFit long_fit = fit_leg(std::move(longs), true, options);
    const LegFit short_fit = fit_leg(std::move(shorts), false, options);
    return evaluate_pctdiff(
        days, {long_fit.factor, short_fit.factor, long_fit.target, short_fit.target}, options);
}

}  // namespace tradewind::strategy

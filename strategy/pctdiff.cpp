#include "strategy/pctdiff.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "strategy/direct_search.hpp"
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

// The extremes as far as they count: less the buffer, and for a conservative target the close.
PctDay pct_day(const AlignedDay& day, bool is_long, const PctDiffOptions& options) {
    const double high = 1 + kernel::reach_up(day.limit_bar.high, options.fill_buffer);
    const double low = 1 + kernel::reach_down(day.limit_bar.low, options.fill_buffer);
    const double close = 1 + day.limit_bar.close;
    const bool proven = options.intrabar == Intrabar::conservative;
    return is_long ? PctDay{1 + day.limit_predicted.low, low, proven ? close : high, close}
                   : PctDay{1 + day.limit_predicted.high, high, proven ? close : low, close};
}

struct LegFit {
    double factor = 0;
    double target = 0;
    double value = 0;
    std::uint32_t evaluations = 0;
};

double leg_profit(std::span<const PctDay> days, bool is_long, double factor, double target,
                  const PctDiffOptions& options) {
    double total = 0;
    for (const PctDay& day : days) total += trade(day, is_long, factor, target, options).profit;
    return total;
}

bool better(const LegFit& a, const LegFit& b) {
    if (std::abs(a.value - b.value) > kTieTolerance) return a.value > b.value;
    return std::make_tuple(std::abs(a.factor), a.target, a.factor) <
           std::make_tuple(std::abs(b.factor), b.target, b.factor);
}

// The sum falls as the entry gets dearer while the set of entries stays, and rises with the target
// until a hit is lost: only the points where an entry is gained or a hit is lost can be best.
LegFit fit_leg(std::vector<PctDay> days, bool is_long, const PctDiffOptions& options) {
    LegFit best{0, options.maximum_target, 0, 0};
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
            candidates.push_back(
                {factor, target, leg_profit(days, is_long, factor, target, options), 0});
        }
    }
    best = candidates.front();
    for (const LegFit& candidate : candidates) {
        if (better(candidate, best)) best = candidate;
    }
    best.evaluations = static_cast<std::uint32_t>(candidates.size());
    return best;
}

struct PctWindow {
    std::vector<PctDay> longs;
    std::vector<PctDay> shorts;

    [[nodiscard]] double profit(const PctDiffParameters& p, const PctDiffOptions& options) const {
        return leg_profit(longs, true, p.low_factor, p.long_target, options) +
               leg_profit(shorts, false, p.high_factor, p.short_target, options);
    }
};

struct PctFit {
    PctDiffParameters parameters;
    std::uint32_t evaluations = 0;
};

PctFit fit_exact(PctWindow window, const PctDiffOptions& options) {
    const LegFit bought = fit_leg(std::move(window.longs), true, options);
    const LegFit sold = fit_leg(std::move(window.shorts), false, options);
    return {{bought.factor, sold.factor, bought.target, sold.target},
            bought.evaluations + sold.evaluations};
}

PctFit fit_grid(const PctWindow& window, const PctDiffOptions& options) {
    const auto factors = linspace(-options.factor_limit, options.factor_limit, 7);
    const auto targets = linspace(options.minimum_target, options.maximum_target, 10);
    PctFit best;
    double best_value = 0;
    for (const double low : factors) {
        for (const double high : factors) {
            for (const double up : targets) {
                for (const double down : targets) {
                    const PctDiffParameters candidate{low, high, up, down};
                    const double value = window.profit(candidate, options);
                    if (best.evaluations++ > 0 && !(value > best_value)) continue;
                    best.parameters = candidate;
                    best_value = value;
                }
            }
        }
    }
    return best;
}

PctFit fit_direct(const PctWindow& window, const PctDiffOptions& options) {
    const double limit = options.factor_limit;
    const std::array lower{-limit, -limit, options.minimum_target, options.minimum_target};
    const std::array upper{limit, limit, options.maximum_target, options.maximum_target};
    const auto found = maximise_direct(
        [&](std::span<const double> p) {
            return window.profit({p[0], p[1], p[2], p[3]}, options);
        },
        lower, upper, {options.search.budget(kPctDiffBudget), true});
    const auto& p = found.point;
    return {{p[0], p[1], p[2], p[3]}, found.evaluations};
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
            traded = trade(pct_day(day, true, options), true, parameters.low_factor,
                           parameters.long_target, options);
            result.long_profit += traded.profit;
        } else if (position < 0) {
            ++shorts;
            traded = trade(pct_day(day, false, options), false, parameters.high_factor,
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
    PctWindow window;
    for (const AlignedDay& day : days) {
        const double position = bracket_position(day, options.long_only);
        if (position > 0) window.longs.push_back(pct_day(day, true, options));
        if (position < 0) window.shorts.push_back(pct_day(day, false, options));
    }
    PctFit fit;
    switch (options.search.optimizer) {
        case Optimizer::exact:
            fit = fit_exact(std::move(window), options);
            break;
        case Optimizer::grid:
            fit = fit_grid(window, options);
            break;
        case Optimizer::direct:
            fit = fit_direct(window, options);
            break;
    }
    PctDiffResult result = evaluate_pctdiff(days, fit.parameters, options);
    result.evaluations = fit.evaluations;
    return result;
}

}  // namespace tradewind::strategy

#include "strategy/directional.hpp"

#include <algorithm>
#include <cmath>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

// A series that goes long, short and flat was charged a reduced fee by the reference.
constexpr double kMixedSignalFeeShare = 0.523;

double sign(double value) {
    return value > 0 ? 1.0 : (value < 0 ? -1.0 : 0.0);
}

template <class Signal>
std::vector<double> signals_of(std::span<const AlignedDay> days, bool long_only, Signal&& signal) {
    std::vector<double> signals;
    signals.reserve(days.size());
    for (const AlignedDay& day : days) {
        const double value = signal(day);
        signals.push_back(long_only && value < 0 ? 0.0 : value);
    }
    return signals;
}

// Sides of the strategies that trade a level inside the day: a fee when the side changes, two when
// there was one before.
class SideFee {
  public:
    explicit SideFee(double fee) : fee_(fee) {}
    double change_to(int side) {
        const double charged = side == side_ ? 0.0 : (side_ == 0 ? fee_ : 2 * fee_);
        side_ = side;
        return charged;
    }
    void clear() { side_ = 0; }

  private:
    double fee_;
    int side_ = 0;
};

DirectionalResult summed_result(std::vector<double> signals, std::vector<double> returns,
                                double periods_per_year) {
    DirectionalResult result;
    result.metrics = summed_metrics(returns, periods_per_year);
    result.final_day_return = result.metrics.average;
    result.signals = std::move(signals);
    result.returns = std::move(returns);
    return result;
}

}  // namespace

DirectionalResult evaluate_signals(std::vector<double> signals, std::span<const AlignedDay> days,
                                   const TradingCosts& costs) {
    ensure(signals.size() == days.size(), "one signal per day");
    DirectionalResult result;
    if (days.empty()) return result;
    const auto has = [&signals](double side) {
        return std::any_of(signals.begin(), signals.end(),
                           [side](double signal) { return sign(signal) == side; });
    };
    const bool mixed = has(1) && has(-1) && has(0);
    const double fee = mixed ? costs.fee * kMixedSignalFeeShare : costs.fee;
    const double cost_per_turn = fee + costs.half_spread();
    double previous = 0;
    for (std::size_t i = 0; i < days.size(); ++i) {
        const double turn = std::abs(signals[i] - previous);
        result.returns.push_back(signals[i] * days[i].directional_return - turn * cost_per_turn);
        previous = signals[i];
    }
    result.metrics = compounded_metrics(result.returns, costs.periods_per_year);
    result.final_day_return =
        signals.back() * days.back().directional_return - 2 * costs.fee * costs.spread_ratio;
    result.signals = std::move(signals);
    return result;
}

DirectionalResult simple_strategy(std::span<const AlignedDay> days, const TradingCosts& costs) {
    auto signals = signals_of(days, costs.long_only, [](const AlignedDay& day) {
        return day.predicted_close > 0 ? 1.0 : -1.0;
    });
    return evaluate_signals(std::move(signals), days, costs);
}

DirectionalResult all_signals_strategy(std::span<const AlignedDay> days,
                                       const TradingCosts& costs) {
    auto signals = signals_of(days, costs.long_only, [](const AlignedDay& day) {
        const double close = sign(day.predicted_close);
        const bool agree =
            close == sign(day.predicted_own_high) && close == sign(day.predicted_own_low);
        return agree ? close : 0.0;
    });
    return evaluate_signals(std::move(signals), days, costs);
}

DirectionalResult buy_and_hold_signals(std::span<const AlignedDay> days,
                                       const TradingCosts& costs) {
    auto signals = signals_of(days, costs.long_only, [](const AlignedDay& day) {
        return day.predicted_close > 0 ? 1.0 : 0.0;
    });
    return evaluate_signals(std::move(signals), days, costs);
}

DirectionalResult unprofit_shutdown_strategy(std::span<const AlignedDay> days,
                                             const TradingCosts& costs) {
    std::vector<double> signals;
    for (std::size_t i = 0; i < days.size(); ++i) {
        const double wanted = sign(days[i].predicted_close);
        if (i == 0) {
            signals.push_back(1.0);
        } else if (signals[i - 1] == 0) {
            signals.push_back(wanted);
        } else {
            const double forecast = sign(days[i - 1].predicted_close);
            const bool was_right =
                forecast != 0 && forecast == sign(days[i - 1].directional_return);
            signals.push_back(was_right ? wanted : 0.0);
        }
    }
    // Coins drop the shorts only now: the rule above saw them.
    if (costs.long_only) {
        for (double& signal : signals) signal = std::max(signal, 0.0);
    }
    return evaluate_signals(std::move(signals), days, costs);
}

DirectionalResult ci_guard_strategy(std::span<const AlignedDay> days, const TradingCosts& costs,
                                    double guard) {
    auto signals = signals_of(days, costs.long_only, [guard](const AlignedDay& day) {
        const double width = std::max(std::abs(day.close_band), 1e-8) * guard;
        return day.predicted_close > width ? 1.0 : (day.predicted_close < -width ? -1.0 : 0.0);
    });
    return evaluate_signals(std::move(signals), days, costs);
}

double held_return(std::span<const AlignedDay> days, double fee) {
    double growth = 1;
    for (const AlignedDay& day : days) growth *= 1 + day.directional_return;
    return growth - 1 - fee;
}

DirectionalResult take_profit_strategy(std::span<const AlignedDay> days, const TradingCosts& costs,
                                       bool coins_may_short) {
    std::vector<double> signals;
    std::vector<double> returns;
    SideFee fee(costs.fee);
    for (const AlignedDay& day : days) {
        const bool is_long = day.predicted_close > 0;
        if (!is_long && costs.long_only && !coins_may_short) {
            fee.clear();
            signals.push_back(0);
            returns.push_back(0);
            continue;
        }
        const double close = day.realised.close;
        const double gain =
            is_long ? (day.own_high >= day.predicted_own_high ? day.predicted_own_high : close)
                    : (day.own_low <= day.predicted_own_low ? -day.predicted_own_low : -close);
        const int side = is_long ? 1 : -1;
        signals.push_back(side);
        returns.push_back(gain - fee.change_to(side));
    }
    return summed_result(std::move(signals), std::move(returns), costs.periods_per_year);
}

DirectionalResult high_low_strategy(std::span<const AlignedDay> days, const TradingCosts& costs) {
    std::vector<double> signals;
    std::vector<double> returns;
    SideFee fee(costs.fee);
    for (const AlignedDay& day : days) {
        const double close = day.realised.close;
        if (day.predicted_close > 0) {
            const double entry =
                day.own_low <= day.predicted_own_low ? day.predicted_own_low : close;
            signals.push_back(1);
            returns.push_back(close - entry - fee.change_to(1));
        } else if (day.predicted_close < 0 && !costs.long_only) {
            const double entry =
                day.own_high >= day.predicted_own_high ? day.predicted_own_high : close;
            signals.push_back(-1);
            returns.push_back(entry - close - fee.change_to(-1));
        } else {
            fee.clear();
            signals.push_back(0);
            returns.push_back(0);
        }
    }
    return summed_result(std::move(signals), std::move(returns), costs.periods_per_year);
}

}  // namespace tradewind::strategy

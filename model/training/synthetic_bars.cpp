#include "model/training/synthetic_bars.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace tradewind::model {

namespace {

constexpr std::size_t kBurnIn = 80;
constexpr double kLargestLogVolatility = 5;
constexpr double kLargestTailFactor = 12;
// Beyond any market; keeps relative moves finite when every part pulls the same way.
constexpr double kLargestBarDeviation = 0.5;
constexpr double kLargestBarMove = 3;

// An Ornstein-Uhlenbeck process with one value a bar.
struct Reverting {
    double memory = 0;
    double shock = 0;
    double value = 0;

    Reverting(double half_life, double deviation, Draws& draws) {
        if (deviation <= 0) return;
        memory = std::exp2(-1 / half_life);
        shock = deviation * std::sqrt(1 - memory * memory);
        value = deviation * draws.normal();
    }
    void advance(double innovation) { value = memory * value + shock * innovation; }
};

// Variance factor with mean one, driven by the standardised moves.
struct VarianceFactor {
    double value = 1;

    void advance(const SyntheticMarket& market, double move) {
        if (market.arch <= 0) return;
        const double slope = market.arch + (move < 0 ? market.asymmetry : 0);
        const double kept = std::max(market.persistence - market.arch - market.asymmetry / 2, 0.0);
        value = (1 - market.persistence) + slope * move * move + kept * value;
        value = std::clamp(value, 0.02, 40.0);
    }
};

double season_of(const SyntheticMarket& market, std::size_t t) {
    if (market.season_period <= 0) return 0;
    double sum = 0;
    for (int harmonic = 0; harmonic < 2; ++harmonic) {
        const double angle =
            2 * std::numbers::pi * (harmonic + 1) * static_cast<double>(t) / market.season_period;
        sum += market.season_amplitude[harmonic] * std::cos(angle + market.season_phase[harmonic]);
    }
    return sum;
}

double tail_factor(const SyntheticMarket& market, Draws& draws) {
    if (market.tail_degrees <= 0) return 1;
    const double chi_square = 2 * draws.gamma(market.tail_degrees / 2);
    // The square root of (degrees - 2) / chi-square makes the variance one.
    return std::min(std::sqrt((market.tail_degrees - 2) / chi_square), kLargestTailFactor);
}

// The path inside a bar, in units of the bar's deviation: gap, then equal steps.
struct Path {
    double open = 0, high = 0, low = 0, close = 0;
};

Path draw_path(const SyntheticMarket& market, double shift, Draws& draws) {
    std::array<double, 17> steps{};
    const std::size_t count = market.path_steps;
    const double factor = tail_factor(market, draws);
    steps[0] = market.gap_share > 0 ? factor * std::sqrt(market.gap_share) * draws.normal() : 0;
    const double deviation =
        factor * std::sqrt((1 - market.gap_share) / static_cast<double>(count));
    double total = steps[0];
    for (std::size_t i = 1; i <= count; ++i) {
        steps[i] = deviation * draws.normal();
        total += steps[i];
    }
    if (market.skew != 0) {
        const double bent = (total + market.skew * (total * total - 1)) /
                            std::sqrt(1 + 2 * market.skew * market.skew);
        shift += bent - total;
    }
    for (std::size_t i = 1; i <= count; ++i) steps[i] += shift / static_cast<double>(count);
    if (market.jump_probability > 0 && draws.chance(market.jump_probability)) {
        // A market without gaps jumps inside the bar only.
        const std::size_t first = market.gap_share > 0 ? 0 : 1;
        steps[first + draws.below(count + 1 - first)] += market.jump_deviation * draws.normal();
    }
    Path path;
    double place = steps[0];
    path.open = path.high = path.low = place;
    for (std::size_t i = 1; i <= count; ++i) {
        place += steps[i];
        path.high = std::max(path.high, place);
        path.low = std::min(path.low, place);
    }
    path.close = place;
    return path;
}

void draw_volatility(SyntheticMarket& market, Draws& draws) {
    if (draws.chance(0.8)) {
        market.slow_half_life = draws.log_uniform(15, 300);
        market.slow_deviation = draws.uniform(0.1, 0.7);
    }
    if (draws.chance(0.6)) {
        market.fast_half_life = draws.log_uniform(0.7, 10);
        market.fast_deviation = draws.uniform(0.1, 0.6);
        if (draws.chance(0.5)) market.leverage = draws.uniform(-0.6, 0.1);
    }
    if (draws.chance(0.35)) {
        market.switch_probability = draws.log_uniform(1.0 / 400, 1.0 / 20);
        market.regime_log_factor = draws.uniform(-1.1, 1.1);
    }
    if (draws.chance(0.3)) {
        constexpr std::array<double, 8> kPeriods = {5, 7, 16, 23, 24, 24, 120, 168};
        market.season_period = kPeriods[draws.below(kPeriods.size())];
        for (int harmonic = 0; harmonic < 2; ++harmonic) {
            market.season_amplitude[harmonic] =
                draws.normal() * draws.uniform(0.2, 1) / (harmonic + 1);
            market.season_phase[harmonic] = draws.uniform(0, 2 * std::numbers::pi);
        }
    }
    if (draws.chance(0.7)) {
        market.arch = draws.uniform(0.02, 0.16);
        if (draws.chance(0.5)) market.asymmetry = draws.uniform(0, 0.15);
        market.persistence = 1 - draws.log_uniform(0.003, 0.15);
    }
}

}  // namespace

SyntheticMarket draw_market(Draws& draws) {
    SyntheticMarket market;
    draw_volatility(market, draws);
    if (draws.chance(0.75)) market.tail_degrees = draws.log_uniform(2.7, 20);
    if (draws.chance(0.3)) {
        market.jump_probability = draws.log_uniform(0.002, 0.03);
        market.jump_deviation = draws.uniform(2, 6);
    }
    market.gap_share = draws.chance(0.6) ? draws.uniform(0.02, 0.5) : draws.chance(0.5) ? 0.01 : 0;
    constexpr std::array<std::size_t, 3> kSteps = {6, 10, 16};
    market.path_steps = kSteps[draws.below(kSteps.size())];
    if (draws.chance(0.2)) market.noise = draws.uniform(0.1, 0.8) / 2;
    if (draws.chance(0.1)) market.idle_share = draws.uniform(0.02, 0.4);
    if (draws.chance(0.105)) market.autoregression = draws.uniform(-0.2, 0.15);
    if (draws.chance(0.12)) market.drift = draws.uniform(-0.03, 0.08);
    if (draws.chance(0.09)) market.skew = draws.uniform(-0.25, 0.25);
    market.scale = draws.log_uniform(2e-4, 0.05);
    return market;
}

BarWindow synthetic_bars(const SyntheticMarket& market, std::size_t bars, Draws& draws) {
    Reverting slow(market.slow_half_life, market.slow_deviation, draws);
    Reverting fast(market.fast_half_life, market.fast_deviation, draws);
    VarianceFactor variance;
    bool second_regime = market.switch_probability > 0 && draws.chance(0.5);
    double last_move = 0;  // standardised
    double price = 0;      // log, the one that a trade would move
    double quoted = 0;     // log close as seen, with bid-ask noise
    BarWindow window;
    window.reserve(bars);
    for (std::size_t t = 0; t < kBurnIn + bars; ++t) {
        if (slow.shock > 0) slow.advance(draws.normal());
        if (fast.shock > 0) {
            const double own = std::sqrt(1 - market.leverage * market.leverage);
            fast.advance(market.leverage * std::clamp(last_move, -4.0, 4.0) + own * draws.normal());
        }
        if (market.switch_probability > 0 && draws.chance(market.switch_probability)) {
            second_regime = !second_regime;
        }
        variance.advance(market, last_move * std::sqrt(variance.value));
        const double log_volatility = std::clamp(slow.value + fast.value + season_of(market, t) +
                                                     (second_regime ? market.regime_log_factor : 0),
                                                 -kLargestLogVolatility, kLargestLogVolatility);
        const double deviation =
            std::min(market.scale * std::exp(log_volatility) * std::sqrt(variance.value),
                     kLargestBarDeviation);
        LogBar bar;
        if (market.idle_share > 0 && draws.chance(market.idle_share)) {
            bar.open = bar.high = bar.low = bar.close = quoted;
            last_move = 0;
        } else {
            const double shift = market.autoregression * last_move + market.drift;
            const Path path = draw_path(market, shift, draws);
            const auto at = [&](double place) {
                return price + std::clamp(deviation * place, -kLargestBarMove, kLargestBarMove);
            };
            const double close = at(path.close);
            const double noise =
                market.noise > 0 ? (draws.chance(0.5) ? 1 : -1) * market.noise * deviation : 0;
            bar.open = at(path.open);
            bar.close = close + noise;
            bar.high = std::max(at(path.high), bar.close);
            bar.low = std::min(at(path.low), bar.close);
            last_move = path.close;
            price = close;
            quoted = bar.close;
        }
        if (t >= kBurnIn) window.push_back(bar);
    }
    return window;
}

}  // namespace tradewind::model

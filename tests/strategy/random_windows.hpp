// Random windows for the laws of the optimisers: legs, kernel options and aligned days.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "strategy/exact_solver.hpp"
#include "strategy/moves.hpp"

namespace tradewind::test {

// A window drawn from one seed: 1 to 9 days with moves of some per cent, sides mixed, a few edge
// values (equal extremes, predictions on the clamp).
[[nodiscard]] inline std::vector<strategy::Leg> random_legs(std::mt19937_64& random,
                                                            bool both_sides) {
    std::uniform_real_distribution<double> move(-0.05, 0.05);
    std::uniform_int_distribution<int> small(0, 9);
    const int days = 1 + small(random) % 9;
    std::vector<strategy::Leg> legs;
    for (int i = 0; i < days; ++i) {
        strategy::Leg leg;
        const double a = move(random);
        const double b = small(random) == 0 ? a : move(random);
        leg.realised.low = std::min(a, b);
        leg.realised.high = std::max(a, b);
        leg.realised.close =
            leg.realised.low + (leg.realised.high - leg.realised.low) * small(random) / 9.0;
        leg.predicted = {small(random) == 0 ? 0.0 : move(random), move(random)};
        leg.position = small(random) < 5 ? 1 : (small(random) == 0 ? 0 : -1);
        legs.push_back(leg);
        if (both_sides) {
            leg.position = -leg.position;
            legs.push_back(leg);
        }
    }
    return legs;
}

[[nodiscard]] inline strategy::KernelOptions random_options(std::mt19937_64& random) {
    std::uniform_int_distribution<int> coin(0, 1);
    return {coin(random) == 1, 0.0005 * coin(random), 1 + coin(random),
            coin(random) ? strategy::Intrabar::optimistic : strategy::Intrabar::conservative,
            0.0005 * coin(random)};
}

// Days as the percentage strategy sees them, in exact alignment.
[[nodiscard]] inline std::vector<strategy::AlignedDay> random_days(std::mt19937_64& random) {
    std::uniform_int_distribution<int> small(0, 9);
    std::vector<strategy::AlignedDay> days;
    std::uint32_t number = 0;
    for (const strategy::Leg& leg : random_legs(random, false)) {
        strategy::AlignedDay day;
        day.day = ++number;
        day.base = 100;
        day.realised = leg.realised;
        day.predicted = leg.predicted;
        day.predicted_close = (leg.predicted.high + leg.predicted.low) / 2;
        day.directional_return = leg.realised.close;
        day.own_high = leg.realised.high;
        day.own_low = leg.realised.low;
        // A forecast that is met exactly is the edge of every touch.
        day.predicted_own_high = small(random) == 0 ? leg.realised.high : leg.predicted.high;
        day.predicted_own_low = small(random) == 0 ? leg.realised.low : leg.predicted.low;
        day.limit_predicted = leg.predicted;
        day.limit_bar = leg.realised;
        days.push_back(day);
    }
    return days;
}

}  // namespace tradewind::test

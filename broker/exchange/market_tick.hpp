// How often the exchange's market moves: every tick of an open session has a quote and a trade of
// its own, and the exchange shows some of them, by its speed. Pure; any thread. Source:
// contract 2.4 (at any speed five of each in a real second).
#pragma once

#include <cstdint>

#include "messages/time.hpp"

namespace tradewind::broker {

constexpr std::int64_t kMarketTick = 100 * kMillisecond;

// How far apart quotes are shown at `speed` exchange seconds a real second: the longest divisor of
// a minute that gives nearly six in a real second, five with room for a timer that is late.
[[nodiscard]] constexpr std::int64_t quote_interval_for(double speed) {
    constexpr std::int64_t kDivisors_ms[] = {
        60'000, 30'000, 20'000, 15'000, 12'000, 10'000, 7'500, 6'000, 5'000, 4'000, 3'000, 2'500,
        2'000,  1'500,  1'000,  750,    600,    500,    400,   300,   250,   200,   150};
    for (const auto interval_ms : kDivisors_ms) {
        if (static_cast<double>(interval_ms) <= 170 * speed) return interval_ms * kMillisecond;
    }
    return kMarketTick;
}

}  // namespace tradewind::broker

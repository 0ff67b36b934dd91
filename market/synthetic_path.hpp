// The daily level of the synthetic market: common factors, and each symbol's days. Internal to
// market/.
//
// Equity factor and coin factor: a Markov chain of regimes (calm, normal, turbulent), an
// autoregressive log-volatility that rises after losses, rare jumps. A symbol moves by beta times
// its factor plus its own noise, which clusters in the same way, plus its own jumps (earnings), and
// is pulled slowly towards its base price, so that levels stay plausible over decades. Values are
// logarithms of prices.
#pragma once

#include <cstdint>
#include <vector>

#include "market/calendar.hpp"
#include "messages/counter_random.hpp"
#include "messages/money.hpp"
#include "messages/symbol.hpp"

namespace tradewind::market {

// Purposes of draws, the generator's third key.
enum SyntheticPurpose : std::uint32_t {
    kDrawRegime = 1,
    kDrawFactor,
    kDrawDay,
    kDrawExtremes,
    kDrawMinutePath,
    kDrawMinuteRange,
    kDrawMinuteVolume,
    kDrawSlotPath,
    kDrawSlotPlaces,
    kDrawSlotTrade,
    kDrawCharacter,
};

struct FactorDay {
    double move = 0;
    double stress = 1;  // volatility relative to its usual level
};

// One value per UTC day from kSyntheticOrigin to `last`, inclusive.
struct Factors {
    std::vector<FactorDay> equity;
    std::vector<FactorDay> coin;
};
[[nodiscard]] Factors make_factors(std::uint64_t seed, Date last);

// What kind of instrument a symbol is; fixed by seed and name.
struct SymbolCharacter {
    bool coin = false;
    double base_price = 100;
    double beta = 1;
    double own_volatility = 0.01;  // per day
    double spread = 0.0002;        // fraction of the price
    double day_volume = 1e6;       // units of `volume_unit`
    Price tick;
    std::int64_t volume_unit = 0;  // 1e-9 quantity units in one unit of volume
};
[[nodiscard]] SymbolCharacter character_of(std::uint64_t seed, const Symbol& symbol);

struct SyntheticDay {
    Date date;
    std::int32_t minutes = 0;
    Timestamp open_time;
    double open = 0, high = 0, low = 0, close = 0;  // log prices
    double sigma = 0;                               // of the session
    double high_at = 0, low_at = 0;                 // in minutes, never whole
    double volume = 0;                              // expected, units of volume_unit
};

// The symbol's days from kSyntheticOrigin to `last`, ascending.
[[nodiscard]] std::vector<SyntheticDay> make_days(const CounterRandom& random,
                                                  const SymbolCharacter& character,
                                                  const std::vector<FactorDay>& factor, Date last);

// Two places in (0, 1) where a path from `open` to `close` meets its high and its low, by two
// draws.
struct ExtremePlaces {
    double high, low;
};
[[nodiscard]] ExtremePlaces places_of(double open, double high, double low, double close,
                                      std::array<double, 2> draws);

// High and low of a Brownian path with given ends, by two uniform draws.
struct Range {
    double high, low;
};
[[nodiscard]] Range range_of(double open, double close, double variance,
                             std::array<double, 2> draws);

}  // namespace tradewind::market

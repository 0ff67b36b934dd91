// An instrument: what may be traded, in which steps, under which permissions. Immutable value.
#pragma once

#include <cstdint>

#include "messages/money.hpp"
#include "messages/symbol.hpp"

namespace tradewind {

enum class AssetClass : std::uint8_t {
    generic,    // bar strategies on any series: no session or margin rules
    us_equity,  // NYSE sessions, long and short, whole shares unless fractionable
    crypto,     // 24/7, long only, UTC days
};

enum class TimeInForce : std::uint8_t { day, gtc, ioc, fok, opg, cls };

struct Instrument {
    Symbol symbol{};
    AssetClass asset_class = AssetClass::generic;
    Price tick = Price::from_units(1);
    Quantity lot = Quantity::from_units(10);  // 1e-8
    Money minimum_notional{};
    bool shortable = true;
    bool fractionable = true;
    bool tradable = true;
    // Bit (1 << TimeInForce) set: allowed.
    std::uint8_t times_in_force = 0x3f;

    [[nodiscard]] constexpr bool allows(TimeInForce tif) const {
        return (times_in_force >> static_cast<unsigned>(tif) & 1U) != 0;
    }
};

}  // namespace tradewind

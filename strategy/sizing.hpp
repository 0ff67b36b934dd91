// How much of a pick to enter: the simple sizing rule under the limits of the account's headroom.
//
// Pure. Amounts are decimal from the first line; the only doubles are the fractions of the Kelly
// rule. Nothing here has a default account: a Headroom must be given (I-19). Quantities come back
// floored to whole shares or a thousandth of a coin, then to the instrument's lot; zero means no
// entry, and `limit` names what bound. Source: strategies spec 4.7 (H30, H44).
#pragma once

#include <string>

#include "messages/headroom.hpp"
#include "messages/instrument.hpp"
#include "messages/money.hpp"

namespace tradewind::strategy {

struct SizingSettings {
    Fraction portfolio_threshold = Fraction::of("1.5");  // risk
    Fraction symbol_cap = Fraction::of("0.6");           // of equity, per symbol
    Fraction new_entry_cap = Fraction::of("1.2");        // of equity, all entries of a pass
    Fraction max_intraday_leverage = Fraction::of("1");
    double stock_annual_volatility = 0.25;
    double crypto_annual_volatility = 0.50;
    double expected_daily_return = 0.005;
    // What an entry costs beyond its notional (fees), as a fraction: kept free in buying power.
    Fraction entry_cost;
};

struct SizedEntry {
    Quantity quantity;
    std::string limit;  // what bound it: "simple", "symbol cap", "buying power", "gross limit", ...
};

// get_qty: half Kelly under the per-symbol cap. price > 0.
[[nodiscard]] Quantity kelly_quantity(const Instrument& instrument, Price price,
                                      const Headroom& headroom, const SizingSettings& settings);

// The smaller of the simple rule and get_qty, then cut to the gross room, the buying power and what
// is left of the new-entry cap. `entered` is the notional of the entries already planned in this
// pass. Below the minimum notional the result is zero.
[[nodiscard]] SizedEntry simple_size(const Instrument& instrument, Price price,
                                     const Headroom& headroom, Money entered,
                                     const SizingSettings& settings);

// The headroom after an entry of that notional was planned.
[[nodiscard]] Headroom after_entry(Headroom headroom, Symbol symbol, Money notional,
                                   const SizingSettings& settings);

}  // namespace tradewind::strategy

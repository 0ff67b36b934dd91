// How much of a pick to enter: the simple rule, the Kelly rule or a probe, each under the same
// limits of the account's headroom.
//
// Pure. Amounts are decimal from the first line; the only doubles are the fractions of the Kelly
// rule. Nothing here has a default account: a Headroom must be given (I-19). Quantities come back
// floored to whole shares or a thousandth of a coin, then to the instrument's lot; zero means no
// entry, and `limit` names what bound. Source: strategies spec 4.6, 4.7 (H30, H41, H44).
#pragma once

#include <optional>
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
    Fraction group_cap = Fraction::of("0.8");  // of equity, symbols that move together; 0: none
    double group_correlation = 0.8;            // above it two symbols do
    // Kelly sizes for what is not of the maxdiff family; off: the simple rule for all.
    bool kelly = false;
    std::optional<double> kelly_drawdown_cap;  // the drawdown at which a Kelly size is smallest
    double kelly_drawdown_min_scale = 0;
    // Limit entries beyond so many need projected gross exposure below the leverage threshold.
    std::uint32_t max_watchers = 15;
    Fraction leverage_threshold = Fraction::of("2");
};

// A symbol's row of the correlation data, where there is one.
struct SymbolStatistics {
    double annual_volatility = 0;
    double sharpe = 0;  // per day
};

// What sizing needs to know of the pick beyond instrument and price.
struct EntryFacts {
    std::optional<SymbolStatistics> statistics;
    bool kelly_branch = false;   // not of the maxdiff family
    double kelly_fraction = 0;   // kelly_lite of the row
    double kelly_scale = 1;      // the symbol's own factor
    double drawdown = 0;         // of the account
    bool probe = false;          // the minimum, whatever the rules give
    bool limit_entry = false;    // works at a limit: counts as a watcher
    std::uint32_t watchers = 0;  // limit entries already planned or at work
    // Exposure of the symbols that move with this one, itself included; none: no group.
    std::optional<Money> group_exposure;
};

struct SizedEntry {
    Quantity quantity;
    std::string limit;  // what bound it: "simple", "symbol cap", "buying power", "gross limit", ...
};

// get_qty: half Kelly under the per-symbol cap. price > 0. Statistics that are no numbers give the
// fallback: half of the buying power (leveraged for stocks) within the cap.
[[nodiscard]] Quantity kelly_quantity(const Instrument& instrument, Price price,
                                      const Headroom& headroom, const SizingSettings& settings,
                                      const std::optional<SymbolStatistics>& statistics = {});

// The smaller of the simple rule and get_qty, then cut to the gross room, the buying power and what
// is left of the new-entry cap. `entered` is the notional of the entries already planned in this
// pass. Below the minimum notional the result is zero.
[[nodiscard]] SizedEntry simple_size(const Instrument& instrument, Price price,
                                     const Headroom& headroom, Money entered,
                                     const SizingSettings& settings);

// By the rule that the facts name, then cut to every limit of the portfolio: symbol cap, buying
// power, gross room, new-entry cap, correlated group, room of further watchers. No rule escapes a
// limit (H30, H44).
[[nodiscard]] SizedEntry size_entry(const Instrument& instrument, Price price,
                                    const Headroom& headroom, Money entered,
                                    const EntryFacts& facts, const SizingSettings& settings);

// The headroom after an entry of that notional was planned.
[[nodiscard]] Headroom after_entry(Headroom headroom, Symbol symbol, Money notional,
                                   const SizingSettings& settings);

}  // namespace tradewind::strategy

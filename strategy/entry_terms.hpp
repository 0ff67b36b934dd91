// The terms on which a pass enters: prices and how they are rounded, both sides or one, how large,
// how often, and which entries do not wait for their price.
//
// Pure; any thread. Pointers point into the caller's symbols. Source: strategies
// spec 3.3, 4.7, 4.8.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "strategy/correlation.hpp"
#include "strategy/forecast_portfolio.hpp"

namespace tradewind::strategy {

// A model's price that may become an order's.
[[nodiscard]] bool is_price(double value);

// On the instrument's tick, rounded away from crossing.
[[nodiscard]] Price passive(const Instrument& instrument, Price price, Side side);

// Always on, where both sides may be entered: two entries wait, one on each side, and a position of
// either may stay. A coin, a share that may not be shorted and a symbol with a side map of one side
// have the one leg of their choice.
[[nodiscard]] bool on_both_sides(const AnalysisRow& row, const Instrument& instrument,
                                 const ForecastPortfolioSettings& settings);

// Why the second leg does not stand beside the first; empty: it does. The gateway wants 3 bp
// between working limits of both sides, and 10 bp between an entry and a fill of the other side
// within the last 45 minutes (I-9, I-10): the legs are as far apart as both ask.
[[nodiscard]] std::string leg_failure(const BracketPrices& first, const BracketPrices& other,
                                      Side first_side);

// The first of the two that the instrument allows; the second where it does not allow the first.
[[nodiscard]] TimeInForce first_allowed(const Instrument& instrument, TimeInForce preferred,
                                        TimeInForce otherwise);

// Makes an order of the intent that takes the market as it is: shares by market order, coins by an
// immediate limit at the touch.
void take_touch(Intent& wanted, const PassSymbol& symbol);

// Makes a limit entry of the intent, with its exit plan.
void set_bracket(Intent& wanted, const PassSymbol& symbol, const BracketPrices& prices,
                 const ForecastPortfolioSettings& settings);

// Entries that are sent at once: the always-on picks of the highest average return, the best coins
// while the exchange is closed. `entries` in order of their forecast P&L.
[[nodiscard]] std::set<Symbol> immediate_entries(const std::vector<const PassSymbol*>& entries,
                                                 const PassInput& input,
                                                 const ForecastPortfolioSettings& settings);

// The symbol's own limit of entries a day is reached.
[[nodiscard]] bool entered_too_often(const AnalysisRow& row, const PassInput& input,
                                     const ForecastPortfolioSettings& settings);

// Symbols that move together, among those held and those that want to enter.
[[nodiscard]] CorrelatedGroups entry_groups(const std::vector<const PassSymbol*>& symbols,
                                            const std::vector<const PassSymbol*>& entries,
                                            const Headroom& headroom,
                                            const ForecastPortfolioSettings& settings);

// Sizing with the symbol's own settings and the day's threshold; fees stay free in buying power.
[[nodiscard]] SizingSettings entry_sizing(const AnalysisRow& row, const PassInput& input,
                                          const ForecastPortfolioSettings& settings);

}  // namespace tradewind::strategy

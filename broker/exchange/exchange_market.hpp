// What the embedded exchange's prices are: a pure function of (symbol, time), so that the exchange
// can go on after a restart, and replay its journal, without storing a single price.
//
// Immutable; any thread. Implementations: continued_market.hpp (sample history continued by the
// synthetic market, or the synthetic market alone).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "market/calendar.hpp"
#include "messages/bar.hpp"
#include "messages/instrument.hpp"
#include "messages/quote.hpp"

namespace tradewind::broker {

class ExchangeMarket {
  public:
    virtual ~ExchangeMarket() = default;

    [[nodiscard]] virtual const std::vector<Symbol>& symbols() const = 0;  // ascending
    // The symbol is one of symbols() from here on.
    [[nodiscard]] virtual const Instrument& instrument(const Symbol& symbol) const = 0;
    [[nodiscard]] virtual market::TradingCalendar calendar(const Symbol& symbol) const = 0;
    // Best bid and ask in force; outside a session the last ones of the session before.
    [[nodiscard]] virtual Quote quote_at(const Symbol& symbol, Timestamp time) const = 0;
    // The trade at that time, if one happens.
    [[nodiscard]] virtual std::optional<Trade> trade_at(const Symbol& symbol,
                                                        Timestamp time) const = 0;
    // The price of the newest trade slot at or before `time`.
    [[nodiscard]] virtual Price price_at(const Symbol& symbol, Timestamp time) const = 0;
    // The minute bar that starts at `start`; empty outside sessions.
    [[nodiscard]] virtual std::optional<Bar> minute_bar(const Symbol& symbol,
                                                        Timestamp start) const = 0;
    // The bar of that exchange date; recorded bars before generated ones.
    [[nodiscard]] virtual std::optional<Bar> daily_bar(const Symbol& symbol, Date date) const = 0;
    // The recorded bars the market continues; null where there are none.
    [[nodiscard]] virtual BarSeriesPtr history(const Symbol& symbol) const = 0;
    // All that the prices depend on besides the program, as text; kept in the exchange's store.
    [[nodiscard]] virtual std::string terms() const = 0;
};

}  // namespace tradewind::broker

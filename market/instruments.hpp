// Instruments: the asset class that a symbol's spelling implies, the default trading rules of each
// class, and a table of instruments that a file (market/catalog/instruments_file.hpp) or a broker
// fills. Pure values; any thread. Source: contract 2.1 and 3, strategies spec 0.3, 4.9.
#pragma once

#include <map>
#include <optional>
#include <string_view>

#include "market/calendar.hpp"
#include "messages/asset_class.hpp"
#include "messages/instrument.hpp"
#include "messages/symbol.hpp"

namespace tradewind::market {

using tradewind::asset_class_of;
using tradewind::is_iso_currency;

[[nodiscard]] std::optional<AssetClass> asset_class_named(std::string_view text);
[[nodiscard]] const char* to_text(AssetClass asset_class);  // "us_equity", "crypto", "generic"

// generic: tick 1e-9, lot 1e-8, shortable, all times in force, no minimum notional.
// us_equity: tick by price (tick_at), lot 1 share, minimum notional 1, all times in force.
// crypto: tick 1e-9, lot 1e-9, minimum notional 10, long only, gtc and ioc.
[[nodiscard]] Instrument default_instrument(const Symbol& symbol, AssetClass asset_class);

// The tick in force at a price: stocks have 0.01 from 1 dollar up and 0.0001 below (where their
// tick is the default one), all else the instrument's tick.
[[nodiscard]] Price tick_at(const Instrument& instrument, Price price);
// Rounded away from crossing: a buy down, a sell up.
enum class Passive : std::uint8_t { buy, sell };
[[nodiscard]] Price passive_price(const Instrument& instrument, Price price, Passive side);

// The step in which the portfolio sizes a position: the lot, but whole shares for stocks that are
// not fractionable and three decimals for coins.
[[nodiscard]] Quantity sizing_lot(const Instrument& instrument);

// Instruments that somebody stated, by symbol; all others have the default of their class.
class InstrumentTable {
  public:
    void set(const Instrument& instrument);
    [[nodiscard]] const Instrument* find(const Symbol& symbol) const;
    // The stated instrument, or the default of asset_class_of(symbol).
    [[nodiscard]] Instrument get(const Symbol& symbol) const;
    // The same for bar strategies, whose unstated instruments are generic.
    [[nodiscard]] Instrument get_generic(const Symbol& symbol) const;
    // The calendar of the symbol's bars. An instrument stated as generic keeps the calendar that
    // its spelling implies.
    [[nodiscard]] TradingCalendar calendar(const Symbol& symbol) const;
    [[nodiscard]] bool empty() const { return instruments_.empty(); }
    [[nodiscard]] const std::map<Symbol, Instrument>& all() const { return instruments_; }

  private:
    std::map<Symbol, Instrument> instruments_;
};

}  // namespace tradewind::market

// A seeded synthetic market: bars, quotes and trades that belong together.
//
// What it shows: market regimes, volatility clustering, jumps, overnight gaps, spreads, the
// intraday shape of volume and volatility, and symbols correlated through common factors. Stocks
// trade NYSE sessions, coins UTC days.
//
// Everything is a function of (seed, symbol, time) alone: no value depends on what was asked
// before, on which other symbols exist, or on the range asked for. A day's state (open, high, low,
// close and when the extremes occur) comes from a daily path that starts at kSyntheticOrigin and is
// computed in the constructor (about 5 ms a symbol); minutes hang below the day, trades below the
// minute, each in O(log n) draws. So the trades of a minute aggregate to its bar exactly (open,
// high, low, close, volume, count), and minutes to the day. A trade's price is the bid or the ask
// of the quote at its time. Costs: a quote about 1 us, a minute bar about 1 us, a daily bar about
// 20 us.
//
// Immutable after construction; every method may be called from any thread. Unknown symbols and
// times outside [kSyntheticOrigin, last_day] throw Error (data).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "market/calendar.hpp"
#include "messages/bar.hpp"
#include "messages/quote.hpp"

namespace tradewind::market {

constexpr Date kSyntheticOrigin{10592};                           // 1999-01-01
constexpr std::int64_t kSyntheticTradeSlot = 200 * kMillisecond;  // at most one trade in each

struct SyntheticOptions {
    std::uint64_t seed = 1;
    std::vector<Symbol> symbols;
    Date last_day;  // inclusive
};

class SyntheticMarket {
  public:
    explicit SyntheticMarket(const SyntheticOptions& options);
    ~SyntheticMarket();
    SyntheticMarket(SyntheticMarket&&) noexcept;
    SyntheticMarket& operator=(SyntheticMarket&&) noexcept;

    [[nodiscard]] const std::vector<Symbol>& symbols() const;
    [[nodiscard]] TradingCalendar calendar(const Symbol& symbol) const;

    // The daily bar of a session; empty where the symbol has none that day.
    [[nodiscard]] std::optional<Bar> daily_bar(const Symbol& symbol, Date date) const;
    // Its prices alone, without volume and trade count: about 100 ns.
    [[nodiscard]] std::optional<Bar> daily_prices(const Symbol& symbol, Date date) const;
    // The minute bar that starts at `start` (a whole minute of an open session), else empty.
    [[nodiscard]] std::optional<Bar> minute_bar(const Symbol& symbol, Timestamp start) const;

    // Bars whose start lies in [from, to). Ascending.
    [[nodiscard]] std::vector<Bar> daily_bars(const Symbol& symbol, Timestamp from,
                                              Timestamp to) const;
    [[nodiscard]] std::vector<Bar> minute_bars(const Symbol& symbol, Timestamp from,
                                               Timestamp to) const;
    [[nodiscard]] BarSeriesPtr daily_series(const Symbol& symbol, Date from, Date to) const;
    [[nodiscard]] BarSeriesPtr minute_series(const Symbol& symbol, Timestamp from,
                                             Timestamp to) const;

    // Best bid and ask in force at `time`; outside a session the last one of the session before.
    // `time` of the quote is the start of its slot.
    [[nodiscard]] Quote quote_at(const Symbol& symbol, Timestamp time) const;
    // The trade of the slot that holds `time`; empty outside sessions and where nothing traded.
    [[nodiscard]] std::optional<Trade> trade_at(const Symbol& symbol, Timestamp time) const;
    // The price of the newest slot at or before `time`, traded or not.
    [[nodiscard]] Price price_at(const Symbol& symbol, Timestamp time) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// The default universe of the forecast portfolio and the symbols that examples use.
[[nodiscard]] std::vector<Symbol> default_synthetic_symbols();

}  // namespace tradewind::market

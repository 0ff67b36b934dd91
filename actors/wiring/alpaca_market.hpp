// Alpaca's market as a daemon's venues see it: clock, assets, history, feed. Both a venue on the
// broker's account and one on an own account stand on it.
//
// Used by one thread before any actor; each request blocks until it is answered. Throws
// VenueUnreachable while the broker does not answer, Error (unavailable) where it refuses the keys,
// Error (data) for a symbol it does not have. Source: contract 5 and 9, architecture 3.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "actors/wiring/paper.hpp"
#include "actors/wiring/trading_venue.hpp"
#include "broker/alpaca/alpaca_settings.hpp"
#include "broker/alpaca/exchange_clock.hpp"
#include "broker/alpaca/market_feed.hpp"
#include "broker/alpaca/trading_client.hpp"
#include "market/catalog/fetched_bars.hpp"
#include "strategy/strategy.hpp"

namespace tradewind::actors {

class AlpacaMarket {
  public:
    // Reads the clock. `budget` is the account's, over all attempts to open it; `options` outlives
    // the object.
    AlpacaMarket(const broker::alpaca::AlpacaSettings& settings,
                 broker::alpaca::SharedBudgetPtr budget, const PaperOptions& options);

    [[nodiscard]] const broker::alpaca::AlpacaSettings& settings() const { return settings_; }
    [[nodiscard]] const broker::alpaca::SharedBudgetPtr& budget() const { return budget_; }
    [[nodiscard]] std::shared_ptr<broker::alpaca::ExchangeClock> clock() const { return clock_; }
    // For one request: waits until the budget has room for it.
    [[nodiscard]] broker::alpaca::TradingClient& client();
    [[nodiscard]] Timestamp time() const;

    // The value of an answer, or the error that the answer is.
    template <class Value>
    [[nodiscard]] Value need(broker::alpaca::Answer<Value> answer) const {
        if (!answer.value) fail(answer.keys_refused, answer.reason);
        return std::move(*answer.value);
    }

    // The symbols that are asked for, and the `others` (held, or with orders), which are valued and
    // never traded. Of the others one that the broker does not have (any more) gets no data.
    void read_symbols(const std::set<Symbol>& others);
    [[nodiscard]] const std::vector<strategy::SymbolInfo>& symbols() const { return symbols_; }
    [[nodiscard]] bool trades(const Symbol& symbol) const;

    // From STATE/bars, and by the network what is missing there.
    [[nodiscard]] std::vector<BarSeriesPtr> history(
        const std::vector<strategy::SymbolInfo>& symbols, HistoryWanted wanted);
    // The last close of the history; zero: none.
    [[nodiscard]] Price last_close(const Symbol& symbol) const;

    // From the history's end on.
    [[nodiscard]] std::unique_ptr<broker::alpaca::MarketFeed> open_feed() const;

  private:
    [[noreturn]] void fail(bool keys_refused, const std::string& reason) const;
    [[nodiscard]] market::FetchedBars::Bars fetch(const std::vector<Symbol>& symbols,
                                                  market::FetchSpan span,
                                                  market::FetchedKind kind) const;
    [[nodiscard]] Instrument instrument_of(const Symbol& symbol,
                                           const broker::alpaca::WireAsset& asset) const;

    broker::alpaca::AlpacaSettings settings_;
    const PaperOptions& options_;
    broker::alpaca::SharedBudgetPtr budget_;
    std::shared_ptr<broker::alpaca::ExchangeClock> clock_;
    broker::alpaca::TradingClient client_;
    std::vector<strategy::SymbolInfo> symbols_;
    std::set<Symbol> gone_;  // the broker does not have them any more
    std::map<Symbol, Timestamp> newest_minute_;
    std::map<Symbol, Price> closes_;
};

}  // namespace tradewind::actors

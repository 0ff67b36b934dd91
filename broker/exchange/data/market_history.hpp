// The past of the simulated exchange's market, walked item by item: bars of every timeframe,
// quotes, trades, and what a snapshot shows.
//
// Bars carry the service's labels in `start`: minutes and hours count from midnight at the
// exchange, a day is its midnight (New York; coins UTC), a week its Monday, a month its first day.
// Only minutes that ended by `now` count. A longer bar that has begun is there as far as it goes; a
// day, week or month holds all its ended minutes. Bars without a recorded vwap carry the typical
// price (high + low + close) / 3, longer ones the volume-weighted mean of their minutes or days.
//
// Everything follows from (market, now): only the cost of a call depends on calls before, because
// ended days and the running day are kept. One owner, one thread. Source: broker protocol 3.1, 3.2.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>

#include "broker/exchange/data/data_query.hpp"
#include "broker/exchange/exchange_market.hpp"

namespace tradewind::broker {

struct HistoryRange {
    Timestamp from;  // both inclusive
    Timestamp to;
    bool descending = false;
};

struct MarketSnapshot {
    std::optional<Trade> latest_trade;
    std::optional<Quote> latest_quote;
    std::optional<Bar> minute_bar;
    std::optional<Bar> daily_bar;  // of the newest session that has begun
    std::optional<Bar> previous_daily_bar;
};

class MarketHistory {
  public:
    // `market` outlives this.
    explicit MarketHistory(const ExchangeMarket& market) : market_(market) {}

    // Hand each item in the range to `visit` until it returns false. The symbol is the market's.
    void bars(const Symbol& symbol, Timeframe timeframe, HistoryRange range, Timestamp now,
              const std::function<bool(const Bar&)>& visit);
    void quotes(const Symbol& symbol, HistoryRange range, Timestamp now,
                const std::function<bool(const Quote&)>& visit) const;
    void trades(const Symbol& symbol, HistoryRange range, Timestamp now,
                const std::function<bool(const Trade&)>& visit) const;

    [[nodiscard]] std::optional<Trade> latest_trade(const Symbol& symbol, Timestamp now) const;
    [[nodiscard]] std::optional<Quote> latest_quote(const Symbol& symbol, Timestamp now) const;
    [[nodiscard]] std::optional<Bar> latest_bar(const Symbol& symbol, Timestamp now) const;
    [[nodiscard]] MarketSnapshot snapshot(const Symbol& symbol, Timestamp now);

    // The bar of an exchange date as far as it goes; empty before its first minute has ended.
    [[nodiscard]] std::optional<Bar> day(const Symbol& symbol, Date date, Timestamp now);

    [[nodiscard]] const ExchangeMarket& market() const { return market_; }

  private:
    struct DayKey {
        Symbol symbol;
        Date date;
        friend bool operator==(const DayKey&, const DayKey&) = default;
    };
    struct DayHash {
        std::size_t operator()(const DayKey& key) const noexcept {
            return std::hash<Symbol>()(key.symbol) * 31 + static_cast<std::size_t>(key.date.days);
        }
    };
    // Bars joined into one.
    struct Join {
        Bar bar;
        double weighted = 0;  // vwap x volume
        bool empty = true;
        void add(const Bar& part);
        [[nodiscard]] Bar joined(Timestamp label) const;
    };
    struct Running {
        Date date;
        Timestamp next;  // first minute not yet in
        Join join;
    };
    void intraday(const Symbol& symbol, std::int64_t step_ns, HistoryRange range, Timestamp now,
                  const std::function<bool(const Bar&)>& visit) const;
    void days(const Symbol& symbol, Timeframe timeframe, HistoryRange range, Timestamp now,
              const std::function<bool(const Bar&)>& visit);
    [[nodiscard]] std::optional<Bar> minute(const Symbol& symbol, Timestamp start) const;
    [[nodiscard]] std::optional<Bar> ended_day(const Symbol& symbol, Date date, Timestamp now);
    [[nodiscard]] std::optional<Bar> running_day(const Symbol& symbol,
                                                 const market::Session& session, Timestamp now);

    const ExchangeMarket& market_;
    std::unordered_map<DayKey, std::optional<Bar>, DayHash> ended_days_;
    std::map<Symbol, Running> running_days_;
};

// The label of a daily bar: midnight at the exchange.
[[nodiscard]] Timestamp day_label(market::TradingCalendar calendar, Date date);

}  // namespace tradewind::broker

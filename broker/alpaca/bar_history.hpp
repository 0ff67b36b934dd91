// Bars by REST: several symbols and pages at a time, and what a calendar says is missing.
//
// fetch() blocks; it uses up to `history_workers` connections of its own, each on a thread of its
// own, and a budget that keeps below the broker's limit. interrupt() may come from any thread.
// Pages end anywhere; they are merged by symbol and time, the newest answer for a start wins. An
// answer is complete or says why it is not; symbols without bars are absent. Source: broker
// protocol 3, contract 9 (Connections).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "broker/alpaca/http_connection.hpp"
#include "broker/alpaca/market_json.hpp"
#include "broker/alpaca/trading_client.hpp"
#include "market/calendar.hpp"
#include "messages/instrument.hpp"

namespace tradewind::broker::alpaca {

struct BarQuery {
    std::vector<Symbol> symbols;  // of one asset class
    AssetClass asset_class = AssetClass::us_equity;
    bool daily = false;  // else minute bars
    Timestamp from;      // starts in [from, to]
    Timestamp to;
    bool adjusted = false;  // splits and dividends taken out
};

struct BarAnswer {
    std::map<Symbol, std::vector<Bar>> bars;  // ascending starts
    std::string fault;                        // empty: complete
};

class BarHistory {
  public:
    explicit BarHistory(const AlpacaSettings& settings);
    ~BarHistory();

    [[nodiscard]] BarAnswer fetch(const BarQuery& query);
    void interrupt();

  private:
    void work(const BarQuery& query, HttpConnection& connection);
    [[nodiscard]] std::string fetch_group(const BarQuery& query, const std::vector<Symbol>& group,
                                          HttpConnection& connection);
    [[nodiscard]] HttpReply patiently(HttpConnection& connection, const std::string& target);

    AlpacaSettings settings_;
    SharedBudgetPtr budget_;
    std::atomic<bool> stop_ = false;
    std::mutex mutex_;  // of what follows
    std::vector<std::unique_ptr<HttpConnection>> connections_;
    std::vector<std::vector<Symbol>> groups_;
    BarAnswer answer_;
};

// Sessions in [from, to] without a daily bar.
[[nodiscard]] std::vector<Date> missing_sessions(const std::vector<Bar>& daily,
                                                 market::TradingCalendar calendar, Date from,
                                                 Date to);

// A daily bar's place in time, from the start that the broker gives it: its session.
void place_daily(Bar& bar, market::TradingCalendar calendar);

}  // namespace tradewind::broker::alpaca

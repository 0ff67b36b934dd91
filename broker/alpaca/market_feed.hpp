// The market as Alpaca tells it: quotes, minute bars without gaps, sessions, daily bars.
//
// Owns the data streams (stocks, coins; one socket each) and one thread that fetches what streams
// do not bring: the minutes between the history and the first live bar and those of each
// reconnection, before any newer bar is handed over; and the day's bar once a session has ended.
// Quotes are coalesced (the newest of a symbol); bars never are. Fetched minutes are marked late:
// they count in averages and decide nothing. take() is for one thread and never blocks. Source:
// architecture 3 (feed), contract 9 (Connections), broker protocol 3 and 4.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "broker/alpaca/bar_history.hpp"
#include "broker/alpaca/data_stream.hpp"
#include "broker/alpaca/exchange_clock.hpp"
#include "messages/step.hpp"

namespace tradewind::broker::alpaca {

struct FeedTerms {
    std::map<Symbol, AssetClass> symbols;
    std::map<Symbol, Timestamp> newest_minute;    // start of the newest bar of the history
    std::function<void(const std::string&)> log;  // any thread
};

struct FeedBatch {
    std::vector<SessionEvent> sessions;  // each at its time
    std::vector<Timestamp> session_times;
    std::vector<std::pair<Symbol, Bar>> minutes;
    std::vector<Quote> quotes;
    std::vector<std::pair<Symbol, Bar>> daily;
};

class MarketFeed {
  public:
    MarketFeed(const AlpacaSettings& settings, FeedTerms terms,
               std::shared_ptr<ExchangeClock> clock);
    ~MarketFeed();
    MarketFeed(const MarketFeed&) = delete;
    MarketFeed& operator=(const MarketFeed&) = delete;

    // What happened since the last call; `now` never falls.
    [[nodiscard]] FeedBatch take(Timestamp now);
    // Every stream is subscribed and has no minutes to fetch.
    [[nodiscard]] bool complete() const;
    // Why it is not.
    [[nodiscard]] std::string reason() const;

  private:
    struct Line {  // one stream and its symbols
        AssetClass asset_class = AssetClass::us_equity;
        std::vector<Symbol> symbols;
        bool subscribed = false;
        bool filling = true;  // minutes are being fetched: live ones wait
        std::string reason = "not subscribed yet";
        std::vector<std::pair<Symbol, Bar>> waiting;
        std::unique_ptr<DataStream> stream;
    };

    void open_line(const AlpacaSettings& settings, AssetClass asset_class);
    void take_message(Line& line, const DataMessage& message);
    void push(std::function<void()> job);
    void run();
    void fill(Line& line);
    void fetch_day(AssetClass asset_class, Date date);
    bool add_minute(const Symbol& symbol, const Bar& bar);  // under mutex_
    void cross(market::TradingCalendar calendar, Timestamp from, Timestamp to, FeedBatch& batch);
    void pause(std::int64_t pause_ns);

    FeedTerms terms_;
    std::shared_ptr<ExchangeClock> clock_;
    BarHistory history_;
    Timestamp taken_;  // of the last take()

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> jobs_;
    std::map<Symbol, Timestamp> newest_minute_;
    std::map<Symbol, Quote> quotes_;
    std::vector<std::pair<Symbol, Bar>> minutes_;
    std::vector<std::pair<Symbol, Bar>> daily_;
    std::atomic<bool> stop_ = false;
    std::vector<std::unique_ptr<Line>> lines_;
    std::thread thread_;
};

}  // namespace tradewind::broker::alpaca

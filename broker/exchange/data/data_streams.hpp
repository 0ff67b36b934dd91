// The market data streams of the simulated exchange: who is connected, what each wants, and the
// messages that the exchange's events become.
//
// A connection is told `connected`, authenticates (by message, or by the headers of its upgrade)
// within the time limit, subscribes, and gets frames in the codec of its upgrade's content type.
// Every symbol's messages are encoded once per codec, however many want them. A connection whose
// queue grows beyond the limit is a slow client: it is told so and closed. Minute bars, running day
// bars and price bands go out when the exchange's minute ends; updated bars 30 s of its time after
// the minute, where delay_part_of_next_bar() asked for one; a coin's first order book is whole, the
// next ones hold what changed. `*` subscribes to all symbols.
//
// One owner, one thread (the server's I/O thread); outlives its sessions. Source: broker protocol
// 4, 8.5 to 8.8, contract 2.4.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/exchange/data/market_history.hpp"
#include "broker/exchange/data/stream_codec.hpp"
#include "broker/exchange/data/stream_subscription.hpp"
#include "broker/exchange/embedded_exchange.hpp"
#include "broker/exchange/server/stream_session.hpp"

namespace tradewind::broker {

struct StreamLimits {
    std::size_t connections = 1;  // of one account at one endpoint; 0: any number
    std::size_t symbols = 0;      // of trades and quotes together; 0: any number
    std::chrono::milliseconds authentication{10'000};
    std::size_t queued_bytes = 16 * 1024 * 1024;  // more is a slow client
};

// What a stream needs of its surroundings.
struct StreamServices {
    // The account of a key pair; empty: not valid.
    std::function<std::string(std::string_view key, std::string_view secret)> authenticate;
    // Runs a task on this thread after some steady time.
    std::function<void(std::chrono::milliseconds, std::function<void()>)> schedule{};
    // True: the script has a fault of this kind for the symbol's bar, `missing_bar` or
    // `updated_bar`. Empty: no script.
    std::function<bool(std::string_view kind, const Symbol& symbol)> fault{};
};

struct StreamEndpoint {
    std::string name;  // connections are counted by it
    StreamKind kind = StreamKind::stocks;
    bool permitted = true;  // false: authentication ends with 409
};

class DataStreamSession;

class DataStreams {
  public:
    DataStreams(const ExchangeMarket& market, StreamServices services, StreamLimits limits = {});
    ~DataStreams();
    DataStreams(const DataStreams&) = delete;
    DataStreams& operator=(const DataStreams&) = delete;

    // The session of an accepted upgrade. `account`: of the upgrade's headers, empty without any.
    // `refused_headers`: there were some, and they were wrong.
    [[nodiscard]] std::unique_ptr<StreamSession> open(StreamPeer& peer, StreamEndpoint endpoint,
                                                      StreamCodec codec, std::string account,
                                                      bool refused_headers);
    // Sends what the events are to those who want it.
    void publish(const std::vector<ExchangeEvent>& events);
    // A trading status to those who want it: a halt, or its end.
    void publish_status(const Symbol& symbol, Timestamp time, bool halted);
    // The next minute bar of the symbol lacks a trade, and is updated 30 s later.
    void delay_part_of_next_bar(const Symbol& symbol) { incomplete_.insert(symbol); }

    [[nodiscard]] StreamLimits& limits() { return limits_; }
    [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
    [[nodiscard]] std::uint64_t messages_sent() const { return messages_sent_; }

  private:
    friend class DataStreamSession;
    using MakeMessage = std::function<DataJson(TimeForm)>;

    [[nodiscard]] StreamKind kind_of(const Symbol& symbol) const;
    [[nodiscard]] bool is_wanted(StreamKind kind, StreamChannel channel,
                                 const Symbol& symbol) const;
    void send(StreamKind kind, StreamChannel channel, const Symbol& symbol,
              const MakeMessage& make);
    void publish_bar(const BarClosed& closed);
    void publish_book(const Quote& quote);
    void publish_updates(Timestamp time);
    void flush();

    const ExchangeMarket& market_;
    MarketHistory history_;
    StreamServices services_;
    StreamLimits limits_;
    std::vector<DataStreamSession*> sessions_;  // in order of connecting
    std::map<std::pair<std::string, std::string>, std::size_t> connections_;
    std::unordered_map<Symbol, Quote> last_quotes_;
    std::unordered_map<Symbol, OrderBook> last_books_;
    std::set<Symbol> incomplete_;
    std::multimap<Timestamp, BarClosed> updates_;  // by the time they are due
    std::uint64_t messages_sent_ = 0;
};

}  // namespace tradewind::broker

// One market-data WebSocket: quotes and minute bars of its symbols, for as long as
// it is owned.
//
// Has a thread of its own; the sink's functions are called on it. A feed that is silent for
// `silence_ms` while the market is open is reconnected, whatever its pongs say; on a closed market
// silence is no reason. Where the plan allows fewer symbols, quotes are asked for as many as it
// takes; bars always for all. Nothing is replayed by the broker: after each `subscribed` the owner
// fetches what is missing. Source: broker protocol 4 and pitfalls 1, 2; contract 9.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/alpaca/market_json.hpp"
#include "broker/alpaca/stream_thread.hpp"
#include "messages/instrument.hpp"

namespace tradewind::broker::alpaca {

struct DataStreamSink {
    std::function<void(const DataMessage&)> data;  // quotes, minute and updated bars, statuses
    std::function<void()> subscribed;
    std::function<void(const std::string& reason)> down;
    std::function<void(const std::string& remark)> remark;
    std::function<bool()> market_open;  // by the broker's clock, for these symbols
};

struct DataStreamTerms {
    std::string name;  // "stock data", "crypto data"
    Address address;
    std::string path;  // after the address's own: "/v2/iex"
    AssetClass asset_class = AssetClass::us_equity;
    std::vector<Symbol> symbols;
};

class DataStream {
  public:
    DataStream(const AlpacaSettings& settings, DataStreamTerms terms, DataStreamSink sink);

  private:
    TalkEnd talk(WebSocket& socket, const std::function<void()>& works);
    TalkEnd follow(WebSocket& socket, const std::function<void()>& works);
    // Empty: go on.
    std::optional<TalkEnd> take(const DataMessage& message, WebSocket& socket,
                                const std::function<void()>& works);
    [[nodiscard]] std::string subscription() const;

    Keys keys_;
    std::int64_t timeout_ms_;
    std::int64_t silence_ms_;
    DataStreamTerms terms_;
    DataStreamSink sink_;
    std::size_t quoted_;  // symbols whose quotes are asked for
    bool subscribed_ = false;
    std::unique_ptr<StreamThread> thread_;
};

}  // namespace tradewind::broker::alpaca

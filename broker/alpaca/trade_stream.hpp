// The broker's stream of order updates (/stream): authorised, listening, and again after each loss.
//
// Has a thread of its own; the sink's functions are called on it. Updates are a hint, REST is the
// truth: after each `listening` the owner reads what the stream may have missed. A frame that
// cannot be read is counted and left out; the connection goes on. Source: broker protocol 5 and
// pitfalls 1 to 4, contract 9.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "broker/alpaca/stream_thread.hpp"
#include "broker/alpaca/wire_values.hpp"

namespace tradewind::broker::alpaca {

struct TradeStreamSink {
    std::function<void(TradeUpdate)> update;
    std::function<void()> listening;
    std::function<void(const std::string& reason)> down;
    std::function<void(const std::string& remark)> remark;  // what was not understood
};

class TradeStream {
  public:
    TradeStream(const AlpacaSettings& settings, TradeStreamSink sink);

    // The stream is doubted (an update did not come): connects again.
    void reconnect() { thread_->reconnect(); }

  private:
    TalkEnd talk(WebSocket& socket, const std::function<void()>& works);
    TalkEnd listen(WebSocket& socket, const std::function<void()>& works);

    Keys keys_;
    std::int64_t timeout_ms_;
    TradeStreamSink sink_;
    std::unique_ptr<StreamThread> thread_;
};

}  // namespace tradewind::broker::alpaca

// One client WebSocket: opened once, read with time-outs, never shared.
//
// Owned and used by one thread; interrupt() alone may come from any other. A read that times out
// leaves the connection as it is. Pings leave by themselves, and a peer that does not answer them
// ends the connection; that a peer answers pings says nothing of its data (trade_stream.hpp,
// data_stream.hpp watch that). Messages above kMaximumFrame end it too. Errors are results. Source:
// broker protocol 4 and 5, pitfall 1.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "broker/alpaca/alpaca_settings.hpp"

namespace tradewind::broker::alpaca {

struct UpgradeReply {
    bool open = false;
    unsigned status = 0;  // of a refused upgrade; 0: no answer
    std::optional<std::int64_t> retry_after_s;
    std::string fault;
};

struct FrameReply {
    enum class Outcome : std::uint8_t { message, timed_out, closed };
    Outcome outcome = Outcome::closed;
    std::string text;
    std::string fault;  // of closed
};

class WebSocket {
  public:
    // `path` follows the address's own.
    WebSocket(Address address, std::string path, const AlpacaSettings& limits);
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    [[nodiscard]] UpgradeReply open();
    // As a text frame. False: the connection is gone.
    [[nodiscard]] bool send(const std::string& text);
    [[nodiscard]] FrameReply read(std::int64_t timeout_ms);
    // Ends whatever is under way and every later call; any thread.
    void interrupt();

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tradewind::broker::alpaca

// WebSockets of the simulated exchange, apart from sockets: what the server says on one connection
// (StreamSession, written by each stream) and how it gets there (StreamPeer, given by the server).
//
// Everything runs on the server's I/O thread. A session is made when the upgrade has been accepted
// and destroyed when the connection is gone; its peer outlives it. Pings are answered by the server
// itself, however long the queue is. Messages arrive whole, fragments put together; one larger than
// the server's limit closes the connection. Source: broker protocol 4.2, 4.4, 5.1, 8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "broker/exchange/server/http_message.hpp"

namespace tradewind::broker {

enum class FrameKind : std::uint8_t { text, binary };
using FrameText = std::shared_ptr<const std::string>;  // shared by all connections it goes to

class StreamPeer {
  public:
    virtual ~StreamPeer() = default;
    // Queues a message; nothing happens once the connection is closing.
    virtual void send(FrameText message, FrameKind kind) = 0;
    void send(std::string message, FrameKind kind) {
        send(std::make_shared<const std::string>(std::move(message)), kind);
    }
    // Closes after what is queued has been sent.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;
    // Queued and not yet taken by the network: what a slow client is told by.
    [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
};

class StreamSession {
  public:
    virtual ~StreamSession() = default;
    virtual void on_open() {}
    virtual void on_message(std::string_view message, FrameKind kind) = 0;
    // The account that has authenticated; empty: none has.
    [[nodiscard]] virtual std::string_view account() const = 0;
    // The authentication no longer counts: says so as its stream does, and closes.
    virtual void expire() = 0;
};

// Makes the session, or answers the upgrade with an HTTP error (429: too many connections).
using StreamOffer = std::variant<std::unique_ptr<StreamSession>, HttpAnswer>;
using StreamFactory = std::function<StreamOffer(StreamPeer& peer, const HttpRequest& upgrade)>;

}  // namespace tradewind::broker

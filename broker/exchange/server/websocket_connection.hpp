// One WebSocket of the simulated exchange: queue of outgoing messages, reading, closing. Pings are
// answered by the library as control frames, between two queued messages. I/O thread only; private
// to the server. Source: broker protocol 4.4, 8.5.
#pragma once

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "broker/exchange/server/message_faults.hpp"
#include "broker/exchange/server/server_state.hpp"
#include "broker/exchange/server/stream_session.hpp"

namespace tradewind::broker {

class WebSocketConnection final : public StreamPeer,
                                  public std::enable_shared_from_this<WebSocketConnection> {
  public:
    WebSocketConnection(std::shared_ptr<ServerState> state, std::string path);
    ~WebSocketConnection() override;

    // Takes the socket over and answers the upgrade.
    void accept(boost::beast::tcp_stream stream,
                boost::beast::http::request<boost::beast::http::string_body> request,
                std::unique_ptr<StreamSession> session, const std::string& request_id);

    void send(FrameText message, FrameKind kind) override;
    using StreamPeer::send;
    void close(std::uint16_t code, std::string_view reason) override;
    [[nodiscard]] std::size_t queued_bytes() const override { return queued_bytes_; }
    // Closes the socket at once.
    void drop();
    // The session's authentication no longer counts (StreamSession::expire).
    void expire();
    // By the script of faults: nothing is said, or (frozen) not even pings are answered. What was
    // to be said meanwhile is lost.
    void hush(bool silent, bool frozen);
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string_view account() const {
        return session_ ? session_->account() : std::string_view();
    }
    // Since the upgrade was accepted.
    [[nodiscard]] std::int64_t age_ms() const;

  private:
    struct Socket;  // the Beast stream, which only the source file sees
    struct Frame {
        FrameText text;
        FrameKind kind;
    };

    void enqueue(FrameText text, FrameKind kind);
    void read();
    void on_read(boost::beast::error_code code);
    void write();
    void finish_close();

    std::shared_ptr<ServerState> state_;
    std::string path_;
    std::unique_ptr<Socket> socket_;
    std::unique_ptr<StreamSession> session_;
    boost::beast::flat_buffer buffer_;
    std::deque<Frame> queue_;
    std::size_t queued_bytes_ = 0;
    bool open_ = false;
    bool writing_ = false;
    bool closing_ = false;
    bool silent_ = false;
    bool frozen_ = false;
    std::chrono::steady_clock::time_point opened_ = std::chrono::steady_clock::time_point::max();
    MessageFaults faults_;
    std::uint16_t close_code_ = 1000;
    std::string close_reason_;
};

}  // namespace tradewind::broker

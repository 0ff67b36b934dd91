// One connection of the status server: reads requests one after the other, answers them, or turns
// into an event stream. Everything here runs on the server's I/O thread, except what ServerState
// says. Private to the status server.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "actors/status/http_server.hpp"
#include "actors/status/request_router.hpp"

namespace tradewind::status {

class HttpSession;

// What all connections share. It does not own the I/O context, so that connections that still hang
// in it when it ends can release their part.
struct ServerState {
    HttpOptions options;
    std::shared_ptr<Metrics> metrics;
    CommandHandler on_command;
    // Answers of commands reach the I/O thread through this; empty function: the server has gone.
    std::function<void(std::function<void()>)> post;
    std::set<HttpSession*> sessions;
    std::set<HttpSession*> event_sessions;

    // Any thread.
    [[nodiscard]] StatusViewPtr view() const {
        const std::lock_guard lock(mutex_);
        return view_;
    }
    void set_view(StatusViewPtr view) {
        const std::lock_guard lock(mutex_);
        view_ = std::move(view);
    }

  private:
    mutable std::mutex mutex_;
    StatusViewPtr view_ = std::make_shared<const StatusView>();
};

class HttpSession : public std::enable_shared_from_this<HttpSession> {
  public:
    HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<ServerState> state);
    ~HttpSession();

    void start();
    // Answers 503 whatever the request is, and closes.
    void start_refusing();
    // An event stream: the view changed.
    void notify();
    void close();

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    void read_request();
    void on_request(boost::beast::error_code code);
    void handle();
    void write_answer(const Answer& answer, bool keep_alive);
    void linger();
    void discard();
    void run_command(const Command& command);
    void finish_command(const CommandResult& result);
    void open_events(bool head);
    void send_event();
    void write_event(std::string text);
    void arm_heartbeat();
    void watch_for_close();

    boost::beast::tcp_stream stream_;
    std::shared_ptr<ServerState> state_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    bool head_ = false;
    bool keep_alive_ = false;
    bool command_running_ = false;
    boost::asio::steady_timer timer_;  // of the command, or between two events
    // Event stream only.
    boost::asio::steady_timer heartbeat_;
    std::string event_text_;
    StatusViewPtr event_view_;  // last sent
    bool writing_ = false;
    bool pausing_ = false;  // the interval since the last event has not passed
    bool changed_ = false;
    std::size_t discarded_bytes_ = 0;
};

}  // namespace tradewind::status

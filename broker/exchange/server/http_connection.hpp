// One connection of the simulated exchange: requests one after the other, or an upgrade. I/O thread
// only; private to the server.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "broker/exchange/server/server_state.hpp"

namespace tradewind::broker {

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
  public:
    HttpConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<ServerState> state);
    ~HttpConnection();

    void start();
    // Answers 503 whatever the request is, and closes.
    void start_refusing();
    // Reads and answers nothing, for so long (zero: until the server stops).
    void start_ignoring(std::chrono::milliseconds duration);
    void close();

  private:
    using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

    void read_request();
    void on_request(boost::beast::error_code code);
    void upgrade(HttpRequest request);
    // Answers as the script of faults wants it.
    void answer_with_fault(HttpRequest& request, const Fault& fault, bool keep_alive);
    void keep_silent();
    void write_part(const HttpAnswer& answer);
    void write_answer(const HttpAnswer& answer, bool keep_alive);
    void linger();
    void discard();

    boost::beast::tcp_stream stream_;
    std::shared_ptr<ServerState> state_;
    boost::beast::flat_buffer buffer_;
    std::optional<Parser> parser_;
    boost::asio::steady_timer delay_;
    std::size_t discarded_bytes_ = 0;
    bool head_ = false;
};

}  // namespace tradewind::broker

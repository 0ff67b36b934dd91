#include "tests/exchange_server/api_client.hpp"

#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <chrono>
#include <stdexcept>

#include "broker/exchange/continued_market.hpp"
#include "broker/exchange/data/data_routes.hpp"
#include "broker/exchange/server/hosted_instruments.hpp"
#include "market/calendar.hpp"

namespace tradewind::broker::test {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;

Folder::Folder() {
    static std::atomic<int> count = 0;
    path_ =
        std::filesystem::temp_directory_path() /
        ("tradewind_exchange_server_" + std::to_string(::getpid()) + "_" + std::to_string(++count));
    std::filesystem::remove_all(path_);
}

Folder::~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

LocalExchange::LocalExchange(LocalOptions options) : options_(std::move(options)) {
    options_.host.speed = 0;
    if (options_.start.ns == 0) {
        options_.start = market::new_york_time(date_of(2024, 3, 5), 10, 0);
    }
    open();
}

LocalExchange::~LocalExchange() = default;

void LocalExchange::open() {
    ExchangeSettings settings;
    settings.start = options_.start;
    settings.seed = 7;
    settings.quote_interval_ns = kSecond;
    settings.leverage = Fraction::whole(4);
    settings.costs = "alpaca";
    std::vector<Symbol> symbols;
    for (const auto& name : options_.symbols) symbols.emplace_back(name);
    auto exchange = open_embedded_exchange(folder_.path().string(), settings, symbols, {},
                                           hosted_instruments(symbols, folder_.path().string()));
    server_ = std::make_unique<ExchangeServer>(options_.server, options_.host, std::move(exchange));
    (void)add_data_routes(server_->routes(), server_->host());
    server_->start();
}

void LocalExchange::restart() {
    server_.reset();
    open();
}

void LocalExchange::move(std::int64_t duration_ns) {
    server_->run([&](ExchangeHost& host) {
        host.move_by(duration_ns);
        host.advance();
    });
}

Quote LocalExchange::quote(const std::string& symbol) {
    Quote quote;
    server_->run([&](ExchangeHost& host) {
        quote = host.exchange().market().quote_at(Symbol(symbol), host.now());
    });
    return quote;
}

Answer LocalExchange::request(const std::string& method, const std::string& target,
                              const std::string& body) {
    return request_as({{"APCA-API-KEY-ID", "KEY1"}, {"APCA-API-SECRET-KEY", "SECRET1"}}, method,
                      target, body);
}

Answer LocalExchange::request_as(const std::map<std::string, std::string>& headers,
                                 const std::string& method, const std::string& target,
                                 const std::string& body) {
    asio::io_context io;
    beast::tcp_stream stream(io);
    stream.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), server_->port()));
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(method);
    message.target(target);
    message.set(http::field::host, "127.0.0.1");
    for (const auto& [name, value] : headers) message.set(name, value);
    message.body() = body;
    message.prepare_payload();
    Answer answer;
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(64 * 1024 * 1024);
    bool answered = false;
    bool ended = false;
    http::async_write(stream, message, [&](beast::error_code failed, std::size_t) {
        if (failed) return;
        http::async_read(stream, buffer, parser, [&](beast::error_code code, std::size_t) {
            answered = !code;
            ended = true;
        });
    });
    io.run_for(patience);
    answer.timed_out = !ended;
    if (!answered) {
        stream.close();
        io.restart();
        io.run();
        return answer;
    }
    const auto response = parser.release();
    answer.status = response.result_int();
    answer.body = response.body();
    for (const auto& field : response) {
        std::string name(field.name_string());
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        answer.headers[name] = std::string(field.value());
    }
    return answer;
}

struct StreamClient::Socket {
    asio::io_context io;
    websocket::stream<beast::tcp_stream> stream{io};
    unsigned status = 0;

    // Runs one asynchronous operation to its end, so that its time-out counts.
    template <class Start>
    beast::error_code run(Start start) {
        beast::error_code result = asio::error::timed_out;
        start([&](beast::error_code code, auto&&...) { result = code; });
        io.restart();
        io.run_for(std::chrono::seconds(5));
        return result;
    }
};

StreamClient::StreamClient(std::uint16_t port, const std::string& path,
                           const std::map<std::string, std::string>& headers)
    : socket_(std::make_unique<Socket>()) {
    auto& stream = socket_->stream;
    beast::get_lowest_layer(stream).connect(
        tcp::endpoint(asio::ip::make_address("127.0.0.1"), port));
    stream.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
        for (const auto& [name, value] : headers) request.set(name, value);
    }));
    websocket::response_type response;
    beast::error_code code;
    stream.handshake(response, "127.0.0.1", path, code);
    socket_->status = response.result_int();
}

StreamClient::~StreamClient() = default;

void StreamClient::send(const std::string& text) {
    const auto code = socket_->run([&](auto handler) {
        socket_->stream.async_write(
            asio::buffer(text),
            [handler](beast::error_code fault, std::size_t) mutable { handler(fault); });
    });
    if (code) throw std::runtime_error("cannot send: " + code.message());
}

std::optional<std::string> StreamClient::read() {
    beast::flat_buffer buffer;
    const auto code = socket_->run([&](auto handler) {
        socket_->stream.async_read(
            buffer, [handler](beast::error_code fault, std::size_t) mutable { handler(fault); });
    });
    if (code == asio::error::timed_out) throw std::runtime_error("no message within five seconds");
    if (code) return std::nullopt;
    return beast::buffers_to_string(buffer.data());
}

Json StreamClient::read_json() {
    const auto text = read();
    if (!text) throw std::runtime_error("the connection was closed");
    return Json::parse(*text);
}

bool StreamClient::last_was_binary() const {
    return socket_->stream.got_binary();
}

unsigned StreamClient::status() const {
    return socket_->status;
}

}  // namespace tradewind::broker::test

#include "broker/alpaca/web_socket.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "broker/alpaca/tls.hpp"

namespace tradewind::broker::alpaca {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using beast::error_code;
using PlainSocket = websocket::stream<beast::tcp_stream>;
using TlsSocket = websocket::stream<beast::ssl_stream<beast::tcp_stream>>;
using Milliseconds = std::chrono::milliseconds;

}  // namespace

struct WebSocket::Implementation {
    Implementation(Address where, std::string target, const AlpacaSettings& limits)
        : address(std::move(where)),
          path(std::move(target)),
          timeout(limits.connect_timeout_ms),
          ping(limits.ping_ms),
          resolver(context) {
        if (address.secure) {
            tls = tls_context(limits);
            secure = std::make_unique<TlsSocket>(context, *tls);
        } else {
            plain = std::make_unique<PlainSocket>(context);
        }
    }

    [[nodiscard]] beast::tcp_stream& lowest() {
        return secure ? beast::get_lowest_layer(*secure) : beast::get_lowest_layer(*plain);
    }

    // Runs until `done`, interrupted, or out of time.
    void run(const bool& done, Milliseconds most) {
        const auto until = std::chrono::steady_clock::now() + most;
        context.restart();
        while (!done && !interrupted) {
            if (context.run_one_until(until) == 0) break;
        }
    }

    void drop() {
        error_code ignored;
        lowest().socket().close(ignored);
    }

    error_code connect() {
        bool done = false;
        error_code result = asio::error::timed_out;
        const auto finish = [&](error_code fault) {
            result = fault;
            done = true;
        };
        lowest().expires_after(timeout);
        resolver.async_resolve(
            address.host, std::to_string(address.port),
            [&](error_code fault, const tcp::resolver::results_type& places) {
                if (fault) return finish(fault);
                if (!address.secure) {
                    for (const auto& place : places) {
                        if (!place.endpoint().address().is_loopback()) {
                            return finish(asio::error::access_denied);
                        }
                    }
                }
                lowest().async_connect(places, [&](error_code fault2, const tcp::endpoint&) {
                    if (fault2 || !secure) return finish(fault2);
                    secure->next_layer().async_handshake(asio::ssl::stream_base::client, finish);
                });
            });
        run(done, timeout);
        if (!done) abandon();
        return result;
    }

    // What is under way refers to a frame of the stack that ends: it must not run any more.
    void abandon() {
        drop();
        resolver.cancel();
        context.restart();
        while (context.poll() > 0) {
        }
    }

    template <class Socket>
    UpgradeReply upgrade(Socket& socket) {
        lowest().expires_never();
        websocket::stream_base::timeout limits{};
        limits.handshake_timeout = timeout;
        // Half of this time after the last byte a ping leaves.
        limits.idle_timeout = 2 * ping;
        limits.keep_alive_pings = true;
        socket.set_option(limits);
        socket.read_message_max(kMaximumFrame);
        socket.set_option(websocket::stream_base::decorator([](websocket::request_type& request) {
            request.set(beast::http::field::user_agent, "tradewind");
            request.set(beast::http::field::content_type, "application/json");
        }));
        error_code ignored;
        lowest().socket().set_option(tcp::no_delay(true), ignored);
        UpgradeReply reply;
        websocket::response_type answer;
        error_code result = asio::error::timed_out;
        bool done = false;
        socket.async_handshake(answer, address.authority(), address.path + path,
                               [&](error_code fault) {
                                   result = fault;
                                   done = true;
                               });
        run(done, timeout + timeout);
        if (!done) abandon();
        reply.open = done && !result;
        if (reply.open) return reply;
        if (result == websocket::error::upgrade_declined) reply.status = answer.result_int();
        const std::string wait(answer["Retry-After"]);
        char* end = nullptr;
        const long seconds = std::strtol(wait.c_str(), &end, 10);
        if (!wait.empty() && *end == 0 && seconds >= 0) reply.retry_after_s = seconds;
        reply.fault = reply.status != 0 ? "HTTP " + std::to_string(reply.status) : result.message();
        return reply;
    }

    template <class Socket>
    bool write(Socket& socket, const std::string& text) {
        error_code result = asio::error::timed_out;
        bool done = false;
        socket.text(true);
        socket.async_write(asio::buffer(text), [&](error_code fault, std::size_t) {
            result = fault;
            done = true;
        });
        run(done, timeout);
        if (!done) abandon();
        return done && !result;
    }

    template <class Socket>
    void start_read(Socket& socket) {
        reading = true;
        read_done = false;
        socket.async_read(buffer, [this](error_code fault, std::size_t) {
            read_fault = fault;
            read_done = true;
        });
    }

    FrameReply read(Milliseconds most) {
        FrameReply reply;
        if (!reading) secure ? start_read(*secure) : start_read(*plain);
        run(read_done, most);
        if (!read_done) {
            reply.outcome =
                interrupted ? FrameReply::Outcome::closed : FrameReply::Outcome::timed_out;
            return reply;
        }
        reading = false;
        if (read_fault) {
            reply.fault = read_fault.message();
            return reply;
        }
        reply.outcome = FrameReply::Outcome::message;
        reply.text = beast::buffers_to_string(buffer.data());
        buffer.consume(buffer.size());
        return reply;
    }

    Address address;
    std::string path;
    Milliseconds timeout;
    Milliseconds ping;
    std::atomic<bool> interrupted = false;
    asio::io_context context{1};
    tcp::resolver resolver;
    std::unique_ptr<asio::ssl::context> tls;
    std::unique_ptr<TlsSocket> secure;
    std::unique_ptr<PlainSocket> plain;
    beast::flat_buffer buffer;
    bool reading = false;
    bool read_done = false;
    error_code read_fault;
};

WebSocket::WebSocket(Address address, std::string path, const AlpacaSettings& limits)
    : implementation_(
          std::make_unique<Implementation>(std::move(address), std::move(path), limits)) {}

WebSocket::~WebSocket() {
    implementation_->abandon();
}

UpgradeReply WebSocket::open() {
    auto& socket = *implementation_;
    if (socket.secure) {
        auto& layer = socket.secure->next_layer();
        layer.set_verify_callback(asio::ssl::host_name_verification(socket.address.host));
        if (!SSL_set_tlsext_host_name(layer.native_handle(), socket.address.host.c_str())) {
            return {false, 0, {}, "the host name cannot be sent"};
        }
    }
    if (const auto fault = socket.connect()) {
        return {
            false, 0, {}, "no connection to " + socket.address.origin() + ": " + fault.message()};
    }
    return socket.secure ? socket.upgrade(*socket.secure) : socket.upgrade(*socket.plain);
}

bool WebSocket::send(const std::string& text) {
    auto& socket = *implementation_;
    return socket.secure ? socket.write(*socket.secure, text) : socket.write(*socket.plain, text);
}

FrameReply WebSocket::read(std::int64_t timeout_ms) {
    return implementation_->read(Milliseconds(timeout_ms));
}

void WebSocket::interrupt() {
    implementation_->interrupted = true;
    implementation_->context.stop();
}

}  // namespace tradewind::broker::alpaca

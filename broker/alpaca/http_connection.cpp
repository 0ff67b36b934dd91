#include "broker/alpaca/http_connection.hpp"

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "broker/alpaca/tls.hpp"

namespace tradewind::broker::alpaca {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using beast::error_code;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;
using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint32_t kMaximumHeader = 64U << 10U;

std::optional<std::int64_t> whole(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || fault != std::errc{} || end != text.data() + text.size() || value < 0) {
        return std::nullopt;
    }
    return value;
}

std::optional<double> positive(const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (text.empty() || end != text.c_str() + text.size() || !std::isfinite(value) || value <= 0) {
        return std::nullopt;
    }
    return value;
}

http::verb verb_of(Method method) {
    switch (method) {
        case Method::post:
            return http::verb::post;
        case Method::remove:
            return http::verb::delete_;
        default:
            return http::verb::get;
    }
}

std::string header(const Parser::value_type& answer, std::string_view name) {
    return std::string(answer[name]);
}

}  // namespace

std::string encoded(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' || c == '~';
        const auto byte = static_cast<unsigned char>(c);
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += kHex[byte >> 4U];
            out += kHex[byte & 15U];
        }
    }
    return out;
}

struct HttpConnection::Implementation {
    Implementation(Address where, Keys with, const AlpacaSettings& limits)
        : address(std::move(where)),
          keys(std::move(with)),
          connect_timeout(limits.connect_timeout_ms),
          reply_timeout(limits.reply_timeout_ms),
          resolver(context) {
        if (address.secure) tls = tls_context(limits);
    }

    [[nodiscard]] beast::tcp_stream& lowest() { return secure ? secure->next_layer() : *plain; }
    [[nodiscard]] bool open() { return (secure || plain) && lowest().socket().is_open(); }

    void close() {
        if (open()) {
            error_code ignored;
            lowest().socket().shutdown(tcp::socket::shutdown_both, ignored);
            lowest().socket().close(ignored);
        }
        secure.reset();
        plain.reset();
        buffer.clear();
    }

    // Runs what was started until it is done or interrupted.
    void run() {
        context.restart();
        if (interrupted) return;
        context.run();
    }

    // The other side closed, or said something nobody asked for, while the connection was idle.
    bool stale() {
        char byte = 0;
        const auto got =
            ::recv(lowest().socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        // TLS may send tickets of its own: those are read with the next answer.
        return got == 0 || (got > 0 && !address.secure) ||
               (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
    }

    error_code connect() {
        close();
        if (address.secure) {
            secure = std::make_unique<TlsStream>(context, *tls);
            secure->set_verify_callback(asio::ssl::host_name_verification(address.host));
            if (!SSL_set_tlsext_host_name(secure->native_handle(), address.host.c_str())) {
                return asio::error::invalid_argument;
            }
        } else {
            plain = std::make_unique<beast::tcp_stream>(context);
        }
        error_code result = asio::error::timed_out;
        // The time-out covers the look-up of the name too.
        asio::steady_timer timer(context, connect_timeout);
        timer.async_wait([&](error_code fault) {
            if (!fault) {
                resolver.cancel();
                lowest().cancel();
            }
        });
        lowest().expires_after(connect_timeout);
        const auto done = [&](error_code fault) {
            result = fault;
            timer.cancel();
        };
        const auto connected = [&](error_code fault) {
            if (fault || !secure) return done(fault);
            secure->async_handshake(asio::ssl::stream_base::client, done);
        };
        resolver.async_resolve(
            address.host, std::to_string(address.port),
            [&](error_code fault, const tcp::resolver::results_type& places) {
                if (fault) return done(fault);
                if (!address.secure) {
                    for (const auto& place : places) {
                        // A name that claims to be local but is not must not see the keys.
                        if (!place.endpoint().address().is_loopback()) {
                            return done(asio::error::access_denied);
                        }
                    }
                }
                lowest().async_connect(
                    places, [&](error_code fault2, const tcp::endpoint&) { connected(fault2); });
            });
        run();
        if (!result) {
            error_code ignored;
            lowest().socket().set_option(tcp::no_delay(true), ignored);
        }
        return result;
    }

    Request request(Method method, const std::string& target, const std::string& body) {
        Request request{verb_of(method), address.path + target, 11};
        request.set(http::field::host, address.authority());
        request.set(http::field::user_agent, "tradewind");
        request.set(http::field::accept, "application/json");
        request.set("APCA-API-KEY-ID", keys.key_id.reveal());
        request.set("APCA-API-SECRET-KEY", keys.secret_key.reveal());
        if (method == Method::post) {
            request.set(http::field::content_type, "application/json");
            request.body() = body;
            request.prepare_payload();
        }
        return request;
    }

    // Sends and reads on the open connection. `wrote`: bytes may have left.
    template <class Stream>
    error_code converse(Stream& stream, Request& message, Parser& parser, bool& wrote) {
        error_code result = asio::error::timed_out;
        lowest().expires_after(reply_timeout);
        wrote = true;
        http::async_write(stream, message, [&](error_code fault, std::size_t) {
            if (fault) {
                result = fault;
                return;
            }
            http::async_read(stream, buffer, parser,
                             [&](error_code fault2, std::size_t) { result = fault2; });
        });
        run();
        return result;
    }

    HttpReply once(Method method, const std::string& target, const std::string& body,
                   bool& reused) {
        HttpReply reply;
        reused = open() && !stale();
        if (!reused) {
            if (const auto fault = connect()) {
                close();
                reply.fault = "no connection to " + address.origin() + ": " + fault.message();
                return reply;
            }
        }
        if (interrupted) {
            reply.fault = "interrupted";
            return reply;
        }
        auto message = request(method, target, body);
        Parser parser;
        parser.body_limit(kMaximumBody);
        parser.header_limit(kMaximumHeader);
        bool wrote = false;
        const auto fault = secure ? converse(*secure, message, parser, wrote)
                                  : converse(*plain, message, parser, wrote);
        if (fault) {
            close();
            reply.outcome = wrote ? HttpReply::Outcome::unknown : HttpReply::Outcome::not_sent;
            reply.fault = "no answer from " + address.origin() + ": " + fault.message();
            return reply;
        }
        const auto& answer = parser.get();
        reply.outcome = HttpReply::Outcome::answered;
        reply.status = answer.result_int();
        reply.rate_remaining = whole(header(answer, "X-RateLimit-Remaining"));
        reply.rate_reset_epoch_s = whole(header(answer, "X-RateLimit-Reset"));
        reply.retry_after_s = whole(header(answer, "Retry-After"));
        reply.clock_speed = positive(header(answer, "X-Clock-Speed"));
        reply.request_id = header(answer, "X-Request-ID").substr(0, 80);
        const bool keep = answer.keep_alive();
        reply.body = std::move(parser.get().body());
        if (!keep) close();
        return reply;
    }

    Address address;
    Keys keys;
    std::chrono::milliseconds connect_timeout;
    std::chrono::milliseconds reply_timeout;
    std::atomic<bool> interrupted = false;
    asio::io_context context{1};
    tcp::resolver resolver;
    std::unique_ptr<asio::ssl::context> tls;
    std::unique_ptr<TlsStream> secure;
    std::unique_ptr<beast::tcp_stream> plain;
    beast::flat_buffer buffer{kMaximumBody + kMaximumHeader};
};

HttpConnection::HttpConnection(Address address, Keys keys, const AlpacaSettings& limits)
    : implementation_(
          std::make_unique<Implementation>(std::move(address), std::move(keys), limits)) {}

HttpConnection::~HttpConnection() {
    implementation_->close();
}

HttpReply HttpConnection::exchange(Method method, const std::string& target,
                                   const std::string& body) {
    bool reused = false;
    HttpReply reply;
    if (implementation_->interrupted) {
        reply.fault = "interrupted";
        return reply;
    }
    reply = implementation_->once(method, target, body, reused);
    const bool again = method == Method::get && reused && !implementation_->interrupted &&
                       reply.outcome == HttpReply::Outcome::unknown;
    return again ? implementation_->once(method, target, body, reused) : reply;
}

void HttpConnection::interrupt() {
    implementation_->interrupted = true;
    implementation_->context.stop();
}

}  // namespace tradewind::broker::alpaca

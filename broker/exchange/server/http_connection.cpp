#include "broker/exchange/server/http_connection.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <cctype>
#include <utility>

#include "broker/exchange/server/websocket_connection.hpp"

namespace tradewind::broker {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kMaxDiscardedBytes = 1024 * 1024;
constexpr std::chrono::seconds kLinger{2};

// False: the peer is gone or silent, and nothing can be said to it.
bool is_malformed(const beast::error_code& code) {
    return code != http::error::end_of_stream && code != http::error::partial_message &&
           code.category() == make_error_code(http::error::bad_method).category();
}

HttpAnswer answer_to_malformed(const beast::error_code& code) {
    if (code == http::error::body_limit) {
        return ApiError(413, 41310000, "the request body is too large").answer();
    }
    if (code == http::error::header_limit) {
        return ApiError(431, 43110000, "the request header is too large").answer();
    }
    return ApiError(400, 40010000, "malformed request: " + code.message()).answer();
}

HttpRequest request_of(const http::request<http::string_body>& message) {
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    for (const auto& field : message) {
        std::string name(field.name_string());
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        request.headers.emplace(std::move(name), std::string(field.value()));
    }
    request.body = message.body();
    split_target(request);
    return request;
}

template <class Body>
void set_headers(http::response<Body>& response, const HttpAnswer& answer, bool keep_alive) {
    response.result(answer.status);
    if (answer.status != 204) response.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    response.keep_alive(keep_alive);
}

}  // namespace

HttpConnection::HttpConnection(asio::ip::tcp::socket socket, std::shared_ptr<ServerState> state)
    : stream_(std::move(socket)), state_(std::move(state)), delay_(stream_.get_executor()) {
    state_->connections.insert(this);
}

HttpConnection::~HttpConnection() {
    state_->connections.erase(this);
}

void HttpConnection::start() {
    beast::error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    read_request();
}

void HttpConnection::start_refusing() {
    write_answer(ApiError(503, 50310000, "too many connections").answer(), false);
}

void HttpConnection::start_ignoring(std::chrono::milliseconds duration) {
    if (duration.count() > 0) {
        delay_.expires_after(duration);
    } else {
        delay_.expires_at(asio::steady_timer::time_point::max());
    }
    delay_.async_wait([self = shared_from_this()](beast::error_code) { self->close(); });
}

void HttpConnection::close() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    stream_.close();
}

void HttpConnection::read_request() {
    parser_.emplace();
    parser_->header_limit(state_->options.limits.header_bytes);
    parser_->body_limit(state_->options.limits.body_bytes);
    stream_.expires_after(state_->options.limits.idle_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code code, std::size_t) {
                         self->on_request(code);
                     });
}

void HttpConnection::on_request(beast::error_code code) {
    if (code) {
        head_ = false;
        if (!is_malformed(code)) return close();
        auto answer = answer_to_malformed(code);
        answer.headers.emplace_back("X-Request-ID", state_->next_request_id());
        return write_answer(answer, false);
    }
    const auto& message = parser_->get();
    head_ = message.method() == http::verb::head;
    auto request = request_of(message);
    request.id = state_->next_request_id();
    if (beast::websocket::is_upgrade(message)) return upgrade(std::move(request));
    if (const auto* fault = state_->fault_of(request)) {
        return answer_with_fault(request, *fault, message.keep_alive());
    }
    const auto answer = state_->answer(request);
    write_answer(answer, message.keep_alive());
    state_->host.advance();
}

void HttpConnection::answer_with_fault(HttpRequest& request, const Fault& fault, bool keep_alive) {
    const auto kind = fault.kind;
    if (kind == "status" || kind == "html") {
        return write_answer(state_->scripted_answer(request, fault), keep_alive);
    }
    if (kind == "lost_request") return close();
    if (kind == "swallow") return keep_silent();
    // The request takes effect; the answer is what suffers.
    const auto delay = std::chrono::milliseconds(fault.delay_ms);
    const auto size = static_cast<std::size_t>(fault.size);
    const auto body = fault.body;
    auto answer = state_->answer(request);
    state_->host.advance();
    if (kind == "lost_reply") return close();
    if (kind == "hang") return keep_silent();
    if (kind == "reset") return write_part(answer);
    if (kind == "delay") {
        stream_.expires_never();
        delay_.expires_after(delay);
        delay_.async_wait([self = shared_from_this(), answer, keep_alive](beast::error_code code) {
            if (!code) self->write_answer(answer, keep_alive);
        });
        return;
    }
    if (kind == "bad_body") {
        answer.body = body.empty() ? "{\"unexpected\":true}" : body;
    } else if (kind == "truncated_body") {
        answer.body.resize(answer.body.size() / 2);
    } else {
        answer.body.append(size, ' ');
    }
    write_answer(answer, keep_alive);
}

// Open until the client gives up.
void HttpConnection::keep_silent() {
    stream_.expires_never();
    discard();
}

// Header and half of the body, then the connection is reset.
void HttpConnection::write_part(const HttpAnswer& answer) {
    auto text = std::make_shared<std::string>(
        "HTTP/1.1 " + std::to_string(answer.status) + " OK\r\nContent-Type: application/json\r\n" +
        "Content-Length: " + std::to_string(answer.body.size() + 1) + "\r\n\r\n" +
        answer.body.substr(0, answer.body.size() / 2));
    asio::async_write(stream_, asio::buffer(*text),
                      [self = shared_from_this(), text](beast::error_code, std::size_t) {
                          beast::error_code ignored;
                          self->stream_.socket().set_option(asio::socket_base::linger(true, 0),
                                                            ignored);
                          self->stream_.close();
                      });
}

void HttpConnection::upgrade(HttpRequest request) {
    const auto path = request.path();
    if (const auto* fault =
            state_->faults.take({"refuse_upgrade", "html", "lost_request", "swallow"},
                                {"GET", path, {}, {}}, std::chrono::steady_clock::now())) {
        if (fault->kind == "lost_request") return close();
        if (fault->kind == "swallow") return keep_silent();
        return write_answer(state_->scripted_answer(request, *fault), false);
    }
    auto connection = std::make_shared<WebSocketConnection>(state_, path);
    auto offer = state_->offer_stream(*connection, request);
    if (auto* refusal = std::get_if<HttpAnswer>(&offer)) {
        state_->sign(*refusal, request);
        return write_answer(*refusal, false);
    }
    stream_.expires_never();
    connection->accept(std::move(stream_), parser_->release(),
                       std::move(std::get<std::unique_ptr<StreamSession>>(offer)), request.id);
}

void HttpConnection::write_answer(const HttpAnswer& answer, bool keep_alive) {
    const unsigned version = parser_ && parser_->is_header_done() ? parser_->get().version() : 11;
    http::message_generator message = [&]() -> http::message_generator {
        if (head_ || answer.status == 204) {
            http::response<http::empty_body> response;
            response.version(version);
            set_headers(response, answer, keep_alive);
            if (head_) response.content_length(answer.body.size());
            return response;
        }
        http::response<http::string_body> response;
        response.version(version);
        set_headers(response, answer, keep_alive);
        response.body() = answer.body;
        response.prepare_payload();
        return response;
    }();
    stream_.expires_after(state_->options.limits.write_timeout);
    beast::async_write(
        stream_, std::move(message),
        [self = shared_from_this(), keep_alive](beast::error_code code, std::size_t) {
            if (code) {
                self->close();
            } else if (keep_alive) {
                self->read_request();
            } else {
                self->linger();
            }
        });
}

// Closing while the peer still sends would reset the connection and could lose the answer: the
// sending side is closed first, and what comes is discarded for a moment.
void HttpConnection::linger() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    discard();
}

void HttpConnection::discard() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(16 * 1024),
                            [self = shared_from_this()](beast::error_code code, std::size_t count) {
                                self->discarded_bytes_ += count;
                                if (code || self->discarded_bytes_ > kMaxDiscardedBytes) {
                                    self->close();
                                } else {
                                    self->discard();
                                }
                            });
}

}  // namespace tradewind::broker

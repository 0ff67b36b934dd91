#include "actors/status/http_session.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message_generator.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

#include "actors/status/status_json.hpp"

namespace tradewind::status {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::size_t kMaxDiscardedBytes = 1024 * 1024;
constexpr std::chrono::seconds kLinger{2};

template <class Body>
void set_headers(http::response<Body>& response, const Answer& answer, bool keep_alive) {
    response.result(answer.status);
    response.set(http::field::server, "tradewind");
    response.set(http::field::content_type, answer.content_type);
    response.set(http::field::cache_control, "no-store");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("X-Frame-Options", "DENY");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    // The page loads nothing from elsewhere and runs no inline script.
    response.set("Content-Security-Policy",
                 "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
                 "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    if (!answer.allow.empty()) response.set(http::field::allow, answer.allow);
    if (!answer.challenge.empty()) response.set(http::field::www_authenticate, answer.challenge);
    response.keep_alive(keep_alive);
}

Answer answer_to_malformed(const beast::error_code& code) {
    if (code == http::error::body_limit) return fault(413, "the body is too large");
    if (code == http::error::header_limit) return fault(431, "the header is too large");
    return fault(400, "malformed request: " + code.message());
}

// False: the peer is gone or silent, and nothing can be said to it.
bool is_malformed(const beast::error_code& code) {
    return code != http::error::end_of_stream && code != http::error::partial_message &&
           code.category() == make_error_code(http::error::bad_method).category();
}

std::optional<std::string> header(const http::request<http::string_body>& request,
                                  http::field name) {
    const auto found = request.find(name);
    if (found == request.end()) return std::nullopt;
    return std::string(found->value());
}

}  // namespace

HttpSession::HttpSession(asio::ip::tcp::socket socket, std::shared_ptr<ServerState> state)
    : stream_(std::move(socket)),
      state_(std::move(state)),
      timer_(stream_.get_executor()),
      heartbeat_(stream_.get_executor()) {
    state_->sessions.insert(this);
}

HttpSession::~HttpSession() {
    state_->sessions.erase(this);
    state_->event_sessions.erase(this);
}

void HttpSession::start() {
    beast::error_code ignored;
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
    read_request();
}

void HttpSession::start_refusing() {
    write_answer(fault(503, "too many connections"), false);
}

void HttpSession::close() {
    beast::error_code ignored;
    timer_.cancel();
    heartbeat_.cancel();
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    stream_.close();
    state_->event_sessions.erase(this);
}

void HttpSession::read_request() {
    parser_.emplace();
    parser_->header_limit(state_->options.limits.header_bytes);
    parser_->body_limit(state_->options.limits.body_bytes);
    stream_.expires_after(state_->options.limits.request_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code code, std::size_t) {
                         self->on_request(code);
                     });
}

void HttpSession::on_request(beast::error_code code) {
    if (code) {
        head_ = false;
        if (is_malformed(code)) {
            write_answer(answer_to_malformed(code), false);
        } else {
            close();
        }
        return;
    }
    try {
        handle();
    } catch (const std::exception& fault_of_ours) {
        // One answer that cannot be made must not take the others down.
        write_answer(fault(500, fault_of_ours.what()), false);
    }
}

void HttpSession::handle() {
    const auto& message = parser_->get();
    head_ = message.method() == http::verb::head;
    keep_alive_ = message.keep_alive();
    if (message.count(http::field::host) > 1 || message.count(http::field::origin) > 1 ||
        message.count(http::field::authorization) > 1) {
        write_answer(fault(400, "a header that may come once came twice"), false);
        return;
    }
    Request request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.host = header(message, http::field::host);
    request.origin = header(message, http::field::origin);
    request.authorization = header(message, http::field::authorization);
    request.body = message.body();
    request.http_1_0 = message.version() < 11;
    const auto view = state_->view();
    const auto outcome = route(request, *view, *state_->metrics, state_->options.token);
    if (const auto* answer = std::get_if<Answer>(&outcome)) {
        write_answer(*answer, keep_alive_);
    } else if (const auto* command = std::get_if<Command>(&outcome)) {
        run_command(*command);
    } else {
        open_events(head_);
    }
}

void HttpSession::write_answer(const Answer& answer, bool keep_alive) {
    state_->metrics
        ->counter("tradewind_http_responses_total", "Answers of the status server by status",
                  {{"status", std::to_string(answer.status)}})
        .add();
    const unsigned version = parser_ && parser_->is_header_done() ? parser_->get().version() : 11;
    http::message_generator message = [&]() -> http::message_generator {
        if (head_) {
            http::response<http::empty_body> response;
            response.version(version);
            set_headers(response, answer, keep_alive);
            response.content_length(answer.body.size());
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
void HttpSession::linger() {
    beast::error_code ignored;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    stream_.expires_after(kLinger);
    discard();
}

void HttpSession::discard() {
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

void HttpSession::run_command(const Command& command) {
    command_running_ = true;
    timer_.expires_after(state_->options.limits.command_timeout);
    timer_.async_wait([self = shared_from_this()](beast::error_code code) {
        if (!code && self->command_running_) {
            self->finish_command({false, "no confirmation in time; it may still take effect"});
        }
    });
    const auto post = state_->post;
    Reply reply([post, weak = weak_from_this()](CommandResult result) {
        post([weak, result = std::move(result)] {
            if (const auto self = weak.lock()) self->finish_command(result);
        });
    });
    state_->on_command(command, std::move(reply));
}

void HttpSession::finish_command(const CommandResult& result) {
    if (!command_running_) return;
    command_running_ = false;
    timer_.cancel();
    write_answer(Answer{.status = result.done ? 200U : 503U,
                        .body = result_json(result.done, result.message)},
                 keep_alive_);
}

void HttpSession::open_events(bool head) {
    if (!head && state_->event_sessions.size() >= state_->options.limits.event_connections) {
        write_answer(fault(503, "too many event streams"), keep_alive_);
        return;
    }
    if (head) {
        write_answer(Answer{.content_type = "text/event-stream"}, keep_alive_);
        return;
    }
    // Without a length and with `Connection: close` the stream simply lasts until one side closes.
    http::response<http::empty_body> response{http::status::ok, 11};
    set_headers(response, Answer{.content_type = "text/event-stream"}, false);
    std::ostringstream text;
    text << response.base();
    state_->event_sessions.insert(this);
    changed_ = true;
    buffer_.clear();
    stream_.expires_never();
    watch_for_close();
    arm_heartbeat();
    write_event(text.str() + "retry: 2000\n\n");
}

void HttpSession::watch_for_close() {
    stream_.async_read_some(buffer_.prepare(1024),
                            [self = shared_from_this()](beast::error_code code, std::size_t count) {
                                self->discarded_bytes_ += count;
                                if (code || self->discarded_bytes_ > kMaxDiscardedBytes) {
                                    self->close();
                                } else {
                                    self->watch_for_close();
                                }
                            });
}

void HttpSession::arm_heartbeat() {
    heartbeat_.expires_after(state_->options.limits.event_heartbeat);
    heartbeat_.async_wait([self = shared_from_this()](beast::error_code code) {
        if (code) return;
        if (!self->writing_) self->write_event(": still here\n\n");
        self->arm_heartbeat();
    });
}

void HttpSession::notify() {
    changed_ = true;
    send_event();
}

void HttpSession::send_event() {
    if (!changed_ || writing_ || pausing_) return;
    changed_ = false;
    const auto view = state_->view();
    if (view == event_view_) return;
    auto text = "event: state\ndata: " + event_json(event_view_.get(), *view) + "\n\n";
    event_view_ = view;
    pausing_ = true;
    timer_.expires_after(state_->options.limits.event_interval);
    timer_.async_wait([self = shared_from_this()](beast::error_code code) {
        if (code) return;
        self->pausing_ = false;
        self->send_event();
    });
    write_event(std::move(text));
}

void HttpSession::write_event(std::string text) {
    writing_ = true;
    event_text_ = std::move(text);
    stream_.expires_after(state_->options.limits.write_timeout);
    asio::async_write(stream_, asio::buffer(event_text_),
                      [self = shared_from_this()](beast::error_code code, std::size_t) {
                          self->writing_ = false;
                          if (code) {
                              self->close();
                          } else {
                              self->send_event();
                          }
                      });
}

}  // namespace tradewind::status

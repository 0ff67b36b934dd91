#include "broker/exchange/server/websocket_connection.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/rate_policy.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <limits>
#include <utility>

namespace tradewind::broker {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

struct WebSocketConnection::Socket {
    // Without compression: the clients ask for it, none needs it.
    explicit Socket(beast::tcp_stream socket) : stream(socket.release_socket()) {}
    // A rate of zero freezes the connection, control frames included.
    using Throttled =
        beast::basic_stream<asio::ip::tcp, asio::any_io_executor, beast::simple_rate_policy>;
    websocket::stream<Throttled, false> stream;
};

WebSocketConnection::WebSocketConnection(std::shared_ptr<ServerState> state, std::string path)
    : state_(std::move(state)), path_(std::move(path)), faults_(state_->host.schedule) {
    state_->streams.insert(this);
}

WebSocketConnection::~WebSocketConnection() {
    state_->streams.erase(this);
}

void WebSocketConnection::accept(beast::tcp_stream stream,
                                 beast::http::request<beast::http::string_body> request,
                                 std::unique_ptr<StreamSession> session,
                                 const std::string& request_id) {
    socket_ = std::make_unique<Socket>(std::move(stream));
    session_ = std::move(session);
    auto& socket = socket_->stream;
    // The peer's liveness is its own business; a dead one is found by the failing write.
    websocket::stream_base::timeout timeouts{std::chrono::seconds(30),
                                             websocket::stream_base::none(), false};
    socket.set_option(timeouts);
    socket.set_option(
        websocket::stream_base::decorator([request_id](websocket::response_type& response) {
            response.set("X-Request-ID", request_id);
        }));
    socket.read_message_max(state_->options.limits.frame_bytes);
    // The request is read from before the handler runs; the copy lives as long as the handshake.
    auto kept =
        std::make_shared<beast::http::request<beast::http::string_body>>(std::move(request));
    socket.async_accept(*kept, [self = shared_from_this(), kept](beast::error_code code) {
        if (code) return self->drop();
        self->open_ = true;
        self->opened_ = std::chrono::steady_clock::now();
        self->session_->on_open();
        self->write();
        self->read();
    });
}

void WebSocketConnection::read() {
    socket_->stream.async_read(
        buffer_,
        [self = shared_from_this()](beast::error_code code, std::size_t) { self->on_read(code); });
}

void WebSocketConnection::on_read(beast::error_code code) {
    if (code) return drop();
    const auto data = buffer_.cdata();
    const std::string message(static_cast<const char*>(data.data()), data.size());
    buffer_.clear();
    try {
        if (!closing_) {
            session_->on_message(message,
                                 socket_->stream.got_text() ? FrameKind::text : FrameKind::binary);
        }
        state_->host.advance();
    } catch (const std::exception&) {
        close(1011, "internal error");
    }
    read();
}

void WebSocketConnection::hush(bool silent, bool frozen) {
    silent_ = silent;
    if (frozen == frozen_ || !socket_) return;
    frozen_ = frozen;
    auto& policy = beast::get_lowest_layer(socket_->stream).rate_policy();
    policy.write_limit(frozen ? 0 : std::numeric_limits<std::size_t>::max());
    policy.read_limit(frozen ? 0 : std::numeric_limits<std::size_t>::max());
}

std::int64_t WebSocketConnection::age_ms() const {
    if (!open_) return -1;
    const auto age = std::chrono::steady_clock::now() - opened_;
    return std::chrono::duration_cast<std::chrono::milliseconds>(age).count();
}

void WebSocketConnection::expire() {
    if (session_ && open_) session_->expire();
}

void WebSocketConnection::send(FrameText message, FrameKind kind) {
    if (closing_ || silent_ || frozen_) return;
    if (state_->faults.empty()) return enqueue(std::move(message), kind);
    const auto* fault =
        state_->faults.take({"delay_frame", "duplicate_frame", "reorder_frame", "withhold_frame",
                             "bad_frame", "truncated_frame", "oversized_frame"},
                            {{}, path_, {}, account()}, std::chrono::steady_clock::now());
    faults_.pass(fault, std::move(message),
                 [this, kind](FrameText text) { enqueue(std::move(text), kind); });
}

void WebSocketConnection::enqueue(FrameText text, FrameKind kind) {
    if (closing_) return;
    queued_bytes_ += text->size();
    queue_.push_back({std::move(text), kind});
    write();
}

void WebSocketConnection::write() {
    if (!open_ || writing_) return;
    if (queue_.empty()) {
        if (closing_) finish_close();
        return;
    }
    writing_ = true;
    const auto& frame = queue_.front();
    socket_->stream.binary(frame.kind == FrameKind::binary);
    socket_->stream.async_write(asio::buffer(*frame.text),
                                [self = shared_from_this()](beast::error_code code, std::size_t) {
                                    self->writing_ = false;
                                    if (code) return self->drop();
                                    self->queued_bytes_ -= self->queue_.front().text->size();
                                    self->queue_.pop_front();
                                    self->write();
                                });
}

void WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
    if (closing_) return;
    closing_ = true;
    close_code_ = code;
    close_reason_ = std::string(reason.substr(0, 120));
    write();
}

void WebSocketConnection::finish_close() {
    open_ = false;
    websocket::close_reason reason(close_code_);
    reason.reason = close_reason_;
    socket_->stream.async_close(reason,
                                [self = shared_from_this()](beast::error_code) { self->drop(); });
}

void WebSocketConnection::drop() {
    open_ = false;
    closing_ = true;
    if (!socket_) return;
    auto& stream = beast::get_lowest_layer(socket_->stream);
    beast::error_code ignored;
    stream.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    stream.close();
    // Sessions hold what they subscribed; it ends with the connection, not with its last handler.
    session_.reset();
}

}  // namespace tradewind::broker

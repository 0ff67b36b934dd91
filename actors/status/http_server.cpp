#include "actors/status/http_server.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <charconv>
#include <csignal>
#include <thread>

#include "actors/status/http_session.hpp"
#include "messages/error.hpp"

namespace tradewind::status {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptPause{100};

[[noreturn]] void refuse(const std::string& listen, const std::string& why,
                         const std::string& remedy) {
    throw Error(ErrorKind::usage, "cannot listen", listen, why, remedy);
}

tcp::endpoint parse_listen(const HttpOptions& options) {
    const auto& text = options.listen;
    const auto colon = text.rfind(':');
    const std::string form = "give ADDR:PORT, for example 127.0.0.1:8700";
    if (colon == std::string::npos || colon == 0) refuse(text, "no ADDR:PORT", form);
    auto address = text.substr(0, colon);
    if (address.size() > 2 && address.front() == '[' && address.back() == ']') {
        address = address.substr(1, address.size() - 2);
    } else if (address.find(':') != std::string::npos) {
        refuse(text, "an IPv6 address stands in brackets", "give [::1]:8700");
    }
    if (address == "localhost") address = "127.0.0.1";
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data() + colon + 1, end, port);
    if (code != std::errc() || stop != end) refuse(text, "no port from 0 to 65535", form);
    boost::system::error_code fault;
    const auto parsed = asio::ip::make_address(address, fault);
    if (fault) refuse(text, "not an address", form);
    if (!parsed.is_loopback() && !options.allow_non_loopback) {
        refuse(text, "the address is not loopback", "listen on 127.0.0.1 and forward the port");
    }
    return {parsed, port};
}

}  // namespace

struct Reply::Once {
    explicit Once(std::function<void(CommandResult)> function) : answer(std::move(function)) {}
    Once(const Once&) = delete;
    Once& operator=(const Once&) = delete;
    ~Once() { give({false, "the command was dropped"}); }
    void give(CommandResult result) {
        if (!given.exchange(true)) answer(std::move(result));
    }
    std::function<void(CommandResult)> answer;
    std::atomic<bool> given = false;
};

Reply::Reply(std::function<void(CommandResult)> answer)
    : once_(std::make_shared<Once>(std::move(answer))) {}
void Reply::operator()(CommandResult result) const {
    once_->give(std::move(result));
}

class HttpServer::Implementation : public std::enable_shared_from_this<Implementation> {
  public:
    Implementation(HttpOptions options, std::shared_ptr<Metrics> metrics, CommandHandler handler)
        : state_(std::make_shared<ServerState>()), acceptor_(io_), retry_(io_) {
        ensure(!options.token.empty(), "the status server has a token");
        const auto endpoint = parse_listen(options);
        state_->options = std::move(options);
        state_->metrics = std::move(metrics);
        state_->on_command = std::move(handler);
        listen(endpoint);
    }

    void start() {
        state_->post = [weak = weak_from_this()](std::function<void()> work) {
            if (const auto self = weak.lock()) asio::post(self->io_, std::move(work));
        };
        accept();
        // The daemon's signals are handled elsewhere: none may interrupt this thread.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { io_.run(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void stop() {
        asio::post(io_, [this] {
            boost::system::error_code ignored;
            acceptor_.close(ignored);
            retry_.cancel();
            const auto sessions = state_->sessions;
            for (auto* session : sessions) session->close();
            io_.stop();
        });
        if (thread_.joinable()) thread_.join();
    }

    void publish(StatusViewPtr view) {
        state_->set_view(std::move(view));
        if (wake_pending_.exchange(true)) return;
        asio::post(io_, [this] {
            wake_pending_ = false;
            for (auto* session : state_->event_sessions) session->notify();
        });
    }

    [[nodiscard]] tcp::endpoint endpoint() const { return endpoint_; }

  private:
    void listen(const tcp::endpoint& wanted) {
        const auto& text = state_->options.listen;
        boost::system::error_code code;
        acceptor_.open(wanted.protocol(), code);
        if (!code) acceptor_.set_option(tcp::acceptor::reuse_address(true), code);
        if (!code) acceptor_.bind(wanted, code);
        if (!code) acceptor_.listen(asio::socket_base::max_listen_connections, code);
        if (code == asio::error::address_in_use) {
            refuse(text, "the port is taken", "choose another one with --listen ADDR:PORT");
        }
        if (code) refuse(text, code.message(), "choose another one with --listen ADDR:PORT");
        endpoint_ = acceptor_.local_endpoint();
    }

    void accept() {
        acceptor_.async_accept([this](boost::system::error_code code, tcp::socket socket) {
            if (code == asio::error::operation_aborted || !acceptor_.is_open()) return;
            if (code) {
                // Out of descriptors, most likely: the pending connection stays, so wait a moment.
                retry_.expires_after(kAcceptPause);
                retry_.async_wait([this](boost::system::error_code fault) {
                    if (!fault) accept();
                });
                return;
            }
            const auto limit = state_->options.limits.connections;
            const auto count = state_->sessions.size();
            if (count < limit) {
                std::make_shared<HttpSession>(std::move(socket), state_)->start();
            } else if (count < 2 * limit) {
                std::make_shared<HttpSession>(std::move(socket), state_)->start_refusing();
            }
            accept();
        });
    }

    asio::io_context io_{1};
    std::shared_ptr<ServerState> state_;
    tcp::acceptor acceptor_;
    asio::steady_timer retry_;
    tcp::endpoint endpoint_;
    std::atomic<bool> wake_pending_ = false;
    std::thread thread_;
};

HttpServer::HttpServer(HttpOptions options, std::shared_ptr<Metrics> metrics,
                       CommandHandler on_command)
    : implementation_(std::make_shared<Implementation>(std::move(options), std::move(metrics),
                                                       std::move(on_command))) {
    implementation_->start();
}

HttpServer::~HttpServer() {
    implementation_->stop();
}

void HttpServer::publish(StatusViewPtr view) {
    implementation_->publish(std::move(view));
}

std::string HttpServer::address() const {
    const auto endpoint = implementation_->endpoint();
    const auto text = endpoint.address().to_string();
    return "http://" + (endpoint.address().is_v6() ? "[" + text + "]" : text) + ":" +
           std::to_string(endpoint.port());
}

std::uint16_t HttpServer::port() const {
    return implementation_->endpoint().port();
}

}  // namespace tradewind::status

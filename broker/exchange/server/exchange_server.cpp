#include "broker/exchange/server/exchange_server.hpp"

#include <pthread.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <exception>
#include <future>
#include <thread>

#include "broker/exchange/server/http_connection.hpp"
#include "broker/exchange/server/listen_address.hpp"
#include "broker/exchange/server/order_faults.hpp"
#include "broker/exchange/server/server_state.hpp"
#include "broker/exchange/server/tls_relay.hpp"
#include "broker/exchange/server/trade_updates.hpp"
#include "broker/exchange/server/trading_api.hpp"
#include "broker/exchange/server/update_faults.hpp"
#include "broker/exchange/server/websocket_connection.hpp"
#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

class ExchangeServer::Implementation : public std::enable_shared_from_this<Implementation> {
  public:
    Implementation(ServerOptions options, HostOptions host_options,
                   std::unique_ptr<EmbeddedExchange> exchange)
        : state_(std::make_shared<ServerState>(std::move(options), std::move(host_options),
                                               std::move(exchange))),
          acceptor_(io_),
          retry_(io_),
          clock_(io_) {
        endpoint_ = open_listener(acceptor_, state_->options.listen, "--listen");
        const auto& wanted = state_->options;
        if (!wanted.tls_listen.empty()) {
            tls_ = std::make_unique<TlsRelay>(io_, wanted.tls_listen, wanted.certificate_file,
                                              wanted.key_file, endpoint_);
        }
        state_->host.schedule = [this](ExchangeHost::Delay delay, std::function<void()> task) {
            auto timer = std::make_shared<asio::steady_timer>(io_, delay);
            timer->async_wait([timer, task = std::move(task)](boost::system::error_code code) {
                if (!code) task();
            });
        };
        if (state_->faults.has_file()) {
            state_->host.fault = [this](std::initializer_list<std::string_view> kinds,
                                        const FaultTarget& target) {
                return state_->faults.take(kinds, target, std::chrono::steady_clock::now());
            };
            state_->routes.add("GET", kFaultsPath, RouteKind::data, [this](const HttpRequest&) {
                HttpAnswer answer;
                answer.body = state_->faults.told();
                return answer;
            });
        }
        updates_ = add_trading_routes(state_->routes, state_->host);
        updates_->set_outlet([this](const TradeUpdate& update) { update_faults_.pass(update); });
    }

    ~Implementation() {
        stop();
        if (thread_.joinable()) thread_.join();
    }

    void start() {
        ensure(!thread_.joinable(), "an exchange server starts once");
        state_->host.start();
        resume_scripted_cancels(state_->host);
        accept();
        if (tls_) tls_->start();
        tick();
        // The program's signals are handled elsewhere: none may interrupt this thread.
        sigset_t all;
        sigset_t before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { serve(); });
        pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }

    void stop() {
        asio::post(io_, [this] {
            boost::system::error_code ignored;
            acceptor_.close(ignored);
            if (tls_) tls_->stop();
            const auto connections = state_->connections;
            for (auto* connection : connections) connection->close();
            const auto streams = state_->streams;
            for (auto* stream : streams) stream->drop();
            io_.stop();
        });
    }

    void wait() {
        auto fault = ended_.get_future().get();
        if (fault) std::rethrow_exception(fault);
    }

    void run(const std::function<void(ExchangeHost&)>& task) {
        std::packaged_task<void()> work([&] { task(state_->host); });
        auto done = work.get_future();
        asio::post(io_, [&] { work(); });
        done.get();
    }

    [[nodiscard]] ServerState& state() { return *state_; }
    [[nodiscard]] tcp::endpoint endpoint() const { return endpoint_; }
    [[nodiscard]] std::uint16_t tls_port() const { return tls_ ? tls_->port() : 0; }

  private:
    void serve() {
        std::exception_ptr fault;
        try {
            io_.run();
        } catch (...) {
            fault = std::current_exception();
            boost::system::error_code ignored;
            acceptor_.close(ignored);
        }
        ended_.set_value(fault);
    }

    void tick() {
        clock_.expires_after(state_->options.limits.clock_interval);
        clock_.async_wait([this](boost::system::error_code code) {
            if (code) return;
            state_->host.advance();
            apply_stream_faults();
            tick();
        });
    }

    // What the script says of open WebSockets now.
    void apply_stream_faults() {
        const auto now = std::chrono::steady_clock::now();
        std::string why;
        const auto refreshed = state_->faults.refresh(now, why);
        if (refreshed == FaultScript::Refreshed::refused && state_->options.report) {
            state_->options.report(why + "; the script before it goes on");
        }
        if (state_->faults.empty() && refreshed != FaultScript::Refreshed::changed) return;
        const auto streams = state_->streams;
        for (auto* stream : streams) {
            if (!state_->streams.contains(stream)) continue;
            const FaultTarget target{"GET", stream->path(),  {}, stream->account(),
                                     {},    stream->age_ms()};
            stream->hush(state_->faults.active("silence", target, now) != nullptr,
                         state_->faults.active("freeze", target, now) != nullptr);
            if (state_->faults.take({"drop"}, target, now) != nullptr) {
                stream->drop();
            } else if (state_->faults.take({"expire_session"}, target, now) != nullptr) {
                stream->expire();
            }
        }
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
            const auto count = state_->connections.size() + state_->streams.size();
            auto connection = std::make_shared<HttpConnection>(std::move(socket), state_);
            const auto* ignored =
                state_->faults.take({"half_open"}, {}, std::chrono::steady_clock::now());
            if (ignored != nullptr) {
                connection->start_ignoring(std::chrono::milliseconds(ignored->delay_ms));
            } else if (count < limit) {
                connection->start();
            } else if (count < 2 * limit) {
                connection->start_refusing();
            }
            accept();
        });
    }

    // The state outlives the context, whose pending handlers hold connections that use it.
    std::shared_ptr<ServerState> state_;
    asio::io_context io_{1};
    tcp::acceptor acceptor_;
    asio::steady_timer retry_;
    asio::steady_timer clock_;
    tcp::endpoint endpoint_;
    std::unique_ptr<TlsRelay> tls_;
    std::shared_ptr<TradeUpdates> updates_;
    UpdateFaults update_faults_{
        state_->faults,
        [this](std::chrono::milliseconds delay, std::function<void()> task) {
            state_->host.schedule(delay, std::move(task));
        },
        [this](const TradeUpdate& update) { updates_->deliver(update); }};
    std::promise<std::exception_ptr> ended_;
    std::thread thread_;
};

ExchangeServer::ExchangeServer(ServerOptions options, HostOptions host_options,
                               std::unique_ptr<EmbeddedExchange> exchange)
    : implementation_(std::make_shared<Implementation>(std::move(options), std::move(host_options),
                                                       std::move(exchange))) {}
ExchangeServer::~ExchangeServer() = default;

RouteTable& ExchangeServer::routes() {
    return implementation_->state().routes;
}
ExchangeHost& ExchangeServer::host() {
    return implementation_->state().host;
}
void ExchangeServer::start() {
    implementation_->start();
}
void ExchangeServer::stop() {
    implementation_->stop();
}
void ExchangeServer::wait() {
    implementation_->wait();
}
void ExchangeServer::run(const std::function<void(ExchangeHost&)>& task) {
    implementation_->run(task);
}
std::uint16_t ExchangeServer::port() const {
    return implementation_->endpoint().port();
}
std::uint16_t ExchangeServer::tls_port() const {
    return implementation_->tls_port();
}
std::string ExchangeServer::address() const {
    return http_address(implementation_->endpoint());
}

}  // namespace tradewind::broker

// The simulated exchange on the network: one TCP origin for REST and WebSockets, optionally a
// second listener with TLS, in front of one ExchangeHost.
//
// One I/O thread of its own owns everything: sockets, host, exchange. Construction binds and
// registers the trading routes; others add theirs to routes() and host() before start(). A fault of
// ours while answering is a 500 for that request; one while the clock moves on (a full disk) stops
// the server, and wait() throws it. Errors of construction: Error (usage) for a malformed or taken
// address, one that is not loopback, an unreadable certificate. Source: contract 2.4, broker
// protocol 8.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

struct ServerLimits {
    std::uint32_t header_bytes = 16 * 1024;
    std::uint64_t body_bytes = 256 * 1024;
    std::uint64_t frame_bytes = 256 * 1024;          // of one WebSocket message from a client
    std::size_t connections = 512;                   // the next one is answered 503 and closed
    std::int64_t trading_requests_per_minute = 200;  // per account
    std::int64_t data_requests_per_minute = 10'000;
    std::chrono::milliseconds idle_timeout{120'000};  // of a connection between two requests
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::milliseconds clock_interval{50};  // how often the exchange is moved on
};

struct ServerOptions {
    std::string listen = "127.0.0.1:0";  // ADDR:PORT of a loopback address; port 0: any free
    std::string tls_listen;              // empty: none
    std::string certificate_file;        // PEM, the chain of the TLS listener
    std::string key_file;                // PEM, its private key
    std::string faults_file;             // empty: none (fault_script.hpp)
    ServerLimits limits;
    // Seconds since 1970 by the machine's clock, for Date and X-RateLimit-Reset: exchange time
    // would be of no use to a client that waits. Empty: no Date.
    std::function<std::int64_t()> unix_seconds;
    // Told in one line what an operator should know: a changed script of faults that cannot be
    // used. I/O thread; may be empty.
    std::function<void(const std::string&)> report;
};

class ExchangeServer {
  public:
    ExchangeServer(ServerOptions options, HostOptions host_options,
                   std::unique_ptr<EmbeddedExchange> exchange);
    // Closes all connections and joins the thread.
    ~ExchangeServer();
    ExchangeServer(const ExchangeServer&) = delete;
    ExchangeServer& operator=(const ExchangeServer&) = delete;

    // Before start() only.
    [[nodiscard]] RouteTable& routes();
    [[nodiscard]] ExchangeHost& host();

    // Starts clock and thread.
    void start();
    // Any thread: ends serving.
    void stop();
    // Blocks until the server has stopped; throws what stopped it.
    void wait();
    // Runs `task` on the I/O thread and waits for it; what it throws comes out here. After start().
    void run(const std::function<void(ExchangeHost&)>& task);

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::uint16_t tls_port() const;  // 0: no TLS listener
    [[nodiscard]] std::string address() const;     // "http://127.0.0.1:8800"

  private:
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace tradewind::broker

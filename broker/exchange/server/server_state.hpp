// What the connections of the simulated exchange share, and the answering of one request without a
// socket. Private to the server; I/O thread only. Source: broker protocol 1, 8.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/exchange_server.hpp"
#include "broker/exchange/server/fault_script.hpp"
#include "broker/exchange/server/rate_limiter.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

// Where the script of faults is told, with what it hit; no fault of requests hits this one.
inline constexpr std::string_view kFaultsPath = "/faults";

class HttpConnection;
class WebSocketConnection;

struct ServerState {
    ServerState(ServerOptions server_options, HostOptions host_options,
                std::unique_ptr<EmbeddedExchange> exchange)
        : options(std::move(server_options)),
          host(std::move(host_options), std::move(exchange)),
          trading_limiter(options.limits.trading_requests_per_minute),
          data_limiter(options.limits.data_requests_per_minute),
          faults(options.faults_file, std::chrono::steady_clock::now()) {}

    // The answer to a request whose target has been split: authentication, limits, route, and the
    // headers that every answer has. Never throws.
    HttpAnswer answer(HttpRequest& request);
    // The fault that the script has for this request; null: none.
    const Fault* fault_of(const HttpRequest& request);
    // The answer of a fault that refuses a request or an upgrade: `status`, `html`,
    // `refuse_upgrade`.
    [[nodiscard]] HttpAnswer scripted_answer(const HttpRequest& request, const Fault& fault);
    // The headers that every answer has: X-Request-ID and Date.
    void sign(HttpAnswer& answer, const HttpRequest& request);
    // Seconds since 1970 by the server's clock, which the script may have put wrong.
    [[nodiscard]] std::int64_t server_seconds(const std::string& account);
    // The session for an upgrade, or the answer that refuses it.
    StreamOffer offer_stream(StreamPeer& peer, HttpRequest& request);
    // X-Request-ID of the next request.
    std::string next_request_id();

    ServerOptions options;
    ExchangeHost host;
    RouteTable routes;
    RateLimiter trading_limiter;
    RateLimiter data_limiter;
    FaultScript faults;
    std::uint64_t requests = 0;
    std::set<HttpConnection*> connections;
    std::set<WebSocketConnection*> streams;

  private:
    void add_budget(HttpAnswer& answer, const RateLimiter::State& budget,
                    const std::string& account);
    HttpAnswer answer_route(HttpRequest& request, const RouteTable::Route* route);
};

// The account that the request's credentials name (key headers, Bearer, Basic); empty: none or not
// valid, then `came` says whether there were any.
[[nodiscard]] std::string authenticated_account(ExchangeHost& host, const HttpRequest& request,
                                                bool& came);

}  // namespace tradewind::broker

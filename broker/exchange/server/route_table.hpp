// Which function answers which path of the simulated exchange.
//
// A pattern is a path whose segments are literal (`orders:by_client_order_id`), `{name}` (one
// segment) or `{name+}` (one or two segments joined by `/`: a crypto pair that the client did not
// escape). Among the patterns that match, the one with the most literal segments wins. Filled once
// before the server starts, constant afterwards; handlers run on the server's I/O thread and answer
// at once. Source: broker protocol 8.1 to 8.3.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/exchange/server/http_message.hpp"
#include "broker/exchange/server/stream_session.hpp"

namespace tradewind::broker {

// Which budget a request is counted against, and whether it needs credentials.
enum class RouteKind : std::uint8_t {
    trading,    // credentials, the account's trading budget
    data,       // credentials, the account's data budget
    open_data,  // no credentials needed (crypto history); counted as data where they come
};

using HttpHandler = std::function<HttpAnswer(const HttpRequest&)>;

class RouteTable {
  public:
    struct Route {
        std::string method;
        std::vector<std::string> pattern;
        RouteKind kind = RouteKind::trading;
        HttpHandler handler;
    };
    struct StreamRoute {
        std::vector<std::string> pattern;
        StreamFactory factory;
    };

    // `method` is upper case; `pattern` begins with `/`.
    void add(std::string method, std::string_view pattern, RouteKind kind, HttpHandler handler);
    // The WebSocket at that path; may share it with ordinary routes (Upgrade header decides).
    void add_stream(std::string_view pattern, StreamFactory factory);

    // Null: no such route. Fills request.captures. HEAD is answered by the GET route.
    [[nodiscard]] const Route* find(HttpRequest& request) const;
    [[nodiscard]] const StreamRoute* find_stream(HttpRequest& request) const;
    // The methods of other routes with this path; empty: the path is unknown.
    [[nodiscard]] std::string allowed_methods(const HttpRequest& request) const;

  private:
    std::vector<Route> routes_;
    std::vector<StreamRoute> streams_;
};

}  // namespace tradewind::broker

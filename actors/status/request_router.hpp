// What a request to the status server means: a pure function of the request, the view and the
// token, without sockets. The order of checks is path, method, Host and Origin, token, body, so
// that a fault is named by its outermost cause and nothing secret is compared before it must be.
// Source: contract 8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "actors/status/http_server.hpp"

namespace tradewind::status {

struct Request {
    std::string method;
    std::string target;  // as sent: path, perhaps a query, perhaps in absolute form
    std::optional<std::string> host;
    std::optional<std::string> origin;
    std::optional<std::string> authorization;
    std::string body;
    bool http_1_0 = false;  // may come without Host
};

struct Answer {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body{};
    std::string allow{};      // 405: the methods that the path has
    std::string challenge{};  // 401: WWW-Authenticate
};
struct OpenEventStream {};

using Outcome = std::variant<Answer, OpenEventStream, Command>;

// HEAD is routed as GET; the caller leaves the body out.
[[nodiscard]] Outcome route(const Request& request, const StatusView& view, const Metrics& metrics,
                            std::string_view token);

[[nodiscard]] Answer fault(unsigned status, const std::string& text);

// True for an address literal or `localhost`, each with or without a port: what a page of another
// site cannot make a browser send by pointing its own name to this machine.
[[nodiscard]] bool safe_host(std::string_view host);

}  // namespace tradewind::status

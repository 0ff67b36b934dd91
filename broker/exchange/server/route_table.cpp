#include "broker/exchange/server/route_table.hpp"

#include <utility>

namespace tradewind::broker {
namespace {

std::vector<std::string> segments_of(std::string_view pattern) {
    HttpRequest request;
    request.target = std::string(pattern);
    split_target(request);
    return request.segments;
}

bool is_capture(const std::string& part) {
    return part.size() > 2 && part.front() == '{' && part.back() == '}';
}
bool takes_two(const std::string& part) {
    return is_capture(part) && part[part.size() - 2] == '+';
}

using Parts = std::vector<std::string>;

bool matches(const Parts& pattern, std::size_t p, const Parts& path, std::size_t s,
             Parts& captures) {
    if (p == pattern.size()) return s == path.size();
    if (s == path.size()) return false;
    if (!is_capture(pattern[p])) {
        return pattern[p] == path[s] && matches(pattern, p + 1, path, s + 1, captures);
    }
    const auto depth = captures.size();
    captures.push_back(path[s]);
    if (matches(pattern, p + 1, path, s + 1, captures)) return true;
    captures.resize(depth);
    if (!takes_two(pattern[p]) || s + 1 == path.size()) return false;
    captures.push_back(path[s] + "/" + path[s + 1]);
    if (matches(pattern, p + 1, path, s + 2, captures)) return true;
    captures.resize(depth);
    return false;
}

std::size_t literals(const Parts& pattern) {
    std::size_t count = 0;
    for (const auto& part : pattern) count += is_capture(part) ? 0 : 1;
    return count;
}

// The best of the routes that `wanted` admits; fills the request's captures.
template <class Routes, class Wanted>
auto best(const Routes& routes, HttpRequest& request, Wanted wanted) -> decltype(&routes.front()) {
    decltype(&routes.front()) found = nullptr;
    for (const auto& route : routes) {
        Parts captures;
        if (!wanted(route) || !matches(route.pattern, 0, request.segments, 0, captures)) continue;
        if (found != nullptr && literals(found->pattern) >= literals(route.pattern)) continue;
        found = &route;
        request.captures = std::move(captures);
    }
    return found;
}

}  // namespace

void RouteTable::add(std::string method, std::string_view pattern, RouteKind kind,
                     HttpHandler handler) {
    routes_.push_back({std::move(method), segments_of(pattern), kind, std::move(handler)});
}

void RouteTable::add_stream(std::string_view pattern, StreamFactory factory) {
    streams_.push_back({segments_of(pattern), std::move(factory)});
}

const RouteTable::Route* RouteTable::find(HttpRequest& request) const {
    const std::string& method = request.method == "HEAD" ? "GET" : request.method;
    return best(routes_, request, [&](const Route& route) { return route.method == method; });
}

const RouteTable::StreamRoute* RouteTable::find_stream(HttpRequest& request) const {
    return best(streams_, request, [](const StreamRoute&) { return true; });
}

std::string RouteTable::allowed_methods(const HttpRequest& request) const {
    std::string methods;
    for (const auto& route : routes_) {
        Parts captures;
        if (!matches(route.pattern, 0, request.segments, 0, captures)) continue;
        if (methods.find(route.method) != std::string::npos) continue;
        methods += (methods.empty() ? "" : ", ") + route.method;
    }
    return methods;
}

}  // namespace tradewind::broker

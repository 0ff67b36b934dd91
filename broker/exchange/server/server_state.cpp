#include "broker/exchange/server/server_state.hpp"

#include <boost/beast/core/detail/base64.hpp>
#include <cctype>
#include <optional>

namespace tradewind::broker {
namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

std::string base64_decoded(std::string_view text) {
    namespace base64 = boost::beast::detail::base64;
    std::string result(base64::decoded_size(text.size()), '\0');
    result.resize(base64::decode(result.data(), text.data(), text.size()).first);
    return result;
}

std::string hex(std::uint64_t value) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = text.size(); i-- > 0; value >>= 4U) text[i] = kDigits[value & 15U];
    return text;
}

}  // namespace

std::string authenticated_account(ExchangeHost& host, const HttpRequest& request, bool& came) {
    const auto key_id = request.header("apca-api-key-id");
    const auto secret = request.header("apca-api-secret-key");
    came = !key_id.empty() || !secret.empty();
    if (came) return host.account_of(key_id, secret);
    const auto authorization = request.header("authorization");
    came = !authorization.empty();
    const auto space = authorization.find(' ');
    if (space == std::string::npos) return {};
    const auto scheme = lower(authorization.substr(0, space));
    const auto value = authorization.substr(space + 1);
    if (scheme == "basic") {
        const auto pair = base64_decoded(value);
        const auto colon = pair.find(':');
        if (colon == std::string::npos) return {};
        return host.account_of(pair.substr(0, colon), pair.substr(colon + 1));
    }
    // A token is the pair itself, `KEYID:SECRET`; where any pair is valid, any token is.
    if (scheme != "bearer") return {};
    const auto colon = value.find(':');
    if (colon == std::string::npos) return host.account_of(value, value);
    return host.account_of(value.substr(0, colon), value.substr(colon + 1));
}

std::string ServerState::next_request_id() {
    // The first half tells servers apart, so that ids of two runs differ.
    ++requests;
    const auto begun =
        static_cast<std::uint64_t>(options.unix_seconds ? options.unix_seconds() : 0);
    return hex(begun * 0x9e3779b97f4a7c15U) + hex(requests);
}

HttpAnswer ServerState::answer(HttpRequest& request) {
    HttpAnswer result;
    try {
        const auto* route = routes.find(request);
        const auto kind = route == nullptr ? RouteKind::trading : route->kind;
        bool came = false;
        request.account = authenticated_account(host, request, came);
        auto& limiter = kind == RouteKind::trading ? trading_limiter : data_limiter;
        const auto budget = limiter.take(request.account, std::chrono::steady_clock::now());
        if (request.account.empty() && (came || kind != RouteKind::open_data)) {
            result = ApiError(401, 0, "unauthorized.").answer();
        } else if (!budget.admitted) {
            result = ApiError(429, 42910000, "too many requests").answer();
            result.headers.emplace_back("Retry-After", std::to_string(budget.reset_seconds));
        } else {
            result = answer_route(request, route);
        }
        const auto now = options.unix_seconds ? options.unix_seconds() : 0;
        result.headers.emplace_back("X-RateLimit-Limit", std::to_string(budget.limit));
        result.headers.emplace_back("X-RateLimit-Remaining", std::to_string(budget.remaining));
        result.headers.emplace_back("X-RateLimit-Reset",
                                    std::to_string(now + budget.reset_seconds));
    } catch (const std::exception& fault) {
        result = ApiError(500, 50010000, std::string("internal error: ") + fault.what()).answer();
    }
    result.headers.emplace_back("X-Request-ID", request.id);
    return result;
}

HttpAnswer ServerState::answer_route(HttpRequest& request, const RouteTable::Route* route) {
    try {
        if (route != nullptr) return route->handler(request);
        const auto methods = routes.allowed_methods(request);
        if (methods.empty()) throw ApiError(404, 40410000, "endpoint not found.");
        auto refused = ApiError(405, 40510000, "method not allowed").answer();
        refused.headers.emplace_back("Allow", methods);
        return refused;
    } catch (const ApiError& error) {
        return error.answer();
    } catch (const DecimalOverflow&) {
        return ApiError(422, 40010001, "a number is out of range").answer();
    }
}

StreamOffer ServerState::offer_stream(StreamPeer& peer, HttpRequest& request) {
    try {
        const auto* route = routes.find_stream(request);
        if (route == nullptr) return ApiError(404, 40410000, "endpoint not found.").answer();
        bool came = false;
        request.account = authenticated_account(host, request, came);
        return route->factory(peer, request);
    } catch (const ApiError& error) {
        return error.answer();
    }
}

}  // namespace tradewind::broker

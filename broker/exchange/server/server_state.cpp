#include "broker/exchange/server/server_state.hpp"

#include <algorithm>
#include <boost/beast/core/detail/base64.hpp>
#include <cctype>
#include <nlohmann/json.hpp>
#include <optional>

#include "broker/exchange/server/api_text.hpp"

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

// As RFC 9110 writes it: `Tue, 05 Mar 2024 15:00:00 GMT`.
std::string http_date(std::int64_t unix_seconds) {
    constexpr std::string_view kDays[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
    constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = std::max<std::int64_t>(0, unix_seconds);
    const auto text = format_time(Timestamp{seconds * kSecond});  // 2024-03-05T15:00:00Z
    const auto month = static_cast<std::size_t>(std::stoi(text.substr(5, 2)) - 1);
    std::string date(kDays[static_cast<std::size_t>(seconds / 86'400 % 7)]);
    date += ", " + text.substr(8, 2) + " ";
    date += kMonths[month];
    return date + " " + text.substr(0, 4) + " " + text.substr(11, 8) + " GMT";
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

const Fault* ServerState::fault_of(const HttpRequest& request) {
    if (faults.empty()) return nullptr;
    bool came = false;
    const auto account = authenticated_account(host, request, came);
    const auto path = request.path();
    if (path == kFaultsPath) return nullptr;
    return faults.take({"status", "html", "lost_request", "swallow", "delay", "lost_reply", "reset",
                        "hang", "bad_body", "truncated_body", "oversized_body"},
                       {request.method, path, {}, account}, std::chrono::steady_clock::now());
}

std::int64_t ServerState::server_seconds(const std::string& account) {
    const auto now = options.unix_seconds ? options.unix_seconds() : 0;
    const auto* skew =
        faults.active("clock_skew", {{}, {}, {}, account}, std::chrono::steady_clock::now());
    return skew == nullptr ? now : now + skew->offset_ms / 1000;
}

void ServerState::sign(HttpAnswer& answer, const HttpRequest& request) {
    answer.headers.emplace_back("X-Request-ID", request.id);
    if (options.unix_seconds) {
        answer.headers.emplace_back("Date", http_date(server_seconds(request.account)));
    }
}

void ServerState::add_budget(HttpAnswer& answer, const RateLimiter::State& budget,
                             const std::string& account) {
    answer.headers.emplace_back("X-RateLimit-Limit", std::to_string(budget.limit));
    answer.headers.emplace_back("X-RateLimit-Remaining", std::to_string(budget.remaining));
    answer.headers.emplace_back("X-RateLimit-Reset",
                                std::to_string(server_seconds(account) + budget.reset_seconds));
}

HttpAnswer ServerState::scripted_answer(const HttpRequest& request, const Fault& fault) {
    HttpAnswer answer;
    if (fault.kind == "html") {
        answer.status = fault.status == 0 ? 502 : fault.status;
        answer.body =
            "<html><head><title>502 Bad Gateway</title></head><body>"
            "<h1>502 Bad Gateway</h1></body></html>";
        answer.content_type = "text/html";
    } else {
        const auto status = fault.status == 0 ? 503 : fault.status;
        const bool storm = status == 429;
        answer =
            ApiError(status, storm ? 42910000 : 0, storm ? "too many requests" : "injected fault")
                .answer();
        if (!fault.body.empty()) answer.body = fault.body;
        if (storm) {
            answer.headers.emplace_back("Retry-After", std::to_string(fault.retry_after_s));
            add_budget(answer,
                       {false, options.limits.trading_requests_per_minute, 0, fault.retry_after_s},
                       request.account);
        }
    }
    sign(answer, request);
    return answer;
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
        add_budget(result, budget, request.account);
    } catch (const std::exception& fault) {
        result = ApiError(500, 50010000, std::string("internal error: ") + fault.what()).answer();
    }
    sign(result, request);
    return result;
}

namespace {

// What the script of faults refuses an account.
void refuse_blocked(FaultScript& faults, const HttpRequest& request) {
    const auto path = request.path();
    const FaultTarget target{request.method, path, {}, request.account};
    if (request.method == "POST" && path == "/v2/orders" &&
        faults.active("account_blocked", target, std::chrono::steady_clock::now()) != nullptr) {
        throw ApiError(403, 40310000, "trading is blocked: the account is restricted");
    }
}

// What the script makes of an answer: a clock that is wrong, an account that is blocked.
void bend(FaultScript& faults, const HttpRequest& request, HttpAnswer& answer) {
    const auto now = std::chrono::steady_clock::now();
    const auto path = request.path();
    const FaultTarget target{request.method, path, {}, request.account};
    if (request.method != "GET" || answer.status != 200) return;
    const auto* skew = path == "/v2/clock" ? faults.active("clock_skew", target, now) : nullptr;
    const bool blocked =
        path == "/v2/account" && faults.active("account_blocked", target, now) != nullptr;
    if (skew == nullptr && !blocked) return;
    auto body = nlohmann::ordered_json::parse(answer.body);
    if (skew != nullptr) {
        const auto time = parse_api_time(body["timestamp"].get<std::string>());
        if (time) body["timestamp"] = new_york_api_time(*time + skew->offset_ms * kMillisecond);
    }
    if (blocked) body["account_blocked"] = body["trading_blocked"] = true;
    answer.body = body.dump();
}

}  // namespace

HttpAnswer ServerState::answer_route(HttpRequest& request, const RouteTable::Route* route) {
    try {
        if (route != nullptr && faults.empty()) return route->handler(request);
        if (route != nullptr) {
            refuse_blocked(faults, request);
            auto answer = route->handler(request);
            bend(faults, request, answer);
            return answer;
        }
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

#include "actors/status/request_router.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "actors/status/access_token.hpp"
#include "actors/status/status_json.hpp"
#include "dashboard/assets.hpp"

namespace tradewind::status {
namespace {

constexpr std::size_t kMaxReasonBytes = 1000;

struct Target {
    std::string path;
    std::string query;
};

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_digit(text[i + 1]);
        const int low = hex_digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

std::optional<Target> parse_target(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!text.starts_with(scheme)) continue;
        const auto slash = text.find('/', scheme.size());
        text = slash == std::string_view::npos ? "/" : text.substr(slash);
        break;
    }
    if (text.empty() || text.front() != '/') return std::nullopt;
    text = text.substr(0, text.find('#'));
    const auto mark = text.find('?');
    auto path = percent_decoded(text.substr(0, mark));
    if (!path) return std::nullopt;
    for (const char c : *path) {
        if (static_cast<unsigned char>(c) < ' ' || c == 127) return std::nullopt;
    }
    return Target{*path, mark == std::string_view::npos ? "" : std::string(text.substr(mark + 1))};
}

// Empty: malformed. No `limit`: all rows.
std::optional<std::size_t> row_limit(std::string_view query) {
    std::size_t limit = std::numeric_limits<std::size_t>::max();
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto part = query.substr(0, end);
        if (part.starts_with("limit=")) {
            const auto digits = part.substr(6);
            const auto [stop, code] =
                std::from_chars(digits.data(), digits.data() + digits.size(), limit);
            if (code != std::errc() || stop != digits.data() + digits.size()) return std::nullopt;
        }
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return limit;
}

std::optional<RowList> list_of(std::string_view path) {
    if (path == "/api/positions") return RowList::positions;
    if (path == "/api/orders") return RowList::orders;
    if (path == "/api/fills") return RowList::fills;
    if (path == "/api/decisions") return RowList::decisions;
    if (path == "/api/equity") return RowList::equity;
    return std::nullopt;
}

std::optional<Command::Kind> command_of(std::string_view path) {
    if (path == "/api/kill") return Command::Kind::kill;
    if (path == "/api/resume") return Command::Kind::resume;
    if (path == "/api/stop") return Command::Kind::stop;
    return std::nullopt;
}

constexpr std::string_view kForecasts = "/api/forecasts/";
constexpr std::string_view kBars = "/api/bars/";

bool is_symbol_path(std::string_view path) {
    return path.starts_with(kForecasts) || path.starts_with(kBars);
}

bool is_readable(std::string_view path) {
    return path == "/healthz" || path == "/readyz" || path == "/metrics" || path == "/api/status" ||
           path == "/api/events" || list_of(path) || is_symbol_path(path) ||
           dashboard::find_asset(path) != nullptr;
}

std::string without_port(std::string_view host) {
    if (host.starts_with('[')) {
        const auto end = host.find(']');
        if (end == std::string_view::npos) return {};
        const auto rest = host.substr(end + 1);
        if (!rest.empty() && rest.front() != ':') return {};
        return std::string(host.substr(1, end - 1));
    }
    return std::string(host.substr(0, host.find(':')));
}

Answer symbol_rows(std::string_view path, const std::string& query, const StatusView& view) {
    const bool forecasts = path.starts_with(kForecasts);
    std::string name(path.substr(forecasts ? kForecasts.size() : kBars.size()));
    // The broker writes a pair as BTC/USD; the one spelling here is BTCUSD.
    name.erase(std::remove(name.begin(), name.end(), '/'), name.end());
    if (!Symbol::valid(name)) return fault(404, "no such symbol");
    const auto limit = row_limit(query);
    if (!limit) return fault(400, "limit is not a whole number");
    const Symbol symbol(name);
    const auto body =
        forecasts ? forecasts_json(view, symbol, *limit) : bars_json(view, symbol, *limit);
    if (!body) return fault(404, "no such symbol: " + name);
    return Answer{.body = *body};
}

Answer readiness(const StatusView& view) {
    const auto reasons = not_ready_reasons(view);
    const nlohmann::ordered_json body{{"ready", reasons.empty()}, {"reasons", reasons}};
    return Answer{
        .status = reasons.empty() ? 200U : 503U,
        .body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

Outcome read(const Target& target, const StatusView& view, const Metrics& metrics) {
    const std::string& path = target.path;
    if (path == "/healthz") return Answer{.content_type = "text/plain", .body = "ok\n"};
    if (path == "/readyz") return readiness(view);
    if (path == "/metrics") {
        return Answer{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                      .body = metrics.text(view)};
    }
    if (path == "/api/status") return Answer{.body = status_json(view)};
    if (path == "/api/events") return OpenEventStream{};
    if (is_symbol_path(path)) return symbol_rows(path, target.query, view);
    if (const auto list = list_of(path)) {
        const auto limit = row_limit(target.query);
        if (!limit) return fault(400, "limit is not a whole number");
        return Answer{.body = rows_json(view, *list, *limit)};
    }
    const auto* asset = dashboard::find_asset(path);
    return Answer{.content_type = std::string(asset->content_type),
                  .body = std::string(asset->body)};
}

// The body of a command is empty or {"flatten": bool, "reason": text}.
Outcome command(Command::Kind kind, const std::string& body) {
    Command result{.kind = kind, .flatten = false, .reason = {}};
    if (body.find_first_not_of(" \t\r\n") == std::string::npos) return result;
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object()) return fault(400, "the body is no JSON object");
    for (const auto& [key, value] : json.items()) {
        if (key == "flatten" && value.is_boolean() && kind == Command::Kind::kill) {
            result.flatten = value.get<bool>();
        } else if (key == "reason" && value.is_string()) {
            result.reason = value.get<std::string>();
        } else {
            return fault(400, "not a member of this command, or of the wrong type: " + key);
        }
    }
    if (result.reason.size() > kMaxReasonBytes) {
        return fault(400, "the reason is longer than 1000 bytes");
    }
    return result;
}

bool authorized(const Request& request, std::string_view token) {
    if (!request.authorization) return false;
    std::string_view text = *request.authorization;
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return false;
    std::string scheme(text.substr(0, space));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    text.remove_prefix(std::min(text.find_first_not_of(' ', space), text.size()));
    return scheme == "bearer" && same_secret(text, token);
}

}  // namespace

bool safe_host(std::string_view host) {
    auto name = without_port(host);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (name == "localhost") return true;
    boost::system::error_code code;
    boost::asio::ip::make_address(name, code);
    return !code;
}

Answer fault(unsigned status, const std::string& text) {
    return Answer{.status = status, .body = error_json(text)};
}

Outcome route(const Request& request, const StatusView& view, const Metrics& metrics,
              std::string_view token) {
    const auto target = parse_target(request.target);
    if (!target) return fault(400, "malformed request target");
    const bool readable = is_readable(target->path);
    const auto kind = command_of(target->path);
    if (!readable && !kind) return fault(404, "no such path");
    const bool reads = request.method == "GET" || request.method == "HEAD";
    if (readable ? !reads : request.method != "POST") {
        auto answer = fault(405, "the path does not have this method");
        answer.allow = readable ? "GET, HEAD" : "POST";
        return answer;
    }
    if (!request.host && !request.http_1_0) return fault(400, "the Host header is missing");
    if (request.host && !safe_host(*request.host)) {
        return fault(403, "the Host header is neither an address nor localhost");
    }
    if (readable) return read(*target, view, metrics);
    if (request.origin && *request.origin != "http://" + request.host.value_or("")) {
        return fault(403, "a page of another origin may not send commands");
    }
    if (!authorized(request, token)) {
        auto answer = fault(401, "a command needs Authorization: Bearer TOKEN");
        answer.challenge = "Bearer realm=\"tradewind\"";
        return answer;
    }
    return command(*kind, request.body);
}

}  // namespace tradewind::status

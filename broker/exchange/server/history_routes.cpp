#include "broker/exchange/server/history_routes.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "broker/exchange/server/api_text.hpp"
#include "broker/exchange/server/order_json.hpp"
#include "market/calendar.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;
using market::TradingCalendar;

constexpr std::size_t kMaxHistoryPoints = 20'000;

HttpAnswer ok(const Json& body) {
    HttpAnswer answer;
    answer.body = body.dump();
    return answer;
}

// `20261001093012345::UUID`: local New York time with milliseconds, then the execution.
std::string activity_id(Timestamp time, const std::string& name) {
    std::string digits;
    for (const char c : new_york_api_time({time.ns / kMillisecond * kMillisecond})) {
        if (digits.size() == 14 && c != '.') break;
        if (c >= '0' && c <= '9' && digits.size() < 17) digits += c;
    }
    digits.resize(17, '0');
    return digits + "::" + name;
}

struct Activity {
    Timestamp time;
    std::string type;
    Json json;
};

// Every execution and every fee in coins, oldest first.
std::vector<Activity> activities_of(const ExchangeHost& host, const std::string& account) {
    const auto& books = host.exchange().books_of(account);
    std::vector<Activity> result;
    std::map<std::string, Quantity> cumulative;  // by order
    for (const auto& fill : books.fills) {
        auto& filled = cumulative[fill.order_id];
        filled += fill.quantity;
        const auto* entry = host.exchange().book().find(account, fill.order_id);
        if (entry == nullptr) continue;
        const auto total = std::max(entry->order.quantity, entry->order.filled_quantity);
        const bool whole =
            filled >= entry->order.filled_quantity && entry->order.status == OrderStatus::filled;
        const auto execution = stable_uuid("execution", account + "\n" + fill.fill_id);
        result.push_back({fill.time, "FILL",
                          Json{{"activity_type", "FILL"},
                               {"id", activity_id(fill.time, execution)},
                               {"order_id", order_id_of(*entry)},
                               {"order_status", whole ? "filled" : "partially_filled"},
                               {"type", whole ? "fill" : "partial_fill"},
                               {"side", tradewind::to_text(fill.side)},
                               {"symbol", api_symbol(fill.symbol)},
                               {"price", fill.price.to_string()},
                               {"qty", fill.quantity.to_string()},
                               {"cum_qty", filled.to_string()},
                               {"leaves_qty", (total - filled).to_string()},
                               {"transaction_time", api_time(fill.time)}}});
        const auto fee = books.coin_fees.find(fill.fill_id);
        const bool coin = fee != books.coin_fees.end();
        if (!coin && fill.fee.is_zero()) continue;
        const auto date = format_date(market::new_york_date(fill.time));
        const auto name = stable_uuid("fee", account + "\n" + fill.fill_id);
        Json json{{"activity_type", "CFEE"},
                  {"id", activity_id(fill.time, name)},
                  {"date", date},
                  {"net_amount", coin ? "0" : (-fill.fee).to_string()},
                  {"description", "Coin Pair Transaction Fee (Non USD)"},
                  {"symbol", fill.symbol.to_string()},
                  {"qty", coin ? (-fee->second).to_string() : "0"},
                  {"price", fill.price.to_string()},
                  {"status", "executed"},
                  {"currency", "USD"},
                  {"created_at", api_time(fill.time)}};
        result.push_back({fill.time, "CFEE", std::move(json)});
    }
    return result;
}

Timestamp time_of(const std::string& text, const char* name) {
    const auto time = parse_api_time(text);
    if (!time) throw ApiError(422, 40010001, std::string("invalid ") + name + ": " + text);
    return *time;
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

bool wanted(const HttpRequest& request, const std::vector<std::string>& types,
            const Activity& activity) {
    if (!types.empty() && std::find(types.begin(), types.end(), activity.type) == types.end()) {
        return false;
    }
    const auto category = request.parameter_or("category", "");
    const bool trade = activity.type == "FILL";
    if (category == "trade_activity" && !trade) return false;
    if (category == "non_trade_activity" && trade) return false;
    const auto date = request.parameter_or("date", "");
    if (!date.empty()) {
        const auto day = market::new_york_date(time_of(date, "date"));
        if (market::new_york_date(activity.time) != day) return false;
    }
    const auto after = request.parameter_or("after", "");
    if (!after.empty() && activity.time <= time_of(after, "after")) return false;
    const auto until = request.parameter_or("until", "");
    return until.empty() || activity.time <= time_of(until, "until");
}

HttpAnswer activities(const ExchangeHost& host, const HttpRequest& request) {
    auto types = request.list("activity_types");
    if (!request.captures.empty()) types = {request.captures[0]};
    for (auto& type : types) type = upper(type);
    if (!types.empty() && request.parameter("category") != nullptr) {
        throw ApiError(422, 40010001, "category is not accepted together with activity types");
    }
    const auto size = static_cast<std::size_t>(request.number("page_size", 100, 1, 100));
    const auto direction = request.parameter_or("direction", "desc");
    if (direction != "asc" && direction != "desc") {
        throw ApiError(422, 40010001, "invalid direction: " + direction);
    }
    auto all = activities_of(host, request.account);
    if (direction == "desc") std::reverse(all.begin(), all.end());
    const auto token = request.parameter_or("page_token", "");
    auto from = all.begin();
    if (!token.empty()) {
        from = std::find_if(all.begin(), all.end(),
                            [&](const Activity& each) { return each.json["id"] == token; });
        if (from == all.end()) throw ApiError(422, 40010001, "invalid page_token: " + token);
        ++from;
    }
    Json page = Json::array();
    for (; from != all.end() && page.size() < size; ++from) {
        if (wanted(request, types, *from)) page.push_back(std::move(from->json));
    }
    return ok(page);
}

// --- portfolio history ---

struct Frame {
    std::string_view name;
    std::int64_t ns;
};
constexpr std::array<Frame, 5> kFrames{{{"1Min", kMinute},
                                        {"5Min", 5 * kMinute},
                                        {"15Min", 15 * kMinute},
                                        {"1H", kHour},
                                        {"1D", kDay}}};

// `3D`, `2W`, `1M`, `1A`: calendar days back.
std::int32_t period_days(const std::string& text) {
    int count = 0;
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9' && digits < 4) {
        count = count * 10 + (text[digits++] - '0');
    }
    const auto unit = upper(text.substr(digits));
    const std::map<std::string, int> days = {{"D", 1}, {"W", 7}, {"M", 31}, {"A", 366}, {"Y", 366}};
    const auto found = days.find(unit);
    if (count == 0 || found == days.end()) {
        throw ApiError(422, 40010001, "invalid period: " + text);
    }
    return count * found->second;
}

// Left labels of the frames that have begun, in sessions only unless `continuous`.
std::vector<Timestamp> labels(Timestamp from, Timestamp to, std::int64_t frame, bool continuous) {
    std::vector<Timestamp> result;
    if (frame == kDay) {
        auto date = market::new_york_date(from);
        for (; market::new_york_time(date, 0, 0) <= to; date = date + 1) {
            if (!continuous && !market::session_on(TradingCalendar::nyse, date)) continue;
            result.push_back(market::new_york_time(date, 0, 0));
        }
        return result;
    }
    Timestamp label{(from.ns + frame - 1) / frame * frame};
    while (label <= to) {
        if (!continuous && !market::session_at(TradingCalendar::nyse, label)) {
            const auto date = market::exchange_date(TradingCalendar::nyse, label);
            const auto today = market::session_on(TradingCalendar::nyse, date);
            label = today && label < today->open
                        ? today->open
                        : market::next_session(TradingCalendar::nyse, date).open;
            continue;
        }
        result.push_back(label);
        if (result.size() > kMaxHistoryPoints) {
            throw ApiError(422, 40010001, "the range has too many points for this timeframe");
        }
        label = label + frame;
    }
    return result;
}

double cents(Money value) {
    return round_half_even(value, 2).to_double();
}

HttpAnswer portfolio_history(const ExchangeHost& host, const HttpRequest& request) {
    const auto& exchange = host.exchange();
    const auto now = exchange.time();
    const auto period = request.parameter_or("period", "");
    const auto start = request.parameter_or("start", "");
    const auto end_text = request.parameter_or("end", request.parameter_or("date_end", ""));
    auto end = end_text.empty() ? now : time_of(end_text, "end");
    if (end_text.size() == 10) end = end + kDay - 1;  // a date counts to its end
    end = std::min(end, now);
    const auto days = period_days(period.empty() ? "1M" : period);
    const auto from = start.empty()
                          ? market::new_york_time(market::new_york_date(end) - (days - 1), 0, 0)
                          : time_of(start, "start");
    const auto frame_name = request.parameter_or("timeframe", days <= 1   ? "1Min"
                                                              : days < 31 ? "15Min"
                                                                          : "1D");
    std::int64_t frame = 0;
    for (const auto& each : kFrames) {
        if (each.name == frame_name) frame = each.ns;
    }
    if (frame == 0) throw ApiError(422, 40010001, "invalid timeframe: " + frame_name);
    const bool continuous = request.parameter_or("intraday_reporting", "") == "continuous";
    const auto begun = exchange.settings().start;
    const auto base = exchange.equity_at(request.account, std::max(from - 1, begun));
    Json times = Json::array();
    Json equity = Json::array();
    Json profit = Json::array();
    Json part = Json::array();
    for (const auto label : labels(from, end, frame, continuous)) {
        // A frame shows the equity at its end, or now.
        const auto at = std::min(label + frame, end);
        if (at <= begun) continue;
        const auto value = exchange.equity_at(request.account, at);
        times.push_back(label.ns / kSecond);
        equity.push_back(cents(value));
        profit.push_back(cents(value - base));
        part.push_back(base.is_zero() ? 0.0 : ratio(value - base, base).to_double());
    }
    return ok(Json{{"timestamp", std::move(times)},
                   {"equity", std::move(equity)},
                   {"profit_loss", std::move(profit)},
                   {"profit_loss_pct", std::move(part)},
                   {"base_value", cents(base)},
                   {"base_value_asof", format_date(market::new_york_date(from))},
                   {"timeframe", frame_name},
                   {"cashflow", Json::object()}});
}

}  // namespace

void add_history_routes(RouteTable& routes, ExchangeHost& host) {
    const auto answer = [&host](const HttpRequest& request) { return activities(host, request); };
    routes.add("GET", "/v2/account/activities", RouteKind::trading, answer);
    routes.add("GET", "/v2/account/activities/{type}", RouteKind::trading, answer);
    routes.add("GET", "/v2/account/portfolio/history", RouteKind::trading,
               [&host](const HttpRequest& request) { return portfolio_history(host, request); });
}

}  // namespace tradewind::broker

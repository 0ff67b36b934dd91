#include <cstdio>
#include <nlohmann/json.hpp>

#include "broker/exchange/server/account_routes.hpp"
#include "broker/exchange/server/api_text.hpp"
#include "market/calendar.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;
using market::TradingCalendar;

constexpr std::int32_t kMaxCalendarDays = 366 * 40;

std::string speed_text(double speed) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%g", speed);
    return digits;
}

HttpAnswer clock(const ExchangeHost& host) {
    const auto now = host.now();
    const auto session = market::session_at(TradingCalendar::nyse, now);
    const auto today = market::exchange_date(TradingCalendar::nyse, now);
    auto next = market::session_on(TradingCalendar::nyse, today);
    if (!next || next->open <= now) next = market::next_session(TradingCalendar::nyse, today);
    const Json body{{"timestamp", new_york_api_time(now)},
                    {"is_open", session.has_value()},
                    {"next_open", new_york_api_time(next->open)},
                    {"next_close", new_york_api_time(session ? session->close : next->close)}};
    HttpAnswer answer;
    answer.body = body.dump();
    answer.headers.emplace_back("X-Clock-Speed", speed_text(host.speed()));
    return answer;
}

// `09:30` (colon) or `0930` of an instant, in New York.
std::string wall_time(Timestamp time, bool colon) {
    const auto minutes = market::new_york_time_of_day_ns(time) / kMinute;
    char digits[24];
    std::snprintf(digits, sizeof digits, colon ? "%02d:%02d" : "%02d%02d",
                  static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
    return digits;
}

Date date_parameter(const HttpRequest& request, const char* name, Date otherwise) {
    const auto text = request.parameter_or(name, "");
    if (text.empty()) return otherwise;
    if (const auto date = parse_date(std::string_view(text).substr(0, 10))) return *date;
    throw ApiError(422, 40010001, std::string("invalid ") + name + ": " + text);
}

HttpAnswer calendar(const HttpRequest& request) {
    const auto first = date_of(1998, 1, 1);
    const auto last = date_of(market::kLastCalendarYear, 12, 31);
    auto date = std::max(first, date_parameter(request, "start", first));
    const auto end = std::min(last, date_parameter(request, "end", last));
    if (end - date > kMaxCalendarDays) throw ApiError(422, 40010001, "the range is too long");
    Json days = Json::array();
    for (; date <= end; date = date + 1) {
        const auto session = market::session_on(TradingCalendar::nyse, date);
        if (!session) continue;
        const auto settlement = market::next_session(TradingCalendar::nyse, date).date;
        days.push_back({{"date", format_date(date)},
                        {"open", wall_time(session->open, true)},
                        {"close", wall_time(session->close, true)},
                        {"session_open", "0400"},
                        {"session_close", session->early ? "1700" : "2000"},
                        {"settlement_date", format_date(settlement)}});
    }
    return {.body = days.dump(), .headers = {}};
}

}  // namespace

void add_clock_routes(RouteTable& routes, ExchangeHost& host) {
    routes.add("GET", "/v2/clock", RouteKind::trading,
               [&host](const HttpRequest&) { return clock(host); });
    routes.add("GET", "/v2/calendar", RouteKind::trading, calendar);
}

}  // namespace tradewind::broker

// Clock and calendar of one market, /v3: phases of the day and their times. Source: broker protocol
// 2.8.
#include <array>
#include <nlohmann/json.hpp>

#include "broker/exchange/server/account_routes.hpp"
#include "broker/exchange/server/api_text.hpp"
#include "market/calendar.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;
using market::TradingCalendar;

constexpr std::int32_t kMaxCalendarDays = 366 * 40;

struct MarketName {
    std::string_view acronym;
    std::string_view mic;
    std::string_view name;
};
// The markets that keep the calendar of this exchange.
constexpr std::array<MarketName, 2> kMarkets{{
    {"NYSE", "XNYS", "New York Stock Exchange"},
    {"NASDAQ", "XNAS", "Nasdaq"},
}};

const MarketName& market_of(const std::string& text) {
    for (const auto& market : kMarkets) {
        if (text == market.acronym || text == market.mic) return market;
    }
    throw ApiError(422, 40010001, "invalid market: " + text);
}

Json market_json(const MarketName& market) {
    return Json{{"acronym", market.acronym},
                {"mic", market.mic},
                {"name", market.name},
                {"timezone", "America/New_York"}};
}

// The bounds of a day with a session: pre-market, session, and what is after it.
struct DayPhases {
    Timestamp pre;
    Timestamp open;
    Timestamp close;
    Timestamp end;
};

DayPhases phases_of(const market::Session& session) {
    return {market::new_york_time(session.date, 4, 0), session.open, session.close,
            session.close + 4 * kHour};
}

Json clock_of(const MarketName& market, Timestamp now) {
    const auto today = market::exchange_date(TradingCalendar::nyse, now);
    const auto session = market::session_on(TradingCalendar::nyse, today);
    const auto next = market::next_session(TradingCalendar::nyse, today);
    const auto later = phases_of(next);
    const bool opens = session && now < session->open;
    const bool closes = session && now < session->close;
    Timestamp until = later.pre;
    const char* phase = "closed";
    if (session) {
        const auto day = phases_of(*session);
        if (now < day.pre) {
            until = day.pre;
        } else if (now < day.end) {
            phase = now < day.open ? "pre" : now < day.close ? "core" : "post";
            until = now < day.open ? day.open : now < day.close ? day.close : day.end;
        }
    }
    return Json{{"market", market_json(market)},
                {"timestamp", new_york_api_time(now)},
                {"is_market_day", session.has_value()},
                {"next_market_open", new_york_api_time(opens ? session->open : next.open)},
                {"next_market_close", new_york_api_time(closes ? session->close : next.close)},
                {"phase", phase},
                {"phase_until", new_york_api_time(until)}};
}

HttpAnswer clocks(const ExchangeHost& host, const HttpRequest& request) {
    auto now = host.now();
    const auto text = request.parameter_or("time", "");
    if (!text.empty()) {
        const auto time = parse_api_time(text);
        if (!time) throw ApiError(422, 40010001, "invalid time: " + text);
        now = *time;
    }
    Json list = Json::array();
    for (const auto& name : request.list("markets")) list.push_back(clock_of(market_of(name), now));
    if (list.empty()) {
        for (const auto& market : kMarkets) list.push_back(clock_of(market, now));
    }
    return {.body = Json{{"clocks", std::move(list)}}.dump(), .headers = {}};
}

Date date_parameter(const HttpRequest& request, const char* name, Date otherwise) {
    const auto text = request.parameter_or(name, "");
    if (text.empty()) return otherwise;
    if (const auto date = parse_date(std::string_view(text).substr(0, 10))) return *date;
    throw ApiError(422, 40010001, std::string("invalid ") + name + ": " + text);
}

HttpAnswer calendar(const ExchangeHost& host, const HttpRequest& request) {
    const auto& market = market_of(request.captures.at(0));
    const bool utc = request.parameter_or("timezone", "") == "UTC";
    const auto time = [utc](Timestamp at) { return utc ? api_time(at) : new_york_api_time(at); };
    const auto today = market::exchange_date(TradingCalendar::nyse, host.now());
    const auto first = date_of(1998, 1, 1);
    const auto last = date_of(market::kLastCalendarYear, 12, 31);
    auto date = std::max(first, date_parameter(request, "start", today));
    const auto end = std::min(last, date_parameter(request, "end", date + 7));
    if (end - date > kMaxCalendarDays) throw ApiError(422, 40010001, "the range is too long");
    Json days = Json::array();
    for (; date <= end; date = date + 1) {
        const auto session = market::session_on(TradingCalendar::nyse, date);
        if (!session) continue;
        const auto day = phases_of(*session);
        days.push_back({{"date", format_date(date)},
                        {"pre_start", time(day.pre)},
                        {"pre_end", time(day.open)},
                        {"core_start", time(day.open)},
                        {"core_end", time(day.close)},
                        {"post_start", time(day.close)},
                        {"post_end", time(day.end)},
                        {"settlement_date",
                         format_date(market::next_session(TradingCalendar::nyse, date).date)}});
    }
    const Json body{{"market", market_json(market)}, {"calendar", std::move(days)}};
    return {.body = body.dump(), .headers = {}};
}

}  // namespace

void add_market_clock_routes(RouteTable& routes, ExchangeHost& host) {
    routes.add("GET", "/v3/clock", RouteKind::trading,
               [&host](const HttpRequest& request) { return clocks(host, request); });
    routes.add("GET", "/v3/calendar/{market}", RouteKind::trading,
               [&host](const HttpRequest& request) { return calendar(host, request); });
}

}  // namespace tradewind::broker

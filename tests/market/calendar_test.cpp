#include "market/calendar.hpp"

#include <date/tz.h>

#include <fstream>
#include <map>
#include <set>

#include "tests/catch.hpp"
#include "tests/test_data.hpp"

using namespace tradewind;
using namespace tradewind::market;

namespace {

constexpr auto kNyse = TradingCalendar::nyse;

Date day(const char* text) {
    return *parse_date(text);
}
Timestamp at(const char* text) {
    return *parse_time(text);
}

// Lines `YYYY-MM-DD closed|HH:MM|open HH:MM` of tests/market/nyse_special_days.txt: every Monday to
// Friday of 1998..2030 that is not an ordinary session.
std::map<Date, std::string> special_days() {
    std::map<Date, std::string> days;
    std::ifstream file(tradewind::test::test_data("market/nyse_special_days.txt"));
    std::string line;
    while (std::getline(file, line)) {
        if (!line.empty() && line.front() != '#')
            days[day(line.substr(0, 10).c_str())] = line.substr(11);
    }
    return days;
}

std::string hour_minute(Timestamp time) {
    const auto minutes = new_york_time_of_day_ns(time) / kMinute;
    char text[32];
    std::snprintf(text, sizeof text, "%02d:%02d", static_cast<int>(minutes / 60),
                  static_cast<int>(minutes % 60));
    return text;
}

}  // namespace

TEST_CASE("every session of 1998 to 2030 is the exchange's") {
    const auto special = special_days();
    REQUIRE(special.size() > 300);
    int sessions = 0;
    for (Date d = day("1998-01-01"); d <= day("2030-12-31"); d = d + 1) {
        INFO(format_date(d));
        const auto session = session_on(kNyse, d);
        const bool week_end = weekday(d) == 0 || weekday(d) == 6;
        const auto found = special.find(d);
        const std::string expected = week_end                 ? "closed"
                                     : found == special.end() ? "ordinary"
                                                              : found->second;
        if (expected == "closed") {
            CHECK_FALSE(session);
            continue;
        }
        REQUIRE(session);
        ++sessions;
        CHECK(session->date == d);
        const bool late = expected.starts_with("open");
        const bool early = expected != "ordinary" && !late;
        CHECK(hour_minute(session->open) == (late ? expected.substr(5) : "09:30"));
        CHECK(hour_minute(session->close) == (early ? expected : "16:00"));
        CHECK(session->early == early);
        CHECK(new_york_date(session->open) == d);
    }
    CHECK(sessions == sessions_between(kNyse, day("1997-12-31"), day("2030-12-31")));
}

TEST_CASE("sessions are found by date and by time") {
    CHECK(next_session(kNyse, day("2001-09-10")).date == day("2001-09-17"));
    CHECK(previous_session(kNyse, day("2012-10-31")).date == day("2012-10-26"));
    CHECK(session_at(kNyse, at("2024-02-05T14:30:00Z"))->date == day("2024-02-05"));
    CHECK_FALSE(session_at(kNyse, at("2024-02-05T14:29:59.999999999Z")));
    CHECK_FALSE(session_at(kNyse, at("2024-02-05T21:00:00Z")));
    CHECK(last_ended_session(kNyse, at("2024-02-05T21:00:00Z")).date == day("2024-02-05"));
    CHECK(last_ended_session(kNyse, at("2024-02-05T20:59:59Z")).date == day("2024-02-02"));
    CHECK(exchange_date(kNyse, at("2021-01-01T00:01:00Z")) == day("2020-12-31"));
    CHECK(exchange_date(TradingCalendar::utc_days, at("2021-01-01T00:01:00Z")) ==
          day("2021-01-01"));
    const auto coin_day = *session_on(TradingCalendar::utc_days, day("2024-12-25"));
    CHECK(coin_day.close - coin_day.open == kDay);
    CHECK(next_session(TradingCalendar::utc_days, day("2024-12-25")).date == day("2024-12-26"));
}

TEST_CASE("outside the calendar's years the usual hours hold") {
    CHECK_FALSE(covers(kNyse, day("1980-12-12")));
    const auto session = session_of_bar(kNyse, day("1980-12-12"));
    CHECK(session.open == at("1980-12-12T14:30:00Z"));
    CHECK(session.close == at("1980-12-12T21:00:00Z"));
    CHECK(session_of_bar(kNyse, day("1985-06-03")).open == at("1985-06-03T13:30:00Z"));
    // A bar on a holiday is kept, at the usual hours.
    CHECK(session_of_bar(kNyse, day("2024-12-25")).open == at("2024-12-25T14:30:00Z"));
    CHECK(next_session(kNyse, day("2030-12-31")).date == day("2031-01-01"));
    CHECK_FALSE(session_on(kNyse, day("2031-01-04")));
}

TEST_CASE("counting sessions agrees with walking them") {
    test::law("sessions_between is additive and counts", [] {
        const Date from{*rc::gen::inRange(9'500, 24'000)};
        const Date to = from + *rc::gen::inRange(0, 400);
        int counted = 0;
        for (Date d = from + 1; d <= to; d = d + 1) counted += session_on(kNyse, d) ? 1 : 0;
        RC_ASSERT(sessions_between(kNyse, from, to) == counted);
        RC_ASSERT(sessions_between(kNyse, to, from) == -counted);
    });
}

TEST_CASE("New York time agrees with the time zone data of the machine") {
    const date::time_zone* zone = nullptr;
    try {
        zone = date::locate_zone("America/New_York");
    } catch (const std::exception& e) {
        WARN("skipped: no time zone data on this machine: " << e.what());
        return;
    }
    // Every half hour of each change, and a walk over all years since 1967.
    for (std::int64_t ns = at("1967-01-01T00:00:00Z").ns; ns < at("2037-01-01T00:00:00Z").ns;
         ns += 30 * kMinute * 7) {
        const auto info = zone->get_info(date::sys_seconds{std::chrono::seconds{ns / kSecond}});
        if (new_york_offset_ns({ns}) != info.offset.count() * kSecond) {
            FAIL(format_time({ns}));
        }
    }
    for (int year = 1967; year < 2037; ++year) {
        for (unsigned month = 1; month <= 12; ++month) {
            for (Date d = date_of(year, month, 1); civil(d).month == month; d = d + 1) {
                const auto midnight = new_york_time(d, 0, 0);
                if (new_york_date(midnight) != d || new_york_date(midnight - 1) != d - 1) {
                    FAIL(format_date(d));
                }
            }
        }
    }
    CHECK(new_york_time(day("2024-03-10"), 2, 30) == at("2024-03-10T07:30:00Z"));
    CHECK(new_york_time(day("2024-11-03"), 1, 30) == at("2024-11-03T05:30:00Z"));
}

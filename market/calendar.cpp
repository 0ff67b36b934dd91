#include "market/calendar.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace tradewind::market {
namespace {

// How a UTC day lies against New York's clock.
enum class Clock : std::uint8_t {
    standard,  // -5 h all day
    daylight,  // -4 h all day
    spring,    // turns to daylight time at 07:00 UTC
    autumn,    // turns to standard time at 06:00 UTC
};

constexpr std::int64_t kStandardOffset = -5 * kHour;
constexpr std::int64_t kDaylightOffset = -4 * kHour;
constexpr std::int64_t kSpringChange = 7 * kHour;
constexpr std::int64_t kAutumnChange = 6 * kHour;
constexpr int kFirstClockYear = 1900;
constexpr int kLastClockYear = 2263;

Date nth_weekday(int year, unsigned month, int wanted, int nth) {
    const Date first = date_of(year, month, 1);
    return first + (wanted - weekday(first) + 7) % 7 + 7 * (nth - 1);
}

Date last_weekday(int year, unsigned month, int wanted) {
    const Date next_month = month == 12 ? date_of(year + 1, 1, 1) : date_of(year, month + 1, 1);
    const Date last = next_month - 1;
    return last - (weekday(last) - wanted + 7) % 7;
}

constexpr int kSunday = 0;
constexpr int kMonday = 1;
constexpr int kThursday = 4;
constexpr int kFriday = 5;
constexpr int kSaturday = 6;

Date daylight_begins(int year) {
    if (year >= 2007) return nth_weekday(year, 3, kSunday, 2);
    if (year >= 1987) return nth_weekday(year, 4, kSunday, 1);
    if (year == 1974) return date_of(1974, 1, 6);
    if (year == 1975) return date_of(1975, 2, 23);
    return last_weekday(year, 4, kSunday);
}

Date daylight_ends(int year) {
    if (year >= 2007) return nth_weekday(year, 11, kSunday, 1);
    return last_weekday(year, year >= 1955 ? 10 : 9, kSunday);
}

struct ClockTable {
    Date first = date_of(kFirstClockYear, 1, 1);
    std::vector<Clock> days;

    ClockTable() {
        const Date end = date_of(kLastClockYear, 1, 1);
        days.assign(static_cast<std::size_t>(end - first), Clock::standard);
        for (int year = kFirstClockYear; year < kLastClockYear; ++year) {
            const Date begins = daylight_begins(year);
            const Date ends = daylight_ends(year);
            for (Date d = begins; d < ends; d = d + 1) at(d) = Clock::daylight;
            at(begins) = Clock::spring;
            at(ends) = Clock::autumn;
        }
    }
    Clock& at(Date date) { return days[static_cast<std::size_t>(date - first)]; }
    [[nodiscard]] Clock of(Date date) const {
        const auto index = std::clamp<std::int64_t>(date.days - first.days, 0,
                                                    static_cast<std::int64_t>(days.size()) - 1);
        return days[static_cast<std::size_t>(index)];
    }
};

const ClockTable& clock_table() {
    static const ClockTable table;
    return table;
}

std::int64_t offset_of(Clock clock, std::int64_t utc_time_of_day) {
    switch (clock) {
        case Clock::standard:
            return kStandardOffset;
        case Clock::daylight:
            return kDaylightOffset;
        case Clock::spring:
            return utc_time_of_day < kSpringChange ? kStandardOffset : kDaylightOffset;
        case Clock::autumn:
            break;
    }
    return utc_time_of_day < kAutumnChange ? kDaylightOffset : kStandardOffset;
}

// Gregorian Easter Sunday (the anonymous computus).
Date easter(int year) {
    const int a = year % 19;
    const int b = year / 100;
    const int c = year % 100;
    const int d = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    const int e = (32 + 2 * (b % 4) + 2 * (c / 4) - d - c % 4) % 7;
    const int f = d + e - 7 * ((a + 11 * d + 22 * e) / 451) + 114;
    return date_of(year, static_cast<unsigned>(f / 31), static_cast<unsigned>(f % 31 + 1));
}

// A fixed holiday is kept on the Friday before or the Monday after a week-end.
Date observed(Date date) {
    if (weekday(date) == kSaturday) return date - 1;
    if (weekday(date) == kSunday) return date + 1;
    return date;
}

void add_holidays(int year, std::vector<Date>& out) {
    // New Year on a Saturday is not kept: the Friday closes the old year's books.
    const Date new_year = date_of(year, 1, 1);
    if (weekday(new_year) != kSaturday) out.push_back(observed(new_year));
    out.push_back(nth_weekday(year, 1, kMonday, 3));                  // Martin Luther King
    out.push_back(nth_weekday(year, 2, kMonday, 3));                  // Washington
    out.push_back(easter(year) - 2);                                  // Good Friday
    out.push_back(last_weekday(year, 5, kMonday));                    // Memorial Day
    if (year >= 2022) out.push_back(observed(date_of(year, 6, 19)));  // Juneteenth
    out.push_back(observed(date_of(year, 7, 4)));
    out.push_back(nth_weekday(year, 9, kMonday, 1));     // Labor Day
    out.push_back(nth_weekday(year, 11, kThursday, 4));  // Thanksgiving
    out.push_back(observed(date_of(year, 12, 25)));
}

void add_half_days(int year, std::vector<Date>& out) {
    out.push_back(nth_weekday(year, 11, kThursday, 4) + 1);
    const Date christmas_eve = date_of(year, 12, 24);
    const int eve = weekday(christmas_eve);
    if (eve >= kMonday && eve <= kThursday) out.push_back(christmas_eve);
    // The day before Independence Day; on a Wednesday only since 2013 (before, the Friday after).
    const Date third = date_of(year, 7, 3);
    const int day = weekday(third);
    const bool wednesday = day == 3;
    if (day >= kMonday && day <= kThursday && (!wednesday || year >= 2013)) out.push_back(third);
    if (wednesday && year < 2013) out.push_back(third + 2);
}

struct SpecialDay {
    int year;
    unsigned month;
    unsigned day;
};

constexpr SpecialDay kClosures[] = {
    {2001, 9, 11},  {2001, 9, 12},  {2001, 9, 13}, {2001, 9, 14},  // attacks on New York
    {2004, 6, 11},                                                 // mourning for R. Reagan
    {2007, 1, 2},                                                  // mourning for G. Ford
    {2012, 10, 29}, {2012, 10, 30},                                // hurricane Sandy
    {2018, 12, 5},                                                 // mourning for G. H. W. Bush
    {2025, 1, 9},                                                  // mourning for J. Carter
};
constexpr SpecialDay kExtraHalfDays[] = {{1999, 12, 31}, {2003, 12, 26}};
constexpr SpecialDay kNoonOpen = {2002, 9, 11};  // first anniversary of the attacks

struct SessionTable {
    Date first = date_of(kFirstCalendarYear, 1, 1);
    Date end = date_of(kLastCalendarYear + 1, 1, 1);
    std::vector<Session> sessions;
    // Sessions dated before day i of the table: also the index of the first one on or after it.
    std::vector<std::int32_t> before;

    SessionTable() {
        std::vector<Date> closed;
        std::vector<Date> half;
        for (int year = kFirstCalendarYear; year <= kLastCalendarYear; ++year) {
            add_holidays(year, closed);
            add_half_days(year, half);
        }
        for (const auto& d : kClosures) closed.push_back(date_of(d.year, d.month, d.day));
        for (const auto& d : kExtraHalfDays) half.push_back(date_of(d.year, d.month, d.day));
        std::sort(closed.begin(), closed.end());
        std::sort(half.begin(), half.end());
        const Date noon = date_of(kNoonOpen.year, kNoonOpen.month, kNoonOpen.day);
        for (Date d = first; d < end; d = d + 1) {
            before.push_back(static_cast<std::int32_t>(sessions.size()));
            if (weekday(d) == kSunday || weekday(d) == kSaturday ||
                std::binary_search(closed.begin(), closed.end(), d)) {
                continue;
            }
            const bool early = std::binary_search(half.begin(), half.end(), d);
            sessions.push_back({d, d == noon ? new_york_time(d, 12, 0) : new_york_time(d, 9, 30),
                                new_york_time(d, early ? 13 : 16, 0), early});
        }
        before.push_back(static_cast<std::int32_t>(sessions.size()));
    }
    [[nodiscard]] bool covers(Date date) const { return first <= date && date < end; }
    [[nodiscard]] std::size_t index(Date date) const {
        return static_cast<std::size_t>(date - first);
    }
};

const SessionTable& session_table() {
    static const SessionTable table;
    return table;
}

Session usual_session(TradingCalendar calendar, Date date) {
    if (calendar == TradingCalendar::utc_days) {
        return {date, utc_midnight(date), utc_midnight(date + 1), false};
    }
    return {date, new_york_time(date, 9, 30), new_york_time(date, 16, 0), false};
}

bool is_weekday(Date date) {
    return weekday(date) != kSunday && weekday(date) != kSaturday;
}

// Mondays to Fridays dated at or before `date`, from an arbitrary origin.
std::int64_t weekdays_up_to(Date date) {
    const std::int64_t since_monday = static_cast<std::int64_t>(date.days) + 3 + 7 * 200'000;
    const std::int64_t weeks = since_monday / 7;
    return weeks * 5 + std::min<std::int64_t>(since_monday % 7 + 1, 5);
}

// Sessions dated at or before `date`, relative to the start of the table.
std::int64_t ordinal(Date date) {
    const auto& table = session_table();
    if (date < table.first) return weekdays_up_to(date) - weekdays_up_to(table.first - 1);
    if (date >= table.end) {
        return static_cast<std::int64_t>(table.sessions.size()) + weekdays_up_to(date) -
               weekdays_up_to(table.end - 1);
    }
    return table.before[table.index(date) + 1];
}

}  // namespace

bool covers(TradingCalendar calendar, Date date) {
    return calendar == TradingCalendar::utc_days || session_table().covers(date);
}

std::optional<Session> session_on(TradingCalendar calendar, Date date) {
    if (calendar == TradingCalendar::utc_days) return usual_session(calendar, date);
    const auto& table = session_table();
    if (!table.covers(date)) {
        return is_weekday(date) ? std::optional(usual_session(calendar, date)) : std::nullopt;
    }
    const auto i = table.index(date);
    if (table.before[i] == table.before[i + 1]) return std::nullopt;
    return table.sessions[static_cast<std::size_t>(table.before[i])];
}

Session session_of_bar(TradingCalendar calendar, Date date) {
    const auto session = session_on(calendar, date);
    return session ? *session : usual_session(calendar, date);
}

Session next_session(TradingCalendar calendar, Date date) {
    for (Date d = date + 1;; d = d + 1) {
        if (const auto session = session_on(calendar, d)) return *session;
    }
}

Session previous_session(TradingCalendar calendar, Date date) {
    for (Date d = date - 1;; d = d - 1) {
        if (const auto session = session_on(calendar, d)) return *session;
    }
}

std::optional<Session> session_at(TradingCalendar calendar, Timestamp time) {
    const auto session = session_on(calendar, exchange_date(calendar, time));
    return session && session->contains(time) ? session : std::nullopt;
}

Session last_ended_session(TradingCalendar calendar, Timestamp time) {
    const Date date = exchange_date(calendar, time);
    const auto session = session_on(calendar, date);
    return session && session->close <= time ? *session : previous_session(calendar, date);
}

int sessions_between(TradingCalendar calendar, Date after, Date up_to) {
    if (calendar == TradingCalendar::utc_days) return up_to - after;
    return static_cast<int>(ordinal(up_to) - ordinal(after));
}

Date exchange_date(TradingCalendar calendar, Timestamp time) {
    return calendar == TradingCalendar::utc_days ? utc_date(time) : new_york_date(time);
}

std::int64_t new_york_offset_ns(Timestamp time) {
    const Date date = utc_date(time);
    return offset_of(clock_table().of(date), time - utc_midnight(date));
}

Date new_york_date(Timestamp time) {
    return utc_date(time + new_york_offset_ns(time));
}

std::int64_t new_york_time_of_day_ns(Timestamp time) {
    const Timestamp local = time + new_york_offset_ns(time);
    return local - utc_midnight(utc_date(local));
}

Timestamp new_york_time(Date date, int hour, int minute) {
    // Both changes happen at 02:00 local time of the date that is also the UTC date.
    const std::int64_t local = hour * kHour + minute * kMinute;
    std::int64_t offset = kStandardOffset;
    switch (clock_table().of(date)) {
        case Clock::standard:
            break;
        case Clock::daylight:
            offset = kDaylightOffset;
            break;
        case Clock::spring:
            if (local >= 3 * kHour) offset = kDaylightOffset;
            break;
        case Clock::autumn:
            if (local < 2 * kHour) offset = kDaylightOffset;
            break;
    }
    return utc_midnight(date) + (local - offset);
}

}  // namespace tradewind::market

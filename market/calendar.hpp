// The exchange calendar: NYSE sessions 1998 to 2030 (holidays, half days, one-off closures,
// daylight saving) and the 24/7 calendar of coins, whose session is one UTC day.
//
// Pure functions of their arguments; any thread. Every conversion is a table look-up: the tables
// are built once, on first use, without files or network. Exchange dates and exchange minutes come
// only from here. Outside the calendar's years Monday to Friday counts as open, 09:30-16:00 New
// York; whether such a day had a session is then for its bars to say (session_of_bar). Source:
// strategies spec 1.1, contract 3.
#pragma once

#include <cstdint>
#include <optional>

#include "messages/instrument.hpp"
#include "messages/time.hpp"

namespace tradewind::market {

enum class TradingCalendar : std::uint8_t {
    nyse,      // New York sessions
    utc_days,  // open all the time; a session is the UTC day
};

constexpr int kFirstCalendarYear = 1998;
constexpr int kLastCalendarYear = 2030;

struct Session {
    Date date;
    Timestamp open;
    Timestamp close;     // exclusive: first instant after the session
    bool early = false;  // closes before the usual hour

    [[nodiscard]] constexpr bool contains(Timestamp t) const { return open <= t && t < close; }
    friend bool operator==(const Session&, const Session&) = default;
};

// Coins trade on UTC days, all else on NYSE sessions.
[[nodiscard]] constexpr TradingCalendar calendar_of(AssetClass asset_class) {
    return asset_class == AssetClass::crypto ? TradingCalendar::utc_days : TradingCalendar::nyse;
}

// True where the calendar knows the days: always for utc_days, 1998..2030 for nyse.
[[nodiscard]] bool covers(TradingCalendar calendar, Date date);

// The session of that exchange date; empty on a day without one.
[[nodiscard]] std::optional<Session> session_on(TradingCalendar calendar, Date date);

// The session that a bar dated `date` belongs to: session_on, and the usual hours of that day
// where the calendar has no session (the bar is evidence enough to keep it).
[[nodiscard]] Session session_of_bar(TradingCalendar calendar, Date date);

// The first session dated after `date`; the last one dated before it.
[[nodiscard]] Session next_session(TradingCalendar calendar, Date date);
[[nodiscard]] Session previous_session(TradingCalendar calendar, Date date);

// The session that is open at `time` (open <= time < close).
[[nodiscard]] std::optional<Session> session_at(TradingCalendar calendar, Timestamp time);
// The newest session that has ended at or before `time`.
[[nodiscard]] Session last_ended_session(TradingCalendar calendar, Timestamp time);

// How many sessions are dated in (after, up_to]; negative when up_to lies before after.
[[nodiscard]] int sessions_between(TradingCalendar calendar, Date after, Date up_to);

// The civil date at the exchange: New York for nyse, UTC for utc_days.
[[nodiscard]] Date exchange_date(TradingCalendar calendar, Timestamp time);

// New York civil time. The rules of daylight saving are those of the United States since 1967, and
// those of the city before. A local time that does not exist (02:30 in spring) maps to the instant
// one hour later on the clock; one that exists twice maps to the first.
[[nodiscard]] std::int64_t new_york_offset_ns(Timestamp time);  // -5 h or -4 h
[[nodiscard]] Date new_york_date(Timestamp time);
[[nodiscard]] std::int64_t new_york_time_of_day_ns(Timestamp time);  // since local midnight
[[nodiscard]] Timestamp new_york_time(Date date, int hour, int minute);

}  // namespace tradewind::market

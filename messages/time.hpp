// Time values: nanoseconds UTC, exchange dates as civil dates. Pure; no clock is read here.
//
// Exchange dates and minutes come only from market/calendar.hpp; this header knows UTC alone.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tradewind {

constexpr std::int64_t kNanosecond = 1;
constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// A point of time, nanoseconds since 1970-01-01T00:00:00Z.
struct Timestamp {
    std::int64_t ns = 0;

    friend constexpr auto operator<=>(Timestamp, Timestamp) = default;
    friend constexpr Timestamp operator+(Timestamp t, std::int64_t duration_ns) {
        return {t.ns + duration_ns};
    }
    friend constexpr Timestamp operator-(Timestamp t, std::int64_t duration_ns) {
        return {t.ns - duration_ns};
    }
    friend constexpr std::int64_t operator-(Timestamp a, Timestamp b) { return a.ns - b.ns; }
};

// A civil date without a zone: days since 1970-01-01.
struct Date {
    std::int32_t days = 0;

    friend constexpr auto operator<=>(Date, Date) = default;
    friend constexpr Date operator+(Date d, std::int32_t n) { return {d.days + n}; }
    friend constexpr Date operator-(Date d, std::int32_t n) { return {d.days - n}; }
    friend constexpr std::int32_t operator-(Date a, Date b) { return a.days - b.days; }
};

struct CivilDate {
    int year = 1970;
    unsigned month = 1;
    unsigned day = 1;
};

[[nodiscard]] CivilDate civil(Date date);
[[nodiscard]] Date date_of(int year, unsigned month, unsigned day);
[[nodiscard]] int weekday(Date date);  // 0 Sunday ... 6 Saturday
[[nodiscard]] Date utc_date(Timestamp time);
[[nodiscard]] Timestamp utc_midnight(Date date);

// `YYYY-MM-DD`; years 1678..2261 (what nanoseconds can hold). Empty: malformed or no such day.
[[nodiscard]] std::optional<Date> parse_date(std::string_view text);

// RFC 3339 in UTC, `YYYY-MM-DDTHH:MM:SS[.fffffffff]Z`. Empty: malformed.
[[nodiscard]] std::optional<Timestamp> parse_time(std::string_view text);

[[nodiscard]] std::string format_date(Date date);
// RFC 3339 with `Z`; nanoseconds (nine digits) only where not zero. The pointer form returns one
// past the last character and needs room for 32.
[[nodiscard]] std::string format_time(Timestamp time);
char* format_time(char* out, Timestamp time);

}  // namespace tradewind

#include "messages/time.hpp"

#include <chrono>

namespace tradewind {
namespace {

bool digits(std::string_view text, std::size_t at, std::size_t count, int& value) {
    if (at + count > text.size()) return false;
    value = 0;
    for (std::size_t i = at; i < at + count; ++i) {
        if (text[i] < '0' || text[i] > '9') return false;
        value = value * 10 + (text[i] - '0');
    }
    return true;
}

char* two(char* out, unsigned value) {
    *out++ = static_cast<char>('0' + value / 10);
    *out++ = static_cast<char>('0' + value % 10);
    return out;
}

char* put_date(char* out, Date date) {
    const auto c = civil(date);
    const auto year = static_cast<unsigned>(c.year);
    out = two(out, year / 100);
    out = two(out, year % 100);
    *out++ = '-';
    out = two(out, c.month);
    *out++ = '-';
    return two(out, c.day);
}

}  // namespace

CivilDate civil(Date date) {
    const std::chrono::year_month_day ymd{std::chrono::sys_days{std::chrono::days{date.days}}};
    return {static_cast<int>(ymd.year()), static_cast<unsigned>(ymd.month()),
            static_cast<unsigned>(ymd.day())};
}

Date date_of(int year, unsigned month, unsigned day) {
    const std::chrono::sys_days days{std::chrono::year{year} / static_cast<int>(month) /
                                     static_cast<int>(day)};
    return {static_cast<std::int32_t>(days.time_since_epoch().count())};
}

int weekday(Date date) {
    return static_cast<int>(
        std::chrono::weekday{std::chrono::sys_days{std::chrono::days{date.days}}}.c_encoding());
}

Date utc_date(Timestamp time) {
    auto days = time.ns / kDay;
    if (time.ns % kDay < 0) --days;
    return {static_cast<std::int32_t>(days)};
}

Timestamp utc_midnight(Date date) {
    return {date.days * kDay};
}

std::optional<Date> parse_date(std::string_view text) {
    int year = 0;
    int month = 0;
    int day = 0;
    if (text.size() != 10 || text[4] != '-' || text[7] != '-' || !digits(text, 0, 4, year) ||
        !digits(text, 5, 2, month) || !digits(text, 8, 2, day)) {
        return std::nullopt;
    }
    const auto ymd = std::chrono::year{year} / month / day;
    if (!ymd.ok() || year < 1678 || year > 2261) return std::nullopt;
    return date_of(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
}

std::optional<Timestamp> parse_time(std::string_view text) {
    if (text.size() < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text.back() != 'Z') {
        return std::nullopt;
    }
    const auto date = parse_date(text.substr(0, 10));
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!date || !digits(text, 11, 2, hour) || !digits(text, 14, 2, minute) ||
        !digits(text, 17, 2, second) || hour > 23 || minute > 59 || second > 59) {
        return std::nullopt;
    }
    std::int64_t fraction = 0;
    if (text.size() > 20) {
        const auto count = text.size() - 21;
        int value = 0;
        if (text[19] != '.' || count < 1 || count > 9 || !digits(text, 20, count, value)) {
            return std::nullopt;
        }
        fraction = value;
        for (auto i = count; i < 9; ++i) fraction *= 10;
    }
    return utc_midnight(*date) + (hour * kHour + minute * kMinute + second * kSecond + fraction);
}

std::string format_date(Date date) {
    char buffer[16];
    return std::string(buffer, put_date(buffer, date));
}

char* format_time(char* out, Timestamp time) {
    const auto date = utc_date(time);
    out = put_date(out, date);
    const auto of_day = time - utc_midnight(date);
    const auto seconds = static_cast<unsigned>(of_day / kSecond);
    *out++ = 'T';
    out = two(out, seconds / 3600);
    *out++ = ':';
    out = two(out, seconds / 60 % 60);
    *out++ = ':';
    out = two(out, seconds % 60);
    if (auto fraction = of_day % kSecond; fraction != 0) {
        *out++ = '.';
        for (int i = 8; i >= 0; --i) {
            out[i] = static_cast<char>('0' + fraction % 10);
            fraction /= 10;
        }
        out += 9;
    }
    *out++ = 'Z';
    return out;
}

std::string format_time(Timestamp time) {
    char buffer[32];
    return std::string(buffer, format_time(buffer, time));
}

}  // namespace tradewind

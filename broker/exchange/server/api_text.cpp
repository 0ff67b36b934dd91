#include "broker/exchange/server/api_text.hpp"

#include <algorithm>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/uuid.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cctype>
#include <charconv>
#include <cstdio>

#include "market/calendar.hpp"
#include "messages/asset_class.hpp"

namespace tradewind::broker {
namespace {

constexpr std::size_t kMaxDigits = 40;
constexpr std::string_view kQuotes[] = {"USDT", "USDC", "USD", "BTC"};

std::string trimmed_fraction(std::int64_t nanoseconds) {
    if (nanoseconds == 0) return {};
    char digits[12];
    std::snprintf(digits, sizeof digits, ".%09d", static_cast<int>(nanoseconds));
    std::string text(digits);
    text.erase(text.find_last_not_of('0') + 1);
    return text;
}

// `2026-10-01T14:31:05.127` of a time that counts as UTC.
std::string civil_text(Timestamp time) {
    const auto date = utc_date(time);
    const auto of_day = time - utc_midnight(date);
    char clock[40];
    std::snprintf(clock, sizeof clock, "T%02d:%02d:%02d", static_cast<int>(of_day / kHour),
                  static_cast<int>(of_day / kMinute % 60), static_cast<int>(of_day / kSecond % 60));
    return format_date(date) + clock + trimmed_fraction(of_day % kSecond);
}

bool all_digits(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::string api_time(Timestamp time) {
    return civil_text(time) + "Z";
}

std::string new_york_api_time(Timestamp time) {
    const auto offset = market::new_york_offset_ns(time);
    return civil_text(time + offset) + (offset == -4 * kHour ? "-04:00" : "-05:00");
}

std::optional<Timestamp> parse_api_time(std::string_view text) {
    if (const auto date = parse_date(text)) return market::new_york_time(*date, 0, 0);
    std::string copy(text);
    if (copy.size() > 10 && (copy[10] == ' ' || copy[10] == 't')) copy[10] = 'T';
    if (!copy.empty() && copy.back() == 'z') copy.back() = 'Z';
    if (const auto time = parse_time(copy)) return time;
    // An offset: `+HH:MM` or `-HH:MM`.
    if (copy.size() < 25) {
        // `YYYY-MM-DDTHH:MM:SS` without a zone counts as UTC.
        return parse_time(copy + "Z");
    }
    const auto zone = std::string_view(copy).substr(copy.size() - 6);
    if ((zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || !all_digits(zone.substr(1, 2)) ||
        !all_digits(zone.substr(4, 2))) {
        return parse_time(copy + "Z");
    }
    const auto local = parse_time(copy.substr(0, copy.size() - 6) + "Z");
    if (!local) return std::nullopt;
    const int hours = (zone[1] - '0') * 10 + (zone[2] - '0');
    const int minutes = (zone[4] - '0') * 10 + (zone[5] - '0');
    const auto offset = hours * kHour + minutes * kMinute;
    return zone[0] == '+' ? *local - offset : *local + offset;
}

std::optional<std::string> plain_decimal(std::string_view text) {
    std::string sign;
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
        if (text[0] == '-') sign = "-";
        text.remove_prefix(1);
    }
    const auto mark = text.find_first_of("eE");
    int exponent = 0;
    if (mark != std::string_view::npos) {
        auto power = text.substr(mark + 1);
        if (!power.empty() && power[0] == '+') power.remove_prefix(1);
        const auto [stop, code] =
            std::from_chars(power.data(), power.data() + power.size(), exponent);
        if (power.empty() || code != std::errc() || stop != power.data() + power.size()) {
            return std::nullopt;
        }
        text = text.substr(0, mark);
    }
    const auto dot = text.find('.');
    const auto whole = text.substr(0, dot);
    const auto fraction = dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
    std::string digits = std::string(whole) + std::string(fraction);
    if (digits.empty() || digits.size() > kMaxDigits || !all_digits(digits)) return std::nullopt;
    const int limit = static_cast<int>(kMaxDigits);
    if (exponent > limit || exponent < -limit) return std::nullopt;
    const int point = static_cast<int>(whole.size()) + exponent;
    const int count = static_cast<int>(digits.size());
    if (point <= 0)
        return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
    if (point >= count)
        return sign + digits + std::string(static_cast<std::size_t>(point - count), '0');
    digits.insert(static_cast<std::size_t>(point), ".");
    return sign + digits;
}

std::string api_money(Money value) {
    return round_half_even(value, 2).to_string();
}

std::string stable_uuid(std::string_view kind, std::string_view name) {
    static const boost::uuids::name_generator_sha1 generator(boost::uuids::ns::oid());
    return boost::uuids::to_string(
        generator("tradewind/" + std::string(kind) + "/" + std::string(name)));
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text[i] != '-' : std::isxdigit(static_cast<unsigned char>(text[i])) == 0) {
            return false;
        }
    }
    return true;
}

std::string api_symbol(const Symbol& symbol) {
    if (asset_class_of(symbol) != AssetClass::crypto) return symbol.to_string();
    const auto text = symbol.view();
    for (const auto quote : kQuotes) {
        if (text.size() > quote.size() && text.ends_with(quote)) {
            return std::string(text.substr(0, text.size() - quote.size())) + "/" +
                   std::string(quote);
        }
    }
    return symbol.to_string();
}

std::optional<Symbol> symbol_of(std::string_view text) {
    std::string compact;
    for (const char c : text) {
        if (c != '/') compact += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
    if (!Symbol::valid(compact)) return std::nullopt;
    return Symbol(compact);
}

}  // namespace tradewind::broker

#include "messages/decimal.hpp"

#include <algorithm>
#include <cstring>

namespace tradewind::decimal {

std::optional<int128> parse(std::string_view text, int digits) {
    bool negative = false;
    if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
        negative = text.front() == '-';
        text.remove_prefix(1);
    }
    int128 units = 0;
    int decimals = 0;
    bool seen_point = false;
    bool seen_digit = false;
    for (const char c : text) {
        if (c == '.') {
            if (seen_point) return std::nullopt;
            seen_point = true;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        seen_digit = true;
        if (seen_point) {
            if (decimals == digits) {
                if (c != '0') return std::nullopt;
                continue;
            }
            ++decimals;
        }
        if (__builtin_mul_overflow(units, int128{10}, &units) ||
            __builtin_add_overflow(units, static_cast<int128>(c - '0'), &units)) {
            return std::nullopt;
        }
    }
    if (!seen_digit) return std::nullopt;
    for (; decimals < digits; ++decimals) {
        if (__builtin_mul_overflow(units, int128{10}, &units)) return std::nullopt;
    }
    return negative ? -units : units;
}

char* format(char* out, int128 units, int digits) {
    auto magnitude = static_cast<uint128>(units);
    if (units < 0) {
        *out++ = '-';
        magnitude = ~magnitude + 1;
    }
    // Split at the point with 64-bit arithmetic; 128-bit division is only for the split itself.
    const auto one = static_cast<std::uint64_t>(kPowersOfTen[digits]);
    uint128 whole = 0;
    std::uint64_t fraction = 0;
    if (magnitude >> 64 == 0) {
        const auto small = static_cast<std::uint64_t>(magnitude);
        whole = small / one;
        fraction = small % one;
    } else {
        whole = magnitude / one;
        fraction = static_cast<std::uint64_t>(magnitude - whole * one);
    }
    if (whole >> 64 == 0) {
        out = std::to_chars(out, out + 24, static_cast<std::uint64_t>(whole)).ptr;
    } else {
        constexpr std::uint64_t kChunk = 10'000'000'000'000'000'000U;
        const auto high = static_cast<std::uint64_t>(whole / kChunk);
        const auto low = static_cast<std::uint64_t>(whole % kChunk);
        out = std::to_chars(out, out + 24, high).ptr;
        char buffer[24];
        const auto end = std::to_chars(buffer, buffer + 24, low).ptr;
        const auto length = end - buffer;
        out = std::fill_n(out, 19 - length, '0');
        out = std::copy(buffer, end, out);
    }
    if (fraction == 0) return out;
    *out++ = '.';
    char* const start = out;
    int length = digits;
    // Drop zeros at the end in big strides first: most values have few decimals.
    while (length > 9 && fraction % 1'000'000'000 == 0) {
        fraction /= 1'000'000'000;
        length -= 9;
    }
    while (length > 4 && fraction % 10'000 == 0) {
        fraction /= 10'000;
        length -= 4;
    }
    while (fraction % 10 == 0) {
        fraction /= 10;
        --length;
    }
    for (int i = length - 1; i >= 0; --i) {
        start[i] = static_cast<char>('0' + fraction % 10);
        fraction /= 10;
    }
    return start + length;
}

int128 divide_half_even(int128 dividend, int128 divisor) {
    const bool negative = (dividend < 0) != (divisor < 0);
    const uint128 a =
        dividend < 0 ? -static_cast<uint128>(dividend) : static_cast<uint128>(dividend);
    const uint128 b = divisor < 0 ? -static_cast<uint128>(divisor) : static_cast<uint128>(divisor);
    uint128 quotient = a / b;
    const uint128 rest = a - quotient * b;
    const uint128 other_half = b - rest;
    if (rest > other_half || (rest == other_half && (quotient & 1) != 0)) ++quotient;
    const auto result = static_cast<int128>(quotient);
    return negative ? -result : result;
}

int128 divide_floor(int128 dividend, int128 divisor) {
    const int128 quotient = dividend / divisor;
    const int128 rest = dividend % divisor;
    return rest != 0 && ((rest < 0) != (divisor < 0)) ? quotient - 1 : quotient;
}

}  // namespace tradewind::decimal

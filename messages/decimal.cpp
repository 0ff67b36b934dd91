#include "messages/decimal.hpp"

#include <algorithm>
#include <cstring>

namespace tradewind::decimal {
namespace {

constexpr char kPairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546"
    "4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293"
    "949596979899";

// The digits of `value` in `length` places before `end`, zeros in front.
void write_digits(char* end, std::uint64_t value, int length) {
    for (; length >= 2; length -= 2) {
        end -= 2;
        std::memcpy(end, kPairs + 2 * (value % 100), 2);
        value /= 100;
    }
    if (length == 1) *--end = static_cast<char>('0' + value % 10);
}

struct Split {
    uint128 whole;
    std::uint64_t fraction;
};

// Division by 10^Digits, which the compiler turns into multiplications where it knows Digits.
template <int Digits>
Split split_small(std::uint64_t magnitude) {
    constexpr auto kOne = static_cast<std::uint64_t>(kPowersOfTen[Digits]);
    return {magnitude / kOne, magnitude % kOne};
}

Split split(uint128 magnitude, int digits) {
    if (magnitude >> 64 == 0) {
        const auto small = static_cast<std::uint64_t>(magnitude);
        if (digits == 9) return split_small<9>(small);
        if (digits == 18) return split_small<18>(small);
    } else if (digits == 18 && magnitude >> 82 == 0) {
        // 10^18 = 2^18 x 5^18: without its low 18 bits the dividend fits 64 bits.
        constexpr std::uint64_t kFives = 3'814'697'265'625;
        const auto whole = static_cast<std::uint64_t>(magnitude >> 18) / kFives;
        const auto one = static_cast<std::uint64_t>(kPowersOfTen[18]);
        return {whole, static_cast<std::uint64_t>(magnitude) - whole * one};
    }
    const auto one = static_cast<std::uint64_t>(kPowersOfTen[digits]);
    const uint128 whole = magnitude / one;
    return {whole, static_cast<std::uint64_t>(magnitude - whole * one)};
}

}  // namespace

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
    auto [whole, fraction] = split(magnitude, digits);
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
    write_digits(start + length, fraction, length);
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

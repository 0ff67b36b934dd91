// Decimal fixed point: an integer count of units of 10^-Digits, with checked arithmetic.
//
// Values are plain and immutable in use; every function is pure and may be called on any thread.
// Overflow throws DecimalOverflow, never wraps. Nothing rounds unless its name says so.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

namespace tradewind {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

class DecimalOverflow : public std::overflow_error {
  public:
    DecimalOverflow() : std::overflow_error("decimal value out of range") {}
};

namespace decimal {

constexpr std::int64_t kPowersOfTen[19] = {1,
                                           10,
                                           100,
                                           1'000,
                                           10'000,
                                           100'000,
                                           1'000'000,
                                           10'000'000,
                                           100'000'000,
                                           1'000'000'000,
                                           10'000'000'000,
                                           100'000'000'000,
                                           1'000'000'000'000,
                                           10'000'000'000'000,
                                           100'000'000'000'000,
                                           1'000'000'000'000'000,
                                           10'000'000'000'000'000,
                                           100'000'000'000'000'000,
                                           1'000'000'000'000'000'000};

// Parses `[+-]digits[.digits]` whole (no exponent, no spaces) into units of 10^-digits. Empty
// result: not a plain decimal, more non-zero decimals than `digits`, or out of range.
[[nodiscard]] std::optional<int128> parse(std::string_view text, int digits);

// Writes without trailing zeros, without exponent, "-0" as "0". Returns one past the last
// character; `out` has room for 48 characters.
char* format(char* out, int128 units, int digits);

// Divides rounding half to even / towards minus infinity. `divisor` is not 0.
[[nodiscard]] int128 divide_half_even(int128 dividend, int128 divisor);
[[nodiscard]] int128 divide_floor(int128 dividend, int128 divisor);

template <class Rep>
[[nodiscard]] constexpr Rep add(Rep a, Rep b) {
    Rep result{};
    if (__builtin_add_overflow(a, b, &result)) throw DecimalOverflow();
    return result;
}
template <class Rep>
[[nodiscard]] constexpr Rep subtract(Rep a, Rep b) {
    Rep result{};
    if (__builtin_sub_overflow(a, b, &result)) throw DecimalOverflow();
    return result;
}
[[nodiscard]] constexpr int128 multiply(int128 a, int128 b) {
    // The common case fits 64 bits on both sides and cannot overflow.
    const auto a64 = static_cast<std::int64_t>(a);
    const auto b64 = static_cast<std::int64_t>(b);
    if (a64 == a && b64 == b) return static_cast<int128>(a64) * b64;
    int128 result{};
    if (__builtin_mul_overflow(a, b, &result)) throw DecimalOverflow();
    return result;
}
template <class Rep>
[[nodiscard]] constexpr Rep narrow(int128 value) {
    const auto result = static_cast<Rep>(value);
    if (result != value) throw DecimalOverflow();
    return result;
}

}  // namespace decimal

template <class Tag, class Rep, int DigitsAfterPoint>
class Decimal {
  public:
    static constexpr int kDigits = DigitsAfterPoint;
    static constexpr Rep kOne = static_cast<Rep>(decimal::kPowersOfTen[DigitsAfterPoint]);

    constexpr Decimal() = default;
    [[nodiscard]] static constexpr Decimal from_units(Rep units) {
        Decimal result;
        result.units_ = units;
        return result;
    }
    [[nodiscard]] static constexpr Decimal whole(std::int64_t value) {
        return from_units(
            decimal::narrow<Rep>(decimal::multiply(value, static_cast<int128>(kOne))));
    }
    [[nodiscard]] static std::optional<Decimal> parse(std::string_view text) {
        const auto units = decimal::parse(text, kDigits);
        if (!units || static_cast<Rep>(*units) != *units) return std::nullopt;
        return from_units(static_cast<Rep>(*units));
    }
    // For literals in code and tests: throws std::invalid_argument when the text is not a decimal.
    [[nodiscard]] static Decimal of(std::string_view text) {
        if (auto value = parse(text)) return *value;
        throw std::invalid_argument("not a decimal: " + std::string(text));
    }

    [[nodiscard]] constexpr Rep units() const { return units_; }
    [[nodiscard]] constexpr bool is_zero() const { return units_ == 0; }
    [[nodiscard]] constexpr int sign() const { return units_ > 0 ? 1 : units_ < 0 ? -1 : 0; }
    [[nodiscard]] constexpr Decimal abs() const { return units_ < 0 ? -*this : *this; }
    // The nearest double; for model inputs and statistics, never on the way to an order.
    [[nodiscard]] double to_double() const {
        return static_cast<double>(static_cast<long double>(units_) /
                                   static_cast<long double>(kOne));
    }
    char* format(char* out) const { return decimal::format(out, units_, kDigits); }
    [[nodiscard]] std::string to_string() const {
        char buffer[48];
        return std::string(buffer, format(buffer));
    }

    constexpr Decimal operator-() const { return from_units(decimal::subtract<Rep>(0, units_)); }
    friend constexpr Decimal operator+(Decimal a, Decimal b) {
        return from_units(decimal::add(a.units_, b.units_));
    }
    friend constexpr Decimal operator-(Decimal a, Decimal b) {
        return from_units(decimal::subtract(a.units_, b.units_));
    }
    constexpr Decimal& operator+=(Decimal other) { return *this = *this + other; }
    constexpr Decimal& operator-=(Decimal other) { return *this = *this - other; }
    friend constexpr bool operator==(Decimal a, Decimal b) = default;
    friend constexpr std::strong_ordering operator<=>(Decimal a, Decimal b) {
        return a.units_ < b.units_   ? std::strong_ordering::less
               : a.units_ > b.units_ ? std::strong_ordering::greater
                                     : std::strong_ordering::equal;
    }

  private:
    Rep units_ = 0;
};

}  // namespace tradewind

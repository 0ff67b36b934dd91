#include "messages/money.hpp"

#include <cmath>

namespace tradewind {
namespace {

// a x rate at 1e-18, half-even, without an intermediate overflow: the rate is split off in two
// parts.
int128 scaled(int128 money_units, std::int64_t rate_units) {
    const int128 whole = money_units / Fraction::kOne;
    const int128 rest = money_units % Fraction::kOne;
    // whole x rate is exact in units of 1e-18; rest x rate needs the division.
    return decimal::add(decimal::multiply(whole, rate_units),
                        decimal::divide_half_even(rest * rate_units, Fraction::kOne));
}

int128 round_at(int128 units, int128 step) {
    return decimal::multiply(decimal::divide_half_even(units, step), step);
}

int128 units_of(double value, std::int64_t one) {
    const long double scaled_value =
        static_cast<long double>(value) * static_cast<long double>(one);
    if (!std::isfinite(value) || std::fabs(scaled_value) > 9.0e36L) throw DecimalOverflow();
    // rintl rounds half to even in the default mode; 64-bit mantissa holds every price exactly.
    return static_cast<int128>(std::rint(scaled_value));
}

}  // namespace

Money round_half_even(Money value, int digits) {
    return Money::from_units(round_at(value.units(), decimal::kPowersOfTen[18 - digits]));
}

Money fee_of(Money notional, Fraction rate) {
    // Exactly: |notional| x rate in units of 1e-27, rounded once to units of 1e-8.
    const int128 units = notional.abs().units();
    const int128 whole = units / Fraction::kOne;                 // units of 1e-9
    const int128 rest = units % Fraction::kOne;                  // units of 1e-18
    const int128 high = decimal::multiply(whole, rate.units());  // units of 1e-18
    const int128 low = rest * rate.units();                      // units of 1e-27
    int128 carry = low / Fraction::kOne;
    int128 tail = low % Fraction::kOne;
    if (tail < 0) {
        carry -= 1;
        tail += Fraction::kOne;
    }
    const int128 exact = decimal::add(high, carry);
    constexpr std::int64_t kStep = 10'000'000'000;  // 1e-8 in units of 1e-18
    int128 quotient = decimal::divide_floor(exact, kStep);
    const int128 remainder = exact - quotient * kStep;
    const int128 half = kStep / 2;
    if (remainder > half || (remainder == half && (tail > 0 || (quotient & 1) != 0))) ++quotient;
    return Money::from_units(decimal::multiply(quotient, kStep));
}

Money share_of(Money notional, Fraction rate) {
    return Money::from_units(scaled(notional.units(), rate.units()));
}

Fraction ratio(Money a, Money b) {
    constexpr std::int64_t kSteps = 100'000'000;
    int128 dividend = a.units();
    int128 divisor = b.units();
    int128 scaled_dividend{};
    // Give up common low digits rather than range: values above 1.7e12 lose at most 1e-9 relative.
    while (__builtin_mul_overflow(dividend, static_cast<int128>(kSteps), &scaled_dividend)) {
        dividend = decimal::divide_half_even(dividend, 10);
        divisor = decimal::divide_half_even(divisor, 10);
    }
    const int128 quotient = decimal::divide_half_even(scaled_dividend, divisor);
    return Fraction::from_units(
        decimal::narrow<std::int64_t>(decimal::multiply(quotient, Fraction::kOne / kSteps)));
}

Price average_price(Money notional, Quantity quantity) {
    // units: 1e-18 / 1e-9 = 1e-9; rounded once to 1e-8.
    const int128 divisor = decimal::multiply(quantity.units(), 10);
    const int128 at_8 = decimal::divide_half_even(notional.units(), divisor);
    return Price::from_units(decimal::narrow<std::int64_t>(decimal::multiply(at_8, 10)));
}

Quantity floor_to_lot(Quantity quantity, Quantity lot) {
    return Quantity::from_units(quantity.units() - quantity.units() % lot.units());
}

bool is_multiple_of(Quantity quantity, Quantity lot) {
    return quantity.units() % lot.units() == 0;
}

Quantity affordable(Money money, Price price, Quantity lot) {
    return floor_to_lot(Quantity::from_units(money.units() / price.units()), lot);
}

Price floor_to_tick(Price price, Price tick) {
    const int128 ticks = decimal::divide_floor(price.units(), tick.units());
    return Price::from_units(decimal::narrow<std::int64_t>(ticks * tick.units()));
}

Price ceil_to_tick(Price price, Price tick) {
    return -floor_to_tick(-price, tick);
}

Price nearest_tick(Price price, Price tick) {
    const int128 ticks = decimal::divide_half_even(price.units(), tick.units());
    return Price::from_units(decimal::narrow<std::int64_t>(ticks * tick.units()));
}

Price moved(Price price, double move) {
    const long double units = static_cast<long double>(price.units());
    const long double result = units + units * static_cast<long double>(move);
    if (!std::isfinite(move) || std::fabs(result) > 9.2e18L) throw DecimalOverflow();
    return Price::from_units(static_cast<std::int64_t>(std::rint(result)));
}

Price moved(Price price, Fraction move) {
    const int128 product = static_cast<int128>(price.units()) * (Fraction::kOne + move.units());
    return Price::from_units(
        decimal::narrow<std::int64_t>(decimal::divide_half_even(product, Fraction::kOne)));
}

Price price_of(double value) {
    return Price::from_units(decimal::narrow<std::int64_t>(units_of(value, Price::kOne)));
}

Quantity quantity_of(double value) {
    return Quantity::from_units(units_of(value, static_cast<std::int64_t>(Quantity::kOne)));
}

}  // namespace tradewind

// Money types: Price, Quantity, Money, Fraction. See messages/decimal.hpp for their arithmetic.
//
// Price     64-bit at 1e-9      currency per unit, up to 9.2e9
// Quantity  128-bit at 1e-9     shares or coins; signed where it is a position
// Money     128-bit at 1e-18    so that price x quantity is exact and an account balances to the
//                               last digit without a rounding rule; up to 1.7e20
// Fraction  64-bit at 1e-9      fee rates, spreads, returns that were rounded on purpose
//
// Fees are rounded half-even to 1e-8 (contract of the run folder). Pure; any thread.
#pragma once

#include "messages/decimal.hpp"

namespace tradewind {

using Price = Decimal<struct PriceTag, std::int64_t, 9>;
using Quantity = Decimal<struct QuantityTag, int128, 9>;
using Money = Decimal<struct MoneyTag, int128, 18>;
using Fraction = Decimal<struct FractionTag, std::int64_t, 9>;

// The notional of `quantity` at `price`, exact.
[[nodiscard]] constexpr Money operator*(Price price, Quantity quantity) {
    return Money::from_units(decimal::multiply(price.units(), quantity.units()));
}
[[nodiscard]] constexpr Money operator*(Quantity quantity, Price price) {
    return price * quantity;
}

// Rounds half to even at `digits` decimals (0..18).
[[nodiscard]] Money round_half_even(Money value, int digits);

// |notional| x rate, rounded half-even to 1e-8: one fill's fee. Negative rates are rebates.
[[nodiscard]] Money fee_of(Money notional, Fraction rate);

// notional x rate without the rounding to 1e-8 (half-even at 1e-18): limits, buying power.
[[nodiscard]] Money share_of(Money notional, Fraction rate);

// a / b rounded half-even to 1e-8; b is not zero.
[[nodiscard]] Fraction ratio(Money a, Money b);

// notional / quantity rounded half-even to 1e-8: average prices. quantity is not zero.
[[nodiscard]] Price average_price(Money notional, Quantity quantity);

// The largest multiple of `lot` not above `quantity` in magnitude (towards zero). lot > 0.
[[nodiscard]] Quantity floor_to_lot(Quantity quantity, Quantity lot);
[[nodiscard]] bool is_multiple_of(Quantity quantity, Quantity lot);

// How many units of `price` the money buys, floored to `lot`. price > 0, money >= 0.
[[nodiscard]] Quantity affordable(Money money, Price price, Quantity lot);

// Rounding of a price to a tick. Passive: buys down, sells up.
[[nodiscard]] Price floor_to_tick(Price price, Price tick);
[[nodiscard]] Price ceil_to_tick(Price price, Price tick);
[[nodiscard]] Price nearest_tick(Price price, Price tick);  // ties to even

// price x (1 + move), rounded half-even to 1e-9. `move` comes from a model or a cost rule.
[[nodiscard]] Price moved(Price price, double move);
[[nodiscard]] Price moved(Price price, Fraction move);

// The nearest decimal of a double (half-even), for values that arrive as binary floats. Throws
// DecimalOverflow when not finite or out of range.
[[nodiscard]] Price price_of(double value);
[[nodiscard]] Quantity quantity_of(double value);

}  // namespace tradewind

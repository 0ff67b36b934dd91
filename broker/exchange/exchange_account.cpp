#include "broker/exchange/exchange_account.hpp"

namespace tradewind::broker {
namespace {

// cost x part / whole without an intermediate beyond 128 bits.
Money share(Money cost, Quantity part, Quantity whole) {
    const int128 per_unit = cost.units() / whole.units();
    const int128 rest = cost.units() % whole.units();
    return Money::from_units(decimal::add(
        decimal::multiply(per_unit, part.units()),
        decimal::divide_half_even(decimal::multiply(rest, part.units()), whole.units())));
}

}  // namespace

void ExchangeAccount::apply(const Fill& fill) {
    const Quantity moved = signed_quantity(fill.side, fill.quantity);
    cash = cash - fill.price * moved - fill.fee;
    fees += fill.fee;
    auto& position = positions[fill.symbol];
    const bool reduces = position.quantity.sign() * moved.sign() < 0;
    if (!reduces) {
        position.cost += fill.price * moved;
    } else if (moved.abs() <= position.quantity.abs()) {
        position.cost = position.cost - share(position.cost, -moved, position.quantity);
    } else {
        position.cost = fill.price * (position.quantity + moved);
    }
    position.quantity += moved;
    if (position.quantity.is_zero()) positions.erase(fill.symbol);
    fills.push_back(fill);
}

}  // namespace tradewind::broker

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

Quantity ExchangeAccount::moved_by(const Fill& fill) const {
    const auto moved = signed_quantity(fill.side, fill.quantity);
    const auto found = coin_fees.find(fill.fill_id);
    return found == coin_fees.end() ? moved : moved - found->second;
}

void ExchangeAccount::apply(const Fill& fill, Quantity coin_fee) {
    if (!coin_fee.is_zero()) coin_fees.emplace(fill.fill_id, coin_fee);
    const Quantity moved = moved_by(fill);
    cash = cash - fill.price * signed_quantity(fill.side, fill.quantity) - fill.fee;
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

#include "broker/alpaca/explaining_orders.hpp"

#include <algorithm>

namespace tradewind::broker::alpaca {

std::vector<WireOrder> explaining_orders(std::vector<WireOrder> unknown, Quantity difference,
                                         Fraction fee) {
    std::erase_if(unknown, [](const WireOrder& order) {
        return !order.side || order.filled_quantity.sign() <= 0;
    });
    const auto before = [](const WireOrder& a, const WireOrder& b) {
        return std::pair(a.updated, a.id) > std::pair(b.updated, b.id);
    };
    std::sort(unknown.begin(), unknown.end(), before);
    Quantity moved;
    Quantity bought;
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        const auto& order = unknown[i];
        moved += signed_quantity(*order.side, order.filled_quantity);
        if (*order.side == Side::buy) bought += order.filled_quantity;
        const auto lost = moved - difference;
        const auto most = Quantity::from_units(static_cast<std::int64_t>(decimal::divide_half_even(
            decimal::multiply(bought.units(), fee.units()), Fraction::kOne)));
        if (lost.sign() < 0 || lost > most) continue;
        unknown.resize(i + 1);
        std::reverse(unknown.begin(), unknown.end());
        return unknown;
    }
    return {};
}

}  // namespace tradewind::broker::alpaca

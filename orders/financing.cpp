#include "orders/financing.hpp"

#include <algorithm>

#include "orders/account_book.hpp"

namespace tradewind::orders {

Money borrowed(Money gross_exposure, Money equity) {
    return std::max(Money{}, gross_exposure - equity);
}

Money accrue_financing(AccountBook& account, const market::ClassCosts& terms,
                       std::int64_t duration_ns) {
    Money total;
    const Money base = borrowed(account.gross_exposure(), account.equity());
    const Money interest = round_half_even(
        market::accrued(base, terms.financing_per_year, terms.days_per_year, duration_ns), 8);
    for (SlotId slot = 0; slot < account.slot_count(); ++slot) {
        if (account.quantity(slot).sign() >= 0) continue;
        const Money value = (account.last_price(slot) * account.quantity(slot)).abs();
        const Money fee = round_half_even(
            market::accrued(value, terms.borrow_per_year, terms.days_per_year, duration_ns), 8);
        if (fee.is_zero()) continue;
        account.charge_financing(slot, fee);
        total += fee;
    }
    if (!interest.is_zero()) {
        account.charge_financing(interest);
        total += interest;
    }
    return total;
}

}  // namespace tradewind::orders

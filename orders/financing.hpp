// Financing: interest on the borrowed part of the account, borrow fees on shorts.
//
// Pure; any thread. Interest runs on max(0, gross exposure - equity), a borrow fee on the market
// value of each short; each charge is rounded half-even to 1e-8. Rates and day count are those of
// the cost model's asset class. Source: strategies spec 0.4, I-28.
#pragma once

#include <cstdint>

#include "market/cost_model.hpp"
#include "messages/money.hpp"

namespace tradewind::orders {

class AccountBook;

// max(0, gross - equity).
[[nodiscard]] Money borrowed(Money gross_exposure, Money equity);

// Charges the account for the time at its present marks; returns the total. 2x on 100,000 for
// 24 h at 0.065 and 252 days: 25.79365079.
Money accrue_financing(AccountBook& account, const market::ClassCosts& terms,
                       std::int64_t duration_ns);

}  // namespace tradewind::orders

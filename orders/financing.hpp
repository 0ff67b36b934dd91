// Financing: interest on the borrowed part of the account, borrow fees on shorts.
//
// Pure; any thread. Interest runs on max(0, gross exposure - equity) at annual / 252 per day of
// 86,400 s; a borrow fee on the market value of each short at its annual rate / 252 per day. Each
// charge is rounded half-even to 1e-8. Source: strategies spec 0.4, I-28.
#pragma once

#include <cstdint>

#include "messages/money.hpp"
#include "messages/time.hpp"

namespace tradewind::orders {

class AccountBook;

constexpr std::int64_t kFinancingDaysPerYear = 252;

struct FinancingTerms {
    Fraction margin_annual_rate;  // 0.065
    Fraction borrow_annual_rate;  // of the short market value
};

// Interest on `base` (>= 0) over `duration_ns`.
[[nodiscard]] Money interest(Money base, Fraction annual_rate, std::int64_t duration_ns);

// max(0, gross - equity).
[[nodiscard]] Money borrowed(Money gross_exposure, Money equity);

// Charges the account for the time at its present marks; returns the total. 2x on 100,000 for
// a day at 0.065: 25.79365079.
Money accrue_financing(AccountBook& account, const FinancingTerms& terms, std::int64_t duration_ns);

}  // namespace tradewind::orders

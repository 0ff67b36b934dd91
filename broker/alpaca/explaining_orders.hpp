// Which orders, that this program did not send, explain that a position differs from the books.
//
// Pure. `unknown`: orders of one symbol, as the broker has them, whose executions the books do not
// have. The newest ones whose executions together are the difference, oldest first; empty: none
// are, and nothing is taken for an explanation. A coin may have lost up to `fee` of what was bought
// (0: none), since the broker takes its fee from it. Source: contract 9, broker protocol 7 (3).
#pragma once

#include <vector>

#include "broker/alpaca/wire_values.hpp"

namespace tradewind::broker::alpaca {

[[nodiscard]] std::vector<WireOrder> explaining_orders(std::vector<WireOrder> unknown,
                                                       Quantity difference, Fraction fee);

}  // namespace tradewind::broker::alpaca

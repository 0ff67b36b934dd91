// What an instrument permits: the checks an order must pass before anything is sent (I-13).
//
// Pure; any thread. An empty answer means the order may be sent; otherwise a reason in plain words
// that names the broken rule. Whether the account may carry the order is the gateway's question.
// Source: strategies spec 4.9, I-13; broker protocol 2.3.
#pragma once

#include <optional>
#include <string>

#include "messages/instrument.hpp"
#include "messages/order.hpp"

namespace tradewind::orders {

constexpr std::size_t kMaxOrderIdLength = 128;

// `reference` prices the minimum notional of orders without a limit; zero: unknown, not checked.
[[nodiscard]] std::optional<std::string> fault_of(const Order& order, const Instrument& instrument,
                                                  Price reference = {});

}  // namespace tradewind::orders

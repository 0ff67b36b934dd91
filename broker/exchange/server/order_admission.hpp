// Whether the simulated exchange takes an order, and what becomes of the request then: the group of
// orders that goes into its book. The hosted paper account's rules: assets, increments, fractions,
// sessions, shorts, buying power, shares held by other orders, wash trades.
//
// Functions of the exchange's state at its time(); nothing changes. The server's I/O thread.
// Errors: ApiError with the broker's status, code, words and members. Source: broker
// protocol 1.5, 2.3, 2.11, 2.12.
#pragma once

#include <string>
#include <vector>

#include "broker/exchange/embedded_exchange.hpp"
#include "broker/exchange/server/order_request.hpp"

namespace tradewind::broker {

// Head and legs, ids and intents filled in.
[[nodiscard]] std::vector<ExchangeOrder> admit(const EmbeddedExchange& exchange,
                                               const std::string& account,
                                               const OrderRequest& request);
// The order that takes the place of `old`, for what that one has not filled.
[[nodiscard]] ExchangeOrder admit_replacement(const EmbeddedExchange& exchange,
                                              const ExchangeOrder& old,
                                              const ReplaceRequest& request);

// The listed symbol that the text (ticker, pair, asset id) names; empty: none.
[[nodiscard]] std::optional<Symbol> listed_symbol(const ExchangeMarket& market,
                                                  const std::string& text);

}  // namespace tradewind::broker

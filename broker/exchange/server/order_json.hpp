// Orders, positions and assets of the simulated exchange in the broker's JSON: every key there,
// null where unset, decimals as strings without exponent.
//
// Functions of the exchange's state; the server's I/O thread. Source: broker
// protocol 2.3, 2.6, 2.7, 8.4.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "broker/exchange/embedded_exchange.hpp"

namespace tradewind::broker {

// The broker's word for the order's state, `accepted` and `replaced` included.
[[nodiscard]] std::string_view api_status(const ExchangeOrder& entry);

enum class Legs : bool { omitted, nested };
[[nodiscard]] nlohmann::ordered_json order_json(const EmbeddedExchange& exchange,
                                                const ExchangeOrder& entry,
                                                Legs legs = Legs::omitted);
// As the answer to its POST or PATCH shows it: taken, nothing filled yet, legs nested.
[[nodiscard]] nlohmann::ordered_json new_order_json(const EmbeddedExchange& exchange,
                                                    const ExchangeOrder& entry);
// An order that came in this process: its id is derived from the client's.
[[nodiscard]] std::string order_id_of(const ExchangeOrder& entry);

[[nodiscard]] nlohmann::ordered_json position_json(const EmbeddedExchange& exchange,
                                                   const std::string& account,
                                                   const Position& position);
[[nodiscard]] nlohmann::ordered_json asset_json(const ExchangeMarket& market, const Symbol& symbol);

// What open orders on the closing side of the position hold of it, in magnitude.
[[nodiscard]] Quantity held_for_orders(const EmbeddedExchange& exchange, const std::string& account,
                                       const Symbol& symbol);

}  // namespace tradewind::broker

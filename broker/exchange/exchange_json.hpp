// The text form of the embedded exchange's values, for its store. Decimals and times are exact.
// Reading throws nlohmann::json::exception or Error (corrupt) on what writing did not make.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "broker/exchange/embedded_exchange.hpp"
#include "broker/exchange/exchange_account.hpp"
#include "broker/exchange/exchange_book.hpp"

namespace tradewind::broker {

[[nodiscard]] nlohmann::ordered_json to_json(const Order& order);
[[nodiscard]] Order order_from_json(const nlohmann::ordered_json& json);

[[nodiscard]] nlohmann::ordered_json to_json(const ExchangeOrder& entry);
[[nodiscard]] ExchangeOrder exchange_order_from_json(const nlohmann::ordered_json& json);

[[nodiscard]] nlohmann::ordered_json to_json(const ExchangeAccount& account);
[[nodiscard]] ExchangeAccount account_from_json(const nlohmann::ordered_json& json);

[[nodiscard]] nlohmann::ordered_json to_json(const ExchangeSettings& settings);
[[nodiscard]] ExchangeSettings settings_from_json(const nlohmann::ordered_json& json);

// One event in one line, for traces and comparisons.
[[nodiscard]] std::string to_text(const ExchangeEvent& event);

}  // namespace tradewind::broker

// How the broker writes times, decimals and ids. Pure; any thread. Source: broker protocol 2.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "messages/money.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind::broker {

// RFC 3339 UTC, up to nine fractional digits, trailing zeros trimmed: `2026-10-01T14:31:05.127Z`.
[[nodiscard]] std::string api_time(Timestamp time);
// The same with New York's offset: `2026-10-01T10:31:05.127-04:00`.
[[nodiscard]] std::string new_york_api_time(Timestamp time);
// RFC 3339 with `Z` or any offset, or a date (midnight New York). Empty: neither.
[[nodiscard]] std::optional<Timestamp> parse_api_time(std::string_view text);

// A decimal text with or without exponent (`1e-06`, `2.50`, `+3`, `.5`), as plain digits; empty:
// not a number, or more than 40 digits.
[[nodiscard]] std::optional<std::string> plain_decimal(std::string_view text);

// Cents, half-even, without trailing zeros.
[[nodiscard]] std::string api_money(Money value);

// A UUID that depends on its parts alone (version 5).
[[nodiscard]] std::string stable_uuid(std::string_view kind, std::string_view name);
[[nodiscard]] bool is_uuid(std::string_view text);
[[nodiscard]] inline std::string asset_id_of(const Symbol& symbol) {
    return stable_uuid("asset", symbol.view());
}
[[nodiscard]] inline std::string account_uuid_of(std::string_view account) {
    return stable_uuid("account", account);
}

// The symbol as orders and assets spell it: coins with a slash, `BTC/USD`.
[[nodiscard]] std::string api_symbol(const Symbol& symbol);
// `BTC/USD`, `BTCUSD` or `AAPL` to the one spelling inside; empty: not a symbol.
[[nodiscard]] std::optional<Symbol> symbol_of(std::string_view text);

}  // namespace tradewind::broker

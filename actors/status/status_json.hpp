// JSON of the status interface: a pure function of the view. Decimals are text, model values and
// volumes numbers, times RFC 3339; what is not set is null. Source: contract 4 and 8.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "actors/status/status_view.hpp"

namespace tradewind::status {

// Which list, for the resources that are arrays of rows.
enum class RowList : std::uint8_t { positions, orders, fills, decisions, equity };

[[nodiscard]] std::string status_json(const StatusView& view);

// The newest `limit` rows, oldest first.
[[nodiscard]] std::string rows_json(const StatusView& view, RowList list, std::size_t limit);

// Empty: the view has no such symbol.
[[nodiscard]] std::optional<std::string> forecasts_json(const StatusView& view,
                                                        const Symbol& symbol, std::size_t limit);
[[nodiscard]] std::optional<std::string> bars_json(const StatusView& view, const Symbol& symbol,
                                                   std::size_t limit);

// {"error": text}
[[nodiscard]] std::string error_json(const std::string& text);
[[nodiscard]] std::string result_json(bool done, const std::string& message);

// What an event stream sends after a change from `before` (null: everything is new): the body of
// /api/status and the names of the lists that differ, {"status":{...},"changed":["orders",...]}.
[[nodiscard]] std::string event_json(const StatusView* before, const StatusView& now);

}  // namespace tradewind::status

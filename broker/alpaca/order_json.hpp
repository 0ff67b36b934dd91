// The broker's JSON as values, and the body of an order.
//
// Parsers take a whole REST body or frame and give nothing when it is not what it should be: not
// JSON, truncated, a member without which the value means nothing is missing, a decimal that does
// not fit. A list with one such element is refused as a whole, since half a list looks like a short
// one. Numbers may come as strings and strings as numbers; exponents and more decimals than nine
// are taken (rounded half-even). Unknown words and members are tolerated; unknown words of an
// enumeration are told by `remarks`. Pure; any thread; never throws on input. Source: broker
// protocol 1.5, 2, 5, 8.3; contract 8.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/alpaca/wire_values.hpp"

namespace tradewind::broker::alpaca {

using Remarks = std::vector<std::string>;

[[nodiscard]] std::optional<WireOrder> parse_order(std::string_view body, Remarks& remarks);
[[nodiscard]] std::optional<std::vector<WireOrder>> parse_orders(std::string_view body,
                                                                 Remarks& remarks);
[[nodiscard]] std::optional<std::vector<WirePosition>> parse_positions(std::string_view body,
                                                                       Remarks& remarks);
[[nodiscard]] std::optional<WireAccount> parse_account(std::string_view body);
[[nodiscard]] std::optional<WireClock> parse_clock(std::string_view body);
[[nodiscard]] std::optional<WireAsset> parse_asset(std::string_view body, Remarks& remarks);
[[nodiscard]] std::optional<std::vector<WireAsset>> parse_assets(std::string_view body,
                                                                 Remarks& remarks);
// Activities that are no executions are left out; `last_id` is that of the last one of the page.
struct ExecutionPage {
    std::vector<WireExecution> executions;
    std::size_t activities = 0;
    std::string last_id;
};
[[nodiscard]] std::optional<ExecutionPage> parse_executions(std::string_view body,
                                                            Remarks& remarks);

// Never fails: what cannot be read has no code and no message.
[[nodiscard]] WireError parse_error(std::string_view body);

// One frame of /stream.
struct StreamFrame {
    enum class Kind : std::uint8_t { authorization, listening, update, error, other };
    Kind kind = Kind::other;
    bool authorized = false;            // of authorization
    bool listens = false;               // of listening: trade_updates is among the streams
    std::optional<TradeUpdate> update;  // of update; empty: its data was null or unreadable
    std::string message;                // of error
};
[[nodiscard]] std::optional<StreamFrame> parse_stream_frame(std::string_view frame,
                                                            Remarks& remarks);

// RFC 3339 with any offset, or a date.
[[nodiscard]] std::optional<Timestamp> parse_wire_time(std::string_view text);
// A decimal in any JSON form; empty: none, or out of range. More than nine decimals are rounded.
[[nodiscard]] std::optional<int128> parse_wire_decimal(std::string_view text, int digits);

// The body of POST /v2/orders for an order without legs of its own.
[[nodiscard]] std::string order_body(const Order& order, AssetClass asset_class);
// `target` and `stop` close one position, and one cancels the other: order_class oco under the
// client order id of `target`.
[[nodiscard]] std::string one_cancels_other_body(const Order& target, const Order& stop);

}  // namespace tradewind::broker::alpaca

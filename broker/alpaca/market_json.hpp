// Market data as JSON: frames of the data stream, pages of bars, newest quotes.
//
// The same rules as order_json.hpp: malformed gives nothing, unknown members and message types are
// tolerated. A message that cannot be read makes its frame unreadable only from there on: what was
// read before it is kept and `unread` counts it. Prices of zero on one side mean no quote there.
// Pure; any thread; never throws on input. Source: broker protocol 3 and 4.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/bar.hpp"
#include "messages/quote.hpp"

namespace tradewind::broker::alpaca {

struct DataMessage {
    enum class Kind : std::uint8_t {
        connected,
        authenticated,
        subscription,
        error,
        quote,
        trade,
        minute_bar,
        updated_bar,
        daily_bar,
        status,
        other,
    };
    Kind kind = Kind::other;
    std::int64_t code = 0;  // of error
    std::string text;       // of error, success and status (its code)
    Symbol symbol;
    Quote quote;
    Trade trade;
    Bar bar;  // of minute and updated bars: [start, start + 1 min)
};

struct DataFrame {
    std::vector<DataMessage> messages;
    std::size_t unread = 0;
};
// Empty: not a JSON array.
[[nodiscard]] std::optional<DataFrame> parse_data_frame(std::string_view text);

struct BarPage {
    std::map<Symbol, std::vector<Bar>> bars;  // start only; `end` is set by who knows the interval
    std::string next_page_token;              // empty: the last page
};
[[nodiscard]] std::optional<BarPage> parse_bar_page(std::string_view body);
[[nodiscard]] std::optional<std::vector<Quote>> parse_latest_quotes(std::string_view body);

}  // namespace tradewind::broker::alpaca

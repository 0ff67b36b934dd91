// The service's shapes of market data, for REST bodies and for both codecs of the streams.
//
// Prices are JSON numbers; a stock's sizes, volumes and counts are integers. What the market does
// not have by itself follows from (symbol, time): a trade's id (ascending over all time), exchange,
// conditions and taker side, a listing's tape, the levels of a coin's order book behind its best
// bid and ask. Pure; any thread. Source: broker protocol 3.2, 4.3.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "broker/exchange/data/market_history.hpp"
#include "messages/bar.hpp"
#include "messages/quote.hpp"

namespace tradewind::broker {

using DataJson = nlohmann::ordered_json;

// How times are written: RFC 3339, or the Timestamp extension of MessagePack (type -1).
enum class TimeForm : std::uint8_t { text, extension };
[[nodiscard]] DataJson time_json(Timestamp time, TimeForm form = TimeForm::text);

// The members of each record; `market` decides which there are and whether sizes are whole.
[[nodiscard]] DataJson to_json(DataMarket market, const Bar& bar, TimeForm form = TimeForm::text);
[[nodiscard]] DataJson to_json(DataMarket market, const Quote& quote,
                               TimeForm form = TimeForm::text);
// `quote`: in force at the trade's time; it tells the taker's side of a coin's trade.
[[nodiscard]] DataJson to_json(DataMarket market, const Trade& trade, const Quote& quote,
                               TimeForm form = TimeForm::text);

struct BookLevel {
    Price price;
    Quantity size;
    friend bool operator==(const BookLevel&, const BookLevel&) = default;
};
struct OrderBook {
    Timestamp time;
    std::vector<BookLevel> bids;  // best first
    std::vector<BookLevel> asks;
};
// The best bid and ask with the levels behind them. A level that does not move keeps its size.
[[nodiscard]] OrderBook order_book_of(const Quote& quote);
[[nodiscard]] DataJson levels_json(const std::vector<BookLevel>& levels);

[[nodiscard]] std::uint64_t trade_id(const Trade& trade);
// "A" (NYSE), "B" (its sister exchanges) or "C" (Nasdaq).
[[nodiscard]] const char* tape_of(const Symbol& symbol);

}  // namespace tradewind::broker

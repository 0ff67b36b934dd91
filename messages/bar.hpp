// One bar of one symbol, and the immutable series of bars that actors share.
//
// `start` is the first instant of the bar, `end` the instant at which its close is known. A daily
// bar runs from its session's open to its close (crypto: one UTC day). Volume is a model input, not
// money, hence double. Series travel as shared_ptr<const BarSeries>; nobody changes one after it
// was made.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "messages/money.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

struct Bar {
    Timestamp start;
    Timestamp end;
    Price open;
    Price high;
    Price low;
    Price close;
    double volume = 0;
    double vwap = 0;                // 0: unknown
    std::uint32_t trade_count = 0;  // 0: unknown
    bool suspect = false;           // open or close outside [low, high]; kept and counted
    bool late = false;              // came through backfill: averages only, no decision

    friend bool operator==(const Bar&, const Bar&) = default;
};

struct BarSeries {
    Symbol symbol;
    std::int64_t interval_ns = 0;  // nominal length; daily bars have kDay
    bool daily = false;            // dated by exchange day
    bool adjusted = false;         // splits (and dividends) already taken out of old prices
    std::vector<Bar> bars;         // strictly ascending starts
};

using BarSeriesPtr = std::shared_ptr<const BarSeries>;

}  // namespace tradewind

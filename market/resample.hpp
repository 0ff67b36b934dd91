// Longer bars from shorter ones: minute to hour to session day, exactly.
//
// Stocks: only bars that lie wholly inside the regular session count; buckets start at the
// session's open (09:30, 10:30, ...) and the last one ends at the close. Coins: buckets of the UTC
// day. Prices are taken over unchanged; volumes and trade counts are summed as decimals (1e-9), so
// that minute -> day equals minute -> hour -> day; vwap is volume-weighted where every part has
// one. A bucket is partial when the source series begins or ends inside it: only the edges of a
// series can be, a minute without a trade is no lack. Pure; any thread. Source: strategies spec 8,
// contract 3.
#pragma once

#include <cstdint>
#include <vector>

#include "market/calendar.hpp"
#include "messages/bar.hpp"

namespace tradewind::market {

struct ResampledSeries {
    BarSeries series;
    std::vector<bool> partial;          // one per bar
    std::uint64_t outside_session = 0;  // source bars that no session holds
};

// `interval_ns`: a divisor of the day in whole minutes, or kDay for session days. The source's
// interval must not be longer, and divide it. Throws Error (usage) otherwise.
[[nodiscard]] ResampledSeries resample(const BarSeries& source, TradingCalendar calendar,
                                       std::int64_t interval_ns);

}  // namespace tradewind::market

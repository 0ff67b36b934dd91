// Sums of losses by series and block of time, and the class scores with their intervals that come
// from them. Internal to verification.cpp. Pure; any thread. Source: training recipe 1 and 5.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "model/verification.hpp"

namespace tradewind::model {

// What the forecasts of one series in one block of time add up to, by channel.
struct LossCell {
    // [channel][0: step 1, 1: all steps][scored]
    std::array<std::array<std::array<double, kScored>, 2>, kSeriesCount> loss{};
    std::array<std::uint32_t, kSeriesCount> times{};
    std::array<std::uint32_t, kSeriesCount> hits{};   // median and outcome of one sign
    std::array<std::uint32_t, kSeriesCount> signs{};  // neither is zero
    std::array<std::uint32_t, kSeriesCount> ups{};
    std::array<std::uint32_t, kSeriesCount> moves{};  // outcomes that are not zero
    // [channel][scored][decile]: outcomes at or below it
    std::array<std::array<std::array<std::uint32_t, kDeciles>, kScored>, kSeriesCount> below{};

    void add(const LossCell& other);
};

struct SeriesCells {
    MarketClass market_class = MarketClass::daily_stocks;
    bool trained = false;
    // By (in the last part in time, number of the block).
    std::map<std::pair<bool, std::int64_t>, LossCell> cells;
};

// Length of a block: 28 days, 7 days or 3 hours.
[[nodiscard]] std::int64_t block_ns(MarketClass market_class);

// Scores of one class on one hold-out; `series` and `times` are 0 where it has no forecasts.
[[nodiscard]] ClassScore score_class(std::span<const SeriesCells> series, HoldOut hold_out,
                                     MarketClass market_class, const VerificationOptions& options);

}  // namespace tradewind::model

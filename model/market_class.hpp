// The four classes of series that forecasts are fitted, scored and chosen for, and the prices of a
// bar's channels as plain numbers. Pure; any thread. Source: training recipe 1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "messages/bar.hpp"
#include "messages/forecast.hpp"

namespace tradewind::model {

enum class MarketClass : std::uint8_t { daily_stocks, daily_crypto, hourly, minute };
constexpr std::size_t kMarketClasses = 4;

[[nodiscard]] const char* name_of(MarketClass market_class);
[[nodiscard]] std::optional<MarketClass> market_class_named(std::string_view name);

// By the bars' nominal length: up to 10 minutes `minute`, up to 6 hours `hourly`, longer ones are
// daily; those of coins, by the symbol's spelling, are `daily_crypto`.
[[nodiscard]] MarketClass market_class_of(const BarSeries& series);

// The daily class of the same kind of instrument: where nothing is known of a series' own class.
[[nodiscard]] MarketClass daily_class_of(const BarSeries& series);

// Prices of one bar in the order of Series: close, high, low, open.
using ChannelPrices = std::array<double, kSeriesCount>;
[[nodiscard]] inline ChannelPrices channel_prices(const Bar& bar) {
    return {bar.close.to_double(), bar.high.to_double(), bar.low.to_double(), bar.open.to_double()};
}

}  // namespace tradewind::model

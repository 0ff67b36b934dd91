#include "model/market_class.hpp"

#include "messages/asset_class.hpp"

namespace tradewind::model {

namespace {

constexpr std::array<const char*, kMarketClasses> kNames = {"daily_stocks", "daily_crypto",
                                                            "hourly", "minute"};

}  // namespace

const char* name_of(MarketClass market_class) {
    return kNames[static_cast<std::size_t>(market_class)];
}

std::optional<MarketClass> market_class_named(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (name == kNames[i]) return static_cast<MarketClass>(i);
    }
    return std::nullopt;
}

MarketClass daily_class_of(const BarSeries& series) {
    return asset_class_of(series.symbol) == AssetClass::crypto ? MarketClass::daily_crypto
                                                               : MarketClass::daily_stocks;
}

MarketClass market_class_of(const BarSeries& series) {
    if (!series.daily && series.interval_ns > 0) {
        if (series.interval_ns <= 10 * kMinute) return MarketClass::minute;
        if (series.interval_ns <= 6 * kHour) return MarketClass::hourly;
    }
    return daily_class_of(series);
}

}  // namespace tradewind::model

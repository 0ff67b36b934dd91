// Analysis rows, quotes and instruments for the tests of selection, portfolio and the daily pass.
#pragma once

#include <string>

#include "messages/analysis_row.hpp"
#include "messages/quote.hpp"

namespace tradewind::test {

[[nodiscard]] inline StrategyResult& result_of(AnalysisRow& row, StrategyKind kind) {
    return row.strategies[static_cast<std::size_t>(kind)];
}

// A stock at 100 that every gate lets pass; maxdiff has the best forecast. Predicted: close 101,
// high 103, low 98; maxdiff buys at 98.5 and sells at 102.5.
[[nodiscard]] inline AnalysisRow good_row(const std::string& symbol,
                                          AssetClass asset_class = AssetClass::us_equity) {
    AnalysisRow row;
    row.symbol = Symbol(symbol);
    row.asset_class = asset_class;
    row.last_close = 100;
    row.predicted_close = 101;
    row.predicted_high = 103;
    row.predicted_low = 98;
    row.own_high_move = 0.01;
    row.own_low_move = 0.01;
    row.calibrated_move = 0.008;
    row.realised_volatility_pct = 1.5;
    row.oos_sharpe = 1;
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        StrategyResult& result = row.strategies[i];
        result.kind = static_cast<StrategyKind>(i);
        result.available = true;
        result.avg_return = 0.003;
        result.sharpe = 1.5;
        result.samples = 70;
        result.forecast_pnl = 0.001;
        result.recent_return_sum = 0.002;
        result.has_recent_return_sum = true;
    }
    StrategyResult& maxdiff = result_of(row, StrategyKind::maxdiff);
    maxdiff.avg_return = 0.004;
    maxdiff.forecast_pnl = 0.002;
    for (const auto kind : {StrategyKind::maxdiff, StrategyKind::maxdiffalwayson}) {
        StrategyResult& result = result_of(row, kind);
        result.neutral = false;
        result.bias = 1;
        result.high_price = result.target_buy = result.entry_sell = 102.5;
        result.low_price = result.entry_buy = result.target_sell = 98.5;
    }
    StrategyResult& pctdiff = result_of(row, StrategyKind::pctdiff);
    pctdiff.neutral = false;
    pctdiff.bias = 1;
    pctdiff.entry_buy = 98;
    pctdiff.target_buy = 103;
    pctdiff.entry_sell = 102;
    pctdiff.target_sell = 99;
    return row;
}

// Bid and ask around a mid, half the spread to each side.
[[nodiscard]] inline Quote quote_around(const std::string& symbol, const char* mid,
                                        const char* spread) {
    Quote quote;
    quote.symbol = Symbol(symbol);
    const Price half = Price::from_units(Price::of(spread).units() / 2);
    quote.bid = Price::of(mid) - half;
    quote.ask = Price::of(mid) + half;
    quote.modelled = true;
    return quote;
}

}  // namespace tradewind::test

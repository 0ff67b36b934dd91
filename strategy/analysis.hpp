// From walk-forward rows to the immutable analysis row of a symbol: means over the rows, forecast
// P&L, live prices. Selection (strategy/selection.hpp) then chooses strategy and side.
//
// Pure; any thread. Rows come newest first. Source: strategies spec 2.4, 2.6, 2.7, 3.2, 4.1, 4.2.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "messages/analysis_row.hpp"
#include "messages/snapshot.hpp"
#include "strategy/walk_forward.hpp"

namespace tradewind::strategy {

// One strategy's daily returns, oldest row first (H16): the rows' averages, or the out-of-sample
// days. Symbol, kind and day are what a forecaster that draws samples keys its draws by.
struct ReturnHistory {
    StrategyKind kind = StrategyKind::simple;
    std::vector<double> returns;
    bool out_of_sample = false;
    Symbol symbol{};
    Date day{};
};

// Forecasts the next value of each history; all of a symbol in one call, answers in the same order,
// empty where it failed. An empty function means: the mean.
using PnlForecaster =
    std::function<std::vector<std::optional<double>>(std::span<const ReturnHistory>)>;

// Histories shorter than this, and losing ones, are answered by their mean without a model.
constexpr std::size_t kMinForecastHistory = 4;

// Forecast P&L of every history, in order.
[[nodiscard]] std::vector<double> forecast_pnl(std::span<const ReturnHistory> histories,
                                               const PnlForecaster& forecaster);

// Newest rows that a close policy is measured on, and days of returns kept for correlations.
constexpr std::size_t kClosePolicyRows = 10;
constexpr std::size_t kRecentReturns = 60;

// Mean of the last 14 true ranges over the last close, in per cent; and the mean of close x volume
// over the last 20 bars. `visible` > 0 bars of the series count.
[[nodiscard]] double average_true_range_pct(const BarSeries& series, std::size_t visible);
[[nodiscard]] double mean_dollar_volume(const BarSeries& series, std::size_t visible);

struct AnalysisInput {
    Snapshot snapshot;
    AssetClass asset_class = AssetClass::us_equity;
    Date day;              // the day that the live forecast is for
    std::string producer;  // model id
    std::string input_hash;
    bool has_live = true;
    PointForecast live;  // forecast of live_day(visible)
};

// Everything up to the choice of a strategy. Without rows the result is refused.
[[nodiscard]] AnalysisRow build_analysis(const AnalysisInput& input,
                                         std::span<const WalkForwardRow> rows,
                                         const WalkForwardOptions& options,
                                         const PnlForecaster& forecaster = {});

// A row that says why a symbol has no analysis.
[[nodiscard]] AnalysisRow refusal(const Snapshot& snapshot, AssetClass asset_class, Date day,
                                  std::string reason);

}  // namespace tradewind::strategy

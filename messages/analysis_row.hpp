// What the analysis of one symbol on one day concluded: everything selection, portfolio, sizing and
// a reader of `analyze` need. Built once by strategy/, immutable after. Moves and returns are
// fractions; prices here are model prices (double) and become ticks only in an Intent.
// Source: strategies spec 2 to 4.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

enum class StrategyKind : std::uint8_t {
    simple,
    all_signals,
    takeprofit,
    highlow,
    maxdiff,
    maxdiffalwayson,
    pctdiff,
    buy_and_hold,
    unprofit_shutdown,
    ci_guard,
};
constexpr std::size_t kStrategyKinds = 10;
// The first so many may be chosen to trade; the others are evaluated beside them.
constexpr std::size_t kCandidateKinds = 7;
[[nodiscard]] constexpr const char* name_of(StrategyKind kind) {
    constexpr const char* kNames[] = {
        "simple",          "all_signals", "takeprofit",   "highlow",           "maxdiff",
        "maxdiffalwayson", "pctdiff",     "buy_and_hold", "unprofit_shutdown", "ci_guard"};
    return kNames[static_cast<std::size_t>(kind)];
}

// What a strategy's past says for it: what gates, scores and the portfolio judge by.
struct StrategyEvidence {
    std::uint32_t samples = 0;
    double avg_return = 0;  // per day
    double annual_return = 0;
    double sharpe = 0;
    double turnover = 0;
    double max_drawdown = 0;  // negative or zero
    double forecast_pnl = 0;
    double recent_return_sum = 0;
    bool has_recent_return_sum = false;
};

// Means over the walk-forward rows of one strategy, and its live prices.
struct StrategyResult {
    StrategyKind kind = StrategyKind::simple;
    bool available = false;
    double total_return = 0;  // per window
    double avg_return = 0;    // per day
    double annual_return = 0;
    double sharpe = 0;
    double turnover = 0;
    double max_drawdown = 0;  // negative or zero
    double forecast_pnl = 0;  // of row 0
    double recent_return_sum = 0;
    bool has_recent_return_sum = false;  // two rows at least
    std::uint32_t samples = 0;
    // The daily returns of what the window that ended the day before would have traded (offsets and
    // targets fitted there, applied to the day), one per pair of rows. Shown beside the values
    // above, which judge a fit on the days that chose it.
    StrategyEvidence out_of_sample;
    std::string gate_failure;  // first failing entry-gate test; empty: passed
    // Live values of the newest row (maxdiff family; zero elsewhere).
    double offset_high = 0;
    double offset_low = 0;
    bool close_at_end_of_day = false;
    double high_price = 0;
    double low_price = 0;
    double bias = 0;
    Side primary_side = Side::buy;
    bool neutral = true;
    // Limit prices that an entry of this strategy carries unchanged; zero: none (market entry).
    double entry_buy = 0;
    double target_buy = 0;
    double entry_sell = 0;
    double target_sell = 0;

    [[nodiscard]] StrategyEvidence in_sample() const {
        return {samples,      avg_return,        annual_return,
                sharpe,       turnover,          max_drawdown,
                forecast_pnl, recent_return_sum, has_recent_return_sum};
    }
};

// Another model's view of the coming day: it takes part in the consensus and in the scores.
struct ModelView {
    std::string model;
    double move = 0;  // predicted close relative to the last
    double pnl = 0;   // forecast P&L of trading it
};

struct DatedReturn {
    Date day;
    double value = 0;
};

struct AnalysisRow {
    Symbol symbol;
    AssetClass asset_class = AssetClass::us_equity;
    Date day;  // the day that the live forecast is for
    Timestamp as_of;
    bool refused = false;  // no usable row: `reason` says why
    // A strategy and a side were chosen. False on a row that is not refused: none was eligible, and
    // `reason` says why.
    bool selected = false;
    std::string reason;

    std::uint32_t bars_used = 0;
    std::uint32_t simulations = 0;  // walk-forward rows behind the means
    Timestamp first_bar;
    Timestamp last_bar;
    std::string input_hash;
    std::string producer;  // model id

    double last_close = 0;
    double predicted_close = 0;
    double predicted_high = 0;
    double predicted_low = 0;
    // Forecast moves of high and low relative to their own last values, never repaired.
    double own_high_move = 0;
    double own_low_move = 0;
    bool repaired = false;  // predicted high or low did not enclose the close and was widened
    double spread_ratio = 1;
    double calibration_slope = 1;
    double calibration_intercept = 0;
    double calibrated_move = 0;
    double atr_pct = 0;
    double dollar_volume = 0;
    double oos_sharpe = 0;  // mean Sharpe of `simple` over the rows
    double turnover = 0;    // mean |return of `simple`| over the rows

    // Holding over a window, less a fee: the benchmark, mean over the rows.
    double held_return = 0;
    // Always on, newest rows (ten at most): what both ways of leaving earned at their best.
    std::uint32_t close_policy_rows = 0;
    double instant_close_profit = 0;
    double keep_open_profit = 0;
    std::vector<ModelView> other_models;      // second choices, if any
    std::vector<DatedReturn> recent_returns;  // close to close, oldest first: for correlations

    std::array<StrategyResult, kStrategyKinds> strategies;
    bool judged_out_of_sample = false;  // which evidence counted

    StrategyKind chosen = StrategyKind::simple;
    Side side = Side::buy;
    double expected_move_pct = 0;
    double composite_score = 0;
    double price_skill = 0;
    double edge_strength = 0;
    double kelly_fraction = 0;
    double realised_volatility_pct = 0;
    bool trade_blocked = false;
    std::vector<std::string> blocks;  // reasons of the gates
    std::vector<std::string> notes;

    [[nodiscard]] const StrategyResult& result(StrategyKind kind) const {
        return strategies[static_cast<std::size_t>(kind)];
    }
    [[nodiscard]] StrategyEvidence evidence(StrategyKind kind) const {
        return judged_out_of_sample ? result(kind).out_of_sample : result(kind).in_sample();
    }
};

}  // namespace tradewind

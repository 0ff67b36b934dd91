// Walk-forward: one result row per end day, from bars and 1-step forecasts.
//
// A row is a pure function of its end day: it sees bars 0 ... end - 1 and the forecasts of its
// evaluated days, nothing else. The rows of a snapshot with `visible` bars are those of
// row_ends(visible): a new day adds one row and S - 1 are the cached ones. The forecasts needed are
// required_days(visible): S + W - 1 distinct days and the live one; each is asked for once.
// Owner of caches is the caller (one per symbol); values are immutable once made. Any thread.
// Source: strategies spec 2.2, 2.3, 2.6 (H11, H12, H13).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "messages/analysis_row.hpp"
#include "messages/bar.hpp"
#include "strategy/directional.hpp"
#include "strategy/maxdiff.hpp"
#include "strategy/moves.hpp"
#include "strategy/pctdiff.hpp"

namespace tradewind::strategy {

constexpr std::uint32_t kMaxWindow = 64;

struct WalkForwardOptions {
    Alignment alignment = Alignment::exact;
    std::uint32_t simulations = 70;  // S
    std::uint32_t window = 7;        // W: forecast days of a row; legacy evaluates W - 1 of them
    // The first forecast day has at least this many bars before it (the forecaster's minimum).
    std::uint32_t minimum_context_bars = 21;
    TradingCosts costs;
    BracketOptions bracket;
    PctDiffOptions pctdiff;
    double ci_guard = 1;  // widths of the uncertainty band
};

// One strategy of one row.
struct StrategyRow {
    bool available = false;
    double total_return = 0;
    double average_return = 0;
    double annual_return = 0;
    double sharpe = 0;
    double turnover = 0;
    double max_drawdown = 0;
    double newest_return = 0;  // of the last evaluated day
};

// The fitted part of a bracket strategy's row.
struct BracketRow {
    CloseChoice choice;
    double bias = 0;
    Side primary_side = Side::buy;
    bool neutral = true;
    // This row's offsets are for the day after its window; next_day_profit(row, newer row) applies
    // them there.
};

struct WalkForwardRow {
    std::uint32_t end = 0;  // bars seen
    std::array<StrategyRow, kStrategyKinds> strategies;
    BracketRow maxdiff;
    BracketRow always_on;
    PctDiffParameters pctdiff;
    BracketRow pctdiff_side;  // bias and side only
    Line calibration;
    double realised_volatility_pct = 0;
    double close_error = 0;  // mean |c - predicted c|
    double held_return = 0;  // of holding over the window, less a fee (H21)
    AlignedDay newest;       // last evaluated day

    [[nodiscard]] const StrategyRow& of(StrategyKind kind) const {
        return strategies[static_cast<std::size_t>(kind)];
    }
};

// How many rows the bars allow, at most S.
[[nodiscard]] std::uint32_t available_simulations(std::uint32_t visible,
                                                  const WalkForwardOptions& options);

// End days of the rows, newest first: row 0 is the most recent simulation.
[[nodiscard]] std::vector<std::uint32_t> row_ends(std::uint32_t visible,
                                                  const WalkForwardOptions& options);

// Every distinct day whose forecast the rows or the live prices need, ascending. Empty if no row is
// possible.
[[nodiscard]] std::vector<std::uint32_t> required_days(std::uint32_t visible,
                                                       const WalkForwardOptions& options);

// The row of one end day. `end` is at most series.bars.size(); every evaluated day has a forecast
// (ensured). A window shorter than two days gives a row without available strategies.
[[nodiscard]] WalkForwardRow walk_forward_row(const BarSeries& series, std::uint32_t end,
                                              const DayForecasts& forecasts,
                                              const WalkForwardOptions& options);

// Rows by end day.
using RowCache = std::map<std::uint32_t, WalkForwardRow>;

// The rows of `visible`, newest first; missing ones are computed into the cache, older ones than
// needed are dropped. The number computed goes to `computed` where given.
[[nodiscard]] std::vector<WalkForwardRow> walk_forward(
    const BarSeries& series, std::uint32_t visible, const DayForecasts& forecasts,
    const WalkForwardOptions& options, RowCache& cache, std::uint32_t* computed = nullptr);

// What `kind` earned on the newest day of `newer` (end day e + 1) by what was known at end day e:
// the offsets or targets fitted in `older`; a strategy without a fit earns its own return of that
// day. The out-of-sample companion (H19).
[[nodiscard]] double next_day_profit(StrategyKind kind, const WalkForwardRow& older,
                                     const WalkForwardRow& newer,
                                     const WalkForwardOptions& options);

}  // namespace tradewind::strategy

// Choosing strategy and side of a symbol, its scores, and the gates that may block it.
//
// Pure; any thread. Takes an analysis row as strategy/analysis.hpp built it and returns it
// completed. Every rejection carries its reason in the row: `reason` where nothing could be chosen,
// `blocks` where a gate stopped the choice, `notes` where a test failed but only advises. Returns
// and moves are fractions, "bp" 1e-4. Which evidence counts is a setting: the means over the rows,
// whose fits are judged on the days that chose them, or the out-of-sample days (H19).
// Source: strategies spec 1.1 (hourly), 4.1 to 4.4 (H24 to H27).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "messages/analysis_row.hpp"
#include "messages/quote.hpp"
#include "strategy/symbol_overrides.hpp"

namespace tradewind::strategy {

// What a failed entry gate means where the forecast P&L is positive: the strategy is skipped, or
// allowed with a note. It is skipped either way where the forecast P&L is not positive.
enum class GateMode : std::uint8_t { enforce, advisory };

enum class Evidence : std::uint8_t { in_sample, out_of_sample };

struct SelectionSettings {
    // In the order of StrategyKind. What is no candidate takes no part; a candidate that is not
    // enabled keeps its place in the order and is passed over (spec 4.2).
    std::array<bool, kStrategyKinds> candidates{true, true, true, true, true, true, true};
    // Take-profit and high-low are off.
    std::array<bool, kStrategyKinds> enabled{true, true, false, false, true, true, true};
    std::set<Symbol>
        allow;  // what may be traded; empty: no filter. What it leaves out has a reason
    Evidence evidence = Evidence::in_sample;
    GateMode gate_mode = GateMode::advisory;
    bool disable_gates = false;                    // all but the loss block; never in live
    std::map<Symbol, SidePermission> permissions;  // absent: both
    SymbolOverrides overrides;
    // Hourly trading: rows must promise and have earned something, and the sum of the last two
    // trades of the symbol, side and strategy must not be a loss.
    bool require_positive = false;
    bool recent_trades_gate = false;

    double stock_cost_bp = 6;
    double crypto_cost_bp = 20;
    double costly_extra_bp = 25;
    std::set<Symbol> costly{Symbol("META"), Symbol("AMD"), Symbol("LCID"), Symbol("QUBT")};
    double edge_margin_bp = 10;
    double stock_floor_bp = 15;
    double crypto_floor_bp = 40;
    double min_sharpe = 0.5;
    std::uint32_t min_samples = 120;
    std::uint32_t min_samples_liquid_crypto = 60;
    double max_drawdown = -0.08;
    double max_turnover = 2;
    double turnover_sharpe = 0.8;

    double consensus_min_move = 0.001;
    double walk_forward_sharpe = 0.3;
    double second_model_sharpe = -0.25;  // in its place where only the second model answered
    double walk_forward_turnover_sharpe = 0.5;
    bool walk_forward_blocks = false;  // false: a note
    std::int64_t cooldown_ns = 180 * kMinute;
    std::int64_t loss_block_ns = 3 * kDay;

    double liquid_crypto_spread_cap_bp = 35;
    double liquid_stock_spread_cap_bp = 8;
    double spread_cap_bp = 25;

    // The stricter of the symbol's permission and the override.
    [[nodiscard]] SidePermission permission_of(Symbol symbol, StrategyKind kind) const;
};

// What the gates know of the symbol's past trades and state.
struct LastTrade {
    Timestamp closed;
    double pnl = 0;
    std::optional<double> previous_pnl = std::nullopt;  // of the trade before

    // Of the last two trades; of one where there is only one.
    [[nodiscard]] double recent_pnl() const { return pnl + previous_pnl.value_or(0); }
};
struct SelectionContext {
    Timestamp now;
    std::optional<Quote> quote;
    bool fallback_engine = false;  // the forecasts come from the second-choice model
    bool second_model_only = false;
    bool probing = false;
    std::uint32_t simulations = 70;  // S: min_samples never asks for more
    std::optional<Timestamp> last_loss;
    std::map<std::pair<Side, StrategyKind>, LastTrade> last_trades;
    std::set<StrategyKind> suspended;  // by drawdown
};

// max(cost + margin, floor) of a symbol, in bp: 16 for an ordinary stock, 40 for a coin.
[[nodiscard]] double needed_edge_bp(Symbol symbol, AssetClass asset_class,
                                    const SelectionSettings& settings);
// min(table, S): a gate never asks for more samples than the walk-forward makes (H26). Out of
// sample there is one day fewer than rows.
[[nodiscard]] std::uint32_t required_samples(Symbol symbol, AssetClass asset_class,
                                             std::uint32_t simulations,
                                             const SelectionSettings& settings);

// The first failing entry-gate test of a strategy; empty: passed. simple and all_signals have none.
[[nodiscard]] std::string entry_gate_failure(const AnalysisRow& row, StrategyKind kind,
                                             const SelectionContext& context,
                                             const SelectionSettings& settings);

// Candidates in the order in which they are tried: positive forecast P&L descending, or all of them
// if none is positive; ties in the order of StrategyKind. Only available ones.
[[nodiscard]] std::vector<StrategyKind> candidate_order(const AnalysisRow& row,
                                                        const SelectionSettings& settings = {});

// clamp(0.2 x edge / sigma^2, 0, 0.15); 0 if sigma <= 0.
[[nodiscard]] double kelly_lite(double edge, double sigma);

// Chooses, scores and gates. A refused row comes back unchanged.
[[nodiscard]] AnalysisRow select_strategy(AnalysisRow row, const SelectionContext& context,
                                          const SelectionSettings& settings);

// Of two analyses of a symbol by different models: the one whose chosen strategy has the larger
// positive forecast P&L; ties go to the strategy that comes first, then to `first`. Neither chosen
// anything: `first`.
[[nodiscard]] const AnalysisRow& preferred_row(const AnalysisRow& first, const AnalysisRow& second);

// maxdiff and maxdiffalwayson: exempt from most gates.
[[nodiscard]] constexpr bool in_maxdiff_family(StrategyKind kind) {
    return kind == StrategyKind::maxdiff || kind == StrategyKind::maxdiffalwayson;
}
// Entries and targets at limits: the family above with pctdiff and highlow.
[[nodiscard]] constexpr bool in_bracket_family(StrategyKind kind) {
    return in_maxdiff_family(kind) || kind == StrategyKind::pctdiff ||
           kind == StrategyKind::highlow;
}

}  // namespace tradewind::strategy

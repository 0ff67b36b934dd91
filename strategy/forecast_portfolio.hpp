// The forecast portfolio: one daily pass from analysis rows to intents and decisions.
//
// Pure: (rows, previous picks, account, quotes, settings) -> (intents, decisions, picks). The
// caller owns the rows' caches (strategy/walk_forward.hpp), runs a pass at each session open
// (coins: each UTC day), and keeps the returned picks for the next one. Symbols that cannot trade
// at this pass still take part in the ranking with their newest row (`decides` false).
//
// Order of a plan: cancels first, then intents: exits, refreshed targets, entries. Each symbol that
// decides has exactly one decision, whatever became of it. Prices are rounded to ticks passively,
// quantities floored to lots. Source: strategies spec 1.2, 1.3, 1.4, 4.2, 4.5, 4.7, 4.8.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/account.hpp"
#include "messages/analysis_row.hpp"
#include "messages/headroom.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"
#include "strategy/analysis.hpp"
#include "strategy/portfolio.hpp"
#include "strategy/selection.hpp"
#include "strategy/sizing.hpp"
#include "strategy/walk_forward.hpp"

namespace tradewind::strategy {

// Fees are per side. Defaults are the preset `realistic`.
struct ClassCosts {
    double fee = 0.001;
    double spread_ratio = 1.0002;
};

struct ForecastPortfolioSettings {
    Alignment alignment = Alignment::exact;
    Intrabar intrabar = Intrabar::conservative;
    int fee_sides = 2;
    double fill_buffer = 0.0005;
    std::uint32_t simulations = 70;
    std::uint32_t window = 7;
    std::uint32_t minimum_bars = 100;         // fewer: a refusal row
    std::uint32_t minimum_context_bars = 21;  // before the first forecast day
    double offset_limit = 0.03;
    ClassCosts stock;
    ClassCosts crypto;
    SelectionSettings selection;
    PortfolioSettings portfolio;
    SizingSettings sizing;
    // Leave at the close of the day instead of leaving the target at work.
    bool stock_instant_close = false;
    bool crypto_instant_close = true;
    double min_target_distance_bp = 3;
    double max_entry_distance = 0.10;  // |entry / mid - 1|

    [[nodiscard]] const ClassCosts& costs_of(AssetClass asset_class) const {
        return asset_class == AssetClass::crypto ? crypto : stock;
    }
    [[nodiscard]] bool instant_close(AssetClass asset_class) const {
        return asset_class == AssetClass::crypto ? crypto_instant_close : stock_instant_close;
    }
    [[nodiscard]] WalkForwardOptions walk_forward(AssetClass asset_class) const;
};

// Throws Error(usage) naming the setting, its value and its range.
void check(const ForecastPortfolioSettings& settings);

// Why the snapshot cannot be analysed: too few bars, a suspect bar, no room for a row. Empty: it
// can.
[[nodiscard]] std::string refusal_reason(const Snapshot& snapshot, AssetClass asset_class,
                                         const ForecastPortfolioSettings& settings);

// The whole analysis of one symbol: rows (through the cache), means, choice, scores, gates. The
// forecasts of required_days(snapshot.visible, ...) must be present; a missing one gives a refusal
// row. `context.simulations` is taken from the settings.
[[nodiscard]] AnalysisRow analyse_symbol(const AnalysisInput& input, const DayForecasts& forecasts,
                                         RowCache& cache, SelectionContext context,
                                         const ForecastPortfolioSettings& settings,
                                         const PnlForecaster& forecaster = {});

// What the portfolio remembers of a symbol it picked.
struct Pick {
    StrategyKind strategy = StrategyKind::simple;
    Side side = Side::buy;
    Price entry;   // zero: market
    Price target;  // zero: none
    friend bool operator==(const Pick&, const Pick&) = default;
};
using Picks = std::map<Symbol, Pick>;

struct PassSymbol {
    Instrument instrument;
    AnalysisRow row;  // completed; refused ones too
    std::optional<Quote> quote;
    bool decides = true;
};

struct PassInput {
    Timestamp time;
    std::vector<PassSymbol> symbols;  // any order; one per symbol
    AccountSnapshot account;          // positions of this portfolio's symbols
    Headroom headroom;
    Picks previous;
};

struct PassPlan {
    std::vector<CancelIntent> cancels;
    std::vector<Intent> intents;
    std::vector<Decision> decisions;  // in symbol order
    Picks picks;  // of the symbols that decided, and the kept ones of the others
};

[[nodiscard]] PassPlan plan_daily_pass(const PassInput& input,
                                       const ForecastPortfolioSettings& settings);

// Entry and target of a bracket entry, on ticks and checked: entry > 0, at least
// min_target_distance_bp between buy and sell price, entry within max_entry_distance of the mid.
// `failure` names the first violated rule.
struct BracketPrices {
    Price entry;
    Price target;
    std::string failure;
};
[[nodiscard]] BracketPrices bracket_prices(const StrategyResult& result, Side side,
                                           const Instrument& instrument, const Quote& quote,
                                           const ForecastPortfolioSettings& settings);

}  // namespace tradewind::strategy

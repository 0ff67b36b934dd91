// The forecast portfolio: one daily pass from analysis rows to intents and decisions.
//
// Pure: (rows, previous picks, account, quotes, settings) -> (intents, decisions, picks). The
// caller owns the rows' caches (strategy/walk_forward.hpp), runs a pass at each session open
// (coins: each UTC day), and keeps the returned picks for the next one. Symbols that cannot trade
// at this pass still take part in the ranking with their newest row (`decides` false).
//
// Order of a plan: cancels first, then intents: exits and moved targets in symbol order, then
// entries in order of their forecast P&L. Each symbol that decides has exactly one decision,
// whatever became of it; the orders of one decision differ by their leg (close, open, open_other,
// take_profit). Always on has two legs where both sides may be entered: the long one at the low and
// the short one at the high, each with the other's price as its target. They share one netted
// position and are alternatives: execution (a replay: the broker) never lets both be filled against
// each other, so the second reserves nothing beside the first, and is never larger.
// Prices are rounded to ticks passively, quantities floored to lots. Source: strategies
// spec 1.2, 1.3, 1.4, 4.2, 4.5, 4.7, 4.8.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "market/cost_model.hpp"
#include "messages/account.hpp"
#include "messages/analysis_row.hpp"
#include "messages/headroom.hpp"
#include "messages/holdings.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/order_work.hpp"
#include "messages/quote.hpp"
#include "strategy/analysis.hpp"
#include "strategy/portfolio.hpp"
#include "strategy/probe.hpp"
#include "strategy/rejections.hpp"
#include "strategy/risk_rules.hpp"
#include "strategy/selection.hpp"
#include "strategy/sizing.hpp"
#include "strategy/walk_forward.hpp"

namespace tradewind::strategy {

// Costs of one asset class as the strategies see them: fees per side and fraction of notional,
// ask / bid, and how far a bar must trade through a limit. Defaults are the preset `realistic`.
struct EvaluationCosts {
    double maker_fee = 0.001;  // limits: the bracket strategies
    double taker_fee = 0.001;  // close to close: the directional family
    double spread_ratio = 1.0;
    double fill_buffer = 0.0005;
};

struct ForecastPortfolioSettings {
    Alignment alignment = Alignment::exact;
    Intrabar intrabar = Intrabar::conservative;
    int fee_sides = 2;
    std::uint32_t simulations = 70;
    std::uint32_t window = 7;
    std::uint32_t minimum_bars = 100;         // fewer: a refusal row
    std::uint32_t minimum_context_bars = 21;  // before the first forecast day
    double offset_limit = 0.03;
    SearchSettings search;
    double ci_guard = 1;  // widths of the band
    double pctdiff_max_daily_return = 0.10;
    EvaluationCosts stock;
    EvaluationCosts crypto;
    SelectionSettings selection;
    PortfolioSettings portfolio;
    SizingSettings sizing;
    ProbeSettings probes;
    SuspensionSettings suspension;
    // Bars are hours: the hourly variant. Rows are annualised by the hours of a year, and bars must
    // be as fresh as strategy/hourly.hpp says.
    bool hourly = false;
    // Orders are worked over time (watchers, ramps, gradual exits) by execution: a market that is
    // seen between the passes. Else they are sent as they are, for a replay of daily bars.
    bool work_orders = false;
    std::uint32_t immediate_always_on = 2;       // always-on picks that do not wait for their price
    std::uint32_t immediate_night_coins = 2;     // best coins, while the exchange is closed
    bool immediate_entries = false;              // all limit entries
    std::optional<Fraction> overnight_leverage;  // gross, of equity, that may stay over the close
    bool probe_after_loss = true;  // the weekday after a losing day enters probes only
    // Leave at the close of the day instead of leaving the target at work; with the measured policy
    // only where a symbol's own rows do not say which way earns more.
    bool stock_instant_close = false;
    bool crypto_instant_close = true;
    bool measured_close_policy = false;
    double min_target_distance_bp = 3;
    double max_entry_distance = 0.10;  // |entry / mid - 1|

    [[nodiscard]] const EvaluationCosts& costs_of(AssetClass asset_class) const {
        return asset_class == AssetClass::crypto ? crypto : stock;
    }
    [[nodiscard]] bool instant_close(const AnalysisRow& row) const;
    // Takes fees, spread, fill buffer, fee sides and intrabar order from the one cost model (H1).
    void use(const market::CostModel& costs);
    [[nodiscard]] WalkForwardOptions walk_forward(AssetClass asset_class) const;
};

// Throws Error(usage) naming the setting, its value and its range.
void check(const ForecastPortfolioSettings& settings);

// Why so many bars cannot be analysed: fewer than minimum_bars, or no room for a row; empty: they
// can. Whether the bars are sound is market/snapshot_validation.hpp's question, asked before.
[[nodiscard]] std::string refusal_reason(std::uint32_t visible,
                                         const ForecastPortfolioSettings& settings);

// The whole analysis of one symbol: rows (through the cache), means, choice, scores, gates. The
// forecasts of required_days(snapshot.visible, ...) must be present; a missing one gives a refusal
// row. `context.simulations` is taken from the settings. `solved_rows` gets the number of
// walk-forward rows that were computed, each with the same calls of the solver.
[[nodiscard]] AnalysisRow analyse_symbol(const AnalysisInput& input, const DayForecasts& forecasts,
                                         RowCache& cache, SelectionContext context,
                                         const ForecastPortfolioSettings& settings,
                                         const PnlForecaster& forecaster = {},
                                         std::uint32_t* solved_rows = nullptr);

// What the portfolio remembers of a symbol it picked: who opened it, or is trying to. A position
// that stays keeps the strategy that opened it, whatever is chosen later (H45).
struct Pick {
    StrategyKind strategy = StrategyKind::simple;
    Side side = Side::buy;
    Price entry;         // zero: market
    Price target;        // zero: none
    Timestamp opened{};  // the pass that entered; zero: unknown
    bool probe = false;
    // The leg of the other side that waits beside it (always on); zero: none.
    Price other_entry{};
    Price other_target{};
    [[nodiscard]] bool two_sided() const { return !other_entry.is_zero(); }
    // Of the leg of that side; zero: none.
    [[nodiscard]] Price entry_of(Side leg) const { return leg == side ? entry : other_entry; }
    friend bool operator==(const Pick&, const Pick&) = default;
};
using Picks = std::map<Symbol, Pick>;

struct PassSymbol {
    Instrument instrument;
    AnalysisRow row;  // completed; refused ones too
    std::optional<Quote> quote;
    bool decides = true;
};

// A name leaves by the rules of strategy/position_rules.hpp, or when it outlived its close policy.
// Caps of the pass (the smaller ones of a later pass) limit what enters; what leaves is judged by
// the full caps (H3). New entries are sized under the headroom as it is: nothing that an exit of
// this pass will free is spent.
struct PassInput {
    Timestamp time;
    std::vector<PassSymbol> symbols;  // any order; one per symbol
    AccountSnapshot account;          // positions of this portfolio's symbols
    Headroom headroom;
    Picks previous;
    // Who holds each position. One that they do not explain is the previous pick's, without one it
    // counts as adopted.
    Holdings holders;
    WorkKeys at_work;                       // where orders are worked over time
    std::optional<PortfolioSettings> caps;  // of this pass, for entries; none: the full ones
    bool exchange_open = true;              // the NYSE: closed, names only leave on a turned side
    // The pass before the close: names leave by close_exit_reason(), nothing enters (spec 1.4).
    bool closing = false;
    // The day has no other pass (a replay of daily bars): shares that the pass before the close
    // would leave, which sees the same bars, leave at that close.
    bool only_pass = false;
    bool known_only = false;  // enters only what is picked already (the coins' day roll)
    std::string no_entries;   // not empty: nothing enters, for this reason; exits go on
    std::optional<Fraction> leverage_threshold;  // of the day; none: the sizing's own
    std::set<Symbol> probing;                    // in probe mode: in at any price, at minimum size
    bool probe_only = false;                     // the day after a loss: every entry is a probe
    std::map<Symbol, std::uint32_t> entries_today;  // for the symbols' own limits
};

struct PassPlan {
    std::vector<CancelIntent> cancels;
    std::vector<Intent> intents;
    std::vector<OrderWork> works;     // in their place where orders are worked over time
    std::vector<Decision> decisions;  // in symbol order
    RejectionCounts rejections;       // of all symbols that have a row
    // Of the symbols that decided, and the kept ones of the others: after a restart most have no
    // row yet.
    Picks picks;
};

[[nodiscard]] PassPlan plan_daily_pass(const PassInput& input,
                                       const ForecastPortfolioSettings& settings);

// Entry and target of a bracket entry, on ticks and checked: entry > 0, at least
// min_target_distance_bp between buy and sell price, entry within max_entry_distance of the mid.
// `failure` names the first violated rule.
struct BracketPrices {
    Price entry;   // never across the touch
    Price wanted;  // as the strategy has it: what a watcher waits for
    Price target;
    std::string failure;
};
[[nodiscard]] BracketPrices bracket_prices(const StrategyResult& result, Side side,
                                           const Instrument& instrument, const Quote& quote,
                                           const ForecastPortfolioSettings& settings);

}  // namespace tradewind::strategy

// Which held positions leave: the table of a pass, and the rules at the market close.
//
// Pure; any thread. First match decides; an empty reason means: keep. Hold clocks run per asset
// class: exchange minutes for stocks, wall time for coins (I-37). What a caller does with a reason
// is an exit that nothing may drop. Source: strategies spec 1.3 (4), 1.4 (H3, H9).
#pragma once

#include <optional>
#include <string>

#include "messages/analysis_row.hpp"
#include "strategy/probe.hpp"

namespace tradewind::strategy {

// A position as the rules see it.
struct HeldFacts {
    AssetClass asset_class = AssetClass::us_equity;
    Side side = Side::buy;
    std::optional<Timestamp> opened;         // unknown: hold limits do not apply
    bool probe = false;                      // entered as a probe
    std::optional<double> max_hold_seconds;  // the symbol's own setting
    // Of a strategy that is on both sides of the symbol: the side chosen says nothing against it.
    bool both_sides = false;
};

// How long the position has been held on its own clock.
[[nodiscard]] std::int64_t held_ns(AssetClass asset_class, Timestamp opened, Timestamp now);

struct PassFacts {
    Timestamp now;
    bool exchange_open = true;  // the NYSE
    bool picked = false;        // under the caps of a full pass, never those of a smaller one
    std::string why_not;        // of a symbol that is not picked
    std::int64_t probe_life_ns = kDay;
};

// The reason to leave at a pass: `no_analysis` (shorts in open market), `not_in_portfolio`,
// `direction_change`, `probe_expired`, `max_hold`.
[[nodiscard]] std::string pass_exit_reason(const AnalysisRow& row, const HeldFacts& held,
                                           const PassFacts& pass);

// The reason to leave before the market closes: `direction_change`, `strategy_lost` (average return
// of the strategy that holds it, under its own name), `probe_expired`. No row: none.
[[nodiscard]] std::string close_exit_reason(const AnalysisRow& row, StrategyKind holder,
                                            const HeldFacts& held, Timestamp now,
                                            std::int64_t probe_life_ns = kDay);

}  // namespace tradewind::strategy

// Rules of the account as a whole: the day's P&L, drawdown suspension, gross leverage, rebalancing.
//
// Pure: state goes in as a value and comes back as one; the caller keeps it (durably) and decides
// nothing itself. Any thread. Money is decimal, drawdowns and factors are fractions. Source:
// strategies spec 1.5, 4.4 (drawdown), 4.7.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "messages/account.hpp"
#include "strategy/symbol_overrides.hpp"

namespace tradewind::strategy {

// What the days' results have decided so far.
struct DayPnlState {
    std::optional<Date> probe_only;  // every new entry of that day is a probe
    Money last_pnl;                  // of the newest recorded day
    std::optional<Date> last_day;
};

// After `day` ended with `pnl`: a loss makes the next weekday probe only, a gain frees it. A day
// that is recorded again replaces itself; an older day changes nothing.
[[nodiscard]] DayPnlState record_day_pnl(DayPnlState state, Date day, Money pnl);
[[nodiscard]] bool is_probe_only(const DayPnlState& state, Date day);

// Gross exposure of the portfolio, in units of equity: max(2, configured) after a day without loss
// (or none recorded), else 2.
[[nodiscard]] Fraction leverage_threshold(const DayPnlState& state, Fraction configured_gross);

struct SuspensionSettings {
    std::optional<double>
        suspend;                   // account drawdown at which a strategy is suspended; none: never
    std::optional<double> resume;  // at or below which it returns; none: factor x suspend
    double resume_factor = 0.8;
};

// How far equity lies below its peak; 0 without a peak.
[[nodiscard]] double drawdown_of(const AccountSnapshot& account);

// The strategies suspended in `symbol` now, given those that were: between the thresholds nothing
// changes.
[[nodiscard]] std::set<StrategyKind> suspended_strategies(Symbol symbol, double drawdown,
                                                          const std::set<StrategyKind>& before,
                                                          const SuspensionSettings& settings,
                                                          const SymbolOverrides& overrides = {});

// Kelly sizes shrink with the drawdown: clamp(1 - drawdown / cap, minimum, 1); no cap: 1.
[[nodiscard]] double drawdown_scale(double drawdown, std::optional<double> cap, double minimum);

// What must be sold so that gross exposure is at most `leverage` x equity; zero: nothing. For the
// overnight cap before a close.
[[nodiscard]] Money excess_exposure(const AccountSnapshot& account, Fraction leverage);
// Financing of `days` days on the part of gross exposure above equity.
[[nodiscard]] Money financing_of(const AccountSnapshot& account, Fraction per_year, int year_days,
                                 int days);

// A same-side position is only resized where the sizes differ by more than `threshold` of it.
[[nodiscard]] bool needs_rebalance(Quantity current, Quantity wanted,
                                   Fraction threshold = Fraction::of("0.25"));

}  // namespace tradewind::strategy

#include "strategy/risk_rules.hpp"

#include <algorithm>

#include "market/cost_model.hpp"
#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

constexpr int kSaturday = 6;
constexpr int kSunday = 0;

Date next_weekday(Date day) {
    do {
        day = day + 1;
    } while (weekday(day) == kSaturday || weekday(day) == kSunday);
    return day;
}

}  // namespace

DayPnlState record_day_pnl(DayPnlState state, Date day, Money pnl) {
    if (state.last_day && day < *state.last_day) return state;
    state.last_day = day;
    state.last_pnl = pnl;
    state.probe_only = pnl.sign() < 0 ? std::optional(next_weekday(day)) : std::nullopt;
    return state;
}

bool is_probe_only(const DayPnlState& state, Date day) {
    return state.probe_only && *state.probe_only == day;
}

Fraction leverage_threshold(const DayPnlState& state, Fraction configured_gross) {
    const Fraction floor = Fraction::whole(2);
    const bool lost = state.last_day && state.last_pnl.sign() < 0;
    return lost ? floor : std::max(floor, configured_gross);
}

double drawdown_of(const AccountSnapshot& account) {
    if (account.peak_equity.sign() <= 0 || account.equity >= account.peak_equity) return 0;
    return 1 - account.equity.to_double() / account.peak_equity.to_double();
}

std::set<StrategyKind> suspended_strategies(Symbol symbol, double drawdown,
                                            const std::set<StrategyKind>& before,
                                            const SuspensionSettings& settings,
                                            const SymbolOverrides& overrides) {
    std::set<StrategyKind> suspended;
    for (std::size_t i = 0; i < kCandidateKinds; ++i) {
        const auto kind = static_cast<StrategyKind>(i);
        auto suspend = value_for(overrides.drawdown_suspend, symbol, kind);
        if (!suspend) suspend = settings.suspend;
        if (!suspend) continue;
        auto resume = value_for(overrides.drawdown_resume, symbol, kind);
        if (!resume) resume = settings.resume;
        const double back = resume.value_or(settings.resume_factor * *suspend);
        const bool was = before.contains(kind);
        if (drawdown >= *suspend || (was && drawdown > back)) suspended.insert(kind);
    }
    return suspended;
}

double drawdown_scale(double drawdown, std::optional<double> cap, double minimum) {
    if (!cap || !(*cap > 0)) return 1;
    return std::clamp(1 - drawdown / *cap, std::min(minimum, 1.0), 1.0);
}

Money excess_exposure(const AccountSnapshot& account, Fraction leverage) {
    const Money equity = std::max(account.equity, Money{});
    const Money excess = account.gross_exposure - share_of(equity, leverage);
    return std::max(excess, Money{});
}

Money financing_of(const AccountSnapshot& account, Fraction per_year, int year_days, int days) {
    ensure(days >= 0, "financing runs forward");
    return market::accrued(account.gross_exposure - account.equity, per_year, year_days,
                           days * kDay);
}

bool needs_rebalance(Quantity current, Quantity wanted, Fraction threshold) {
    ensure(current.sign() * wanted.sign() >= 0, "a rebalance keeps the side");
    const Quantity gap = (wanted - current).abs();
    const int128 scaled = decimal::multiply(gap.units(), Fraction::kOne);
    return scaled > decimal::multiply(current.abs().units(), threshold.units());
}

}  // namespace tradewind::strategy

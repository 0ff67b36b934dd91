#include "strategy/position_rules.hpp"

#include <algorithm>

#include "market/calendar.hpp"
#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

bool outlived(const HeldFacts& held, Timestamp now, double seconds) {
    return held.opened && static_cast<double>(held_ns(held.asset_class, *held.opened, now)) >
                              seconds * static_cast<double>(kSecond);
}

// A probe's day is a day of the clock for every class: it is the idea that ages.
bool probe_is_over(const HeldFacts& held, Timestamp now, std::int64_t life_ns) {
    return held.probe && held.opened && now - *held.opened > life_ns;
}

}  // namespace

std::int64_t held_ns(AssetClass asset_class, Timestamp opened, Timestamp now) {
    if (now <= opened) return 0;
    const auto calendar = market::calendar_of(asset_class);
    if (calendar == market::TradingCalendar::utc_days) return now - opened;
    std::int64_t total = 0;
    Date date = market::exchange_date(calendar, opened) - 1;
    for (;;) {
        const market::Session session = market::next_session(calendar, date);
        if (session.open >= now) return total;
        const Timestamp from = std::max(session.open, opened);
        const Timestamp to = std::min(session.close, now);
        if (to > from) total += to - from;
        date = session.date;
    }
}

std::string pass_exit_reason(const AnalysisRow& row, const HeldFacts& held, const PassFacts& pass) {
    if (row.refused) {
        const bool leaves = held.side == Side::sell && pass.exchange_open;
        return leaves ? "no_analysis: " + row.reason : std::string();
    }
    const bool turned = row.selected && row.side != held.side && !held.both_sides;
    if (!pass.picked && !pass.exchange_open) return turned ? "direction_change" : "";
    if (!pass.picked) return "not_in_portfolio: " + pass.why_not;
    if (turned) return "direction_change";
    if (probe_is_over(held, pass.now, pass.probe_life_ns)) return "probe_expired";
    if (held.max_hold_seconds && outlived(held, pass.now, *held.max_hold_seconds)) {
        return "max_hold";
    }
    return {};
}

std::string close_exit_reason(const AnalysisRow& row, StrategyKind holder, const HeldFacts& held,
                              Timestamp now, std::int64_t probe_life_ns) {
    if (row.refused) return {};
    if (row.selected && row.side != held.side && !held.both_sides) return "direction_change";
    if (!held.probe && row.evidence(holder).avg_return < 0) {
        return std::string("strategy_lost: ") + name_of(holder);
    }
    if (probe_is_over(held, now, probe_life_ns)) return "probe_expired";
    return {};
}

}  // namespace tradewind::strategy

#include "strategy/hourly.hpp"

#include <algorithm>

namespace tradewind::strategy {
namespace {

std::int64_t hour_of(Timestamp time) {
    const std::int64_t hours = time.ns / kHour;
    return time.ns % kHour < 0 ? hours - 1 : hours;
}

}  // namespace

HourlyRun hourly_run(std::optional<Timestamp> last, Timestamp now, const HourlySettings& settings) {
    if (last && hour_of(*last) >= hour_of(now)) return HourlyRun::none;
    if (now.ns - hour_of(now) * kHour < settings.window_ns) return HourlyRun::scheduled;
    if (!last) return settings.first_run_at_once ? HourlyRun::first : HourlyRun::none;
    return settings.catch_up ? HourlyRun::catch_up : HourlyRun::none;
}

std::int64_t missed_hours(Timestamp last, Timestamp now) {
    return std::max<std::int64_t>(hour_of(now) - hour_of(last) - 1, 0);
}

market::SnapshotRules hourly_snapshot_rules(AssetClass asset_class,
                                            const HourlySettings& settings) {
    market::SnapshotRules rules;
    rules.asset_class = asset_class;
    rules.maximum_age_ns =
        asset_class == AssetClass::crypto ? settings.crypto_age_ns : settings.stock_age_ns;
    rules.maximum_lead_ns = settings.lead_ns;
    return rules;
}

Timestamp refresh_from(std::optional<Timestamp> newest_bar, Timestamp now,
                       const HourlySettings& settings) {
    const Timestamp earliest = now - settings.backfill_ns;
    return newest_bar ? std::max(earliest, *newest_bar - settings.overlap_ns) : earliest;
}

SelectionSettings hourly_selection(SelectionSettings settings) {
    settings.require_positive = true;
    settings.recent_trades_gate = true;
    return settings;
}

}  // namespace tradewind::strategy

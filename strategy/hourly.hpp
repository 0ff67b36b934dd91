// The hourly variant: when a pass runs, how fresh its bars must be, which rows may trade.
//
// Pure; any thread. At most one pass of a clock hour, within its first minutes; a first run and a
// run that catches up are allowed outside them where the settings say so. Everything else is the
// daily pass on hourly bars. Source: strategies spec 1.1.
#pragma once

#include <cstdint>
#include <optional>

#include "market/snapshot_validation.hpp"
#include "strategy/selection.hpp"

namespace tradewind::strategy {

constexpr const char* kHourlyStateSuffix = "hourly";

struct HourlySettings {
    std::int64_t window_ns = 12 * kMinute;          // of the hour, in which a pass may start
    bool first_run_at_once = true;                  // no pass ran yet
    bool catch_up = true;                           // the hour before had none
    std::int64_t close_analysis_ns = 25 * kMinute;  // before the close
    std::int64_t stock_age_ns = 6 * kHour;          // of the newest bar
    std::int64_t crypto_age_ns = 90 * kMinute;
    std::int64_t lead_ns = 5 * kMinute;  // how far ahead a bar may end
    std::int64_t backfill_ns = 48 * kHour;
    std::int64_t overlap_ns = 2 * kHour;
};

enum class HourlyRun : std::uint8_t { none, scheduled, first, catch_up };

// Whether a pass starts now; `last` is when the newest one started.
[[nodiscard]] HourlyRun hourly_run(std::optional<Timestamp> last, Timestamp now,
                                   const HourlySettings& settings = {});
// Whole clock hours between `last` and the hour of `now` that had no pass: to be said and counted.
[[nodiscard]] std::int64_t missed_hours(Timestamp last, Timestamp now);

// Freshness of hourly bars.
[[nodiscard]] market::SnapshotRules hourly_snapshot_rules(AssetClass asset_class,
                                                          const HourlySettings& settings = {});
// Where a refresh of stale data begins: an overlap before the newest bar, a backfill at most.
[[nodiscard]] Timestamp refresh_from(std::optional<Timestamp> newest_bar, Timestamp now,
                                     const HourlySettings& settings = {});

// Rows must promise and have earned something; losing symbol, side and strategy pause.
[[nodiscard]] SelectionSettings hourly_selection(SelectionSettings settings);

}  // namespace tradewind::strategy

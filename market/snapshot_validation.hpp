// Whether one analysis may compute with a snapshot. Nothing is repaired and nothing only warned
// about: a snapshot is accepted, or refused with one reason that names the bar. Pure; any thread.
// Source: strategies spec 2.1 (REQUIRED), I-26, I-31; contract 3 for the split guard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "market/calendar.hpp"
#include "messages/snapshot.hpp"

namespace tradewind::market {

struct SnapshotRules {
    AssetClass asset_class = AssetClass::us_equity;
    std::size_t minimum_bars = 1;
    std::size_t history_bars = 0;  // only the newest so many bars are seen; 0: all visible ones
    // How many sessions the newest daily bar may lie behind the last ended one: decision lag - 1.
    int sessions_behind = 0;
    bool check_freshness = true;
    std::int64_t maximum_age_ns = 6 * kHour;     // of the newest bar's end, for shorter bars
    std::int64_t maximum_lead_ns = 5 * kMinute;  // how far ahead of as_of a bar may end
    // Split guard: |C[t] / C[t-1] - 1| above this refuses a stock. Off for adjusted series, coins,
    // and on accepted dates (catalog.toml). Bars that were appended to an adjusted series since it
    // was made are raw, so that a split shows where they begin: it is on for them.
    double split_guard = 0.40;
    std::size_t appended_from = SIZE_MAX;  // the index of the first such bar
    std::vector<Date> accepted_moves;
    std::int64_t maximum_quote_age_ns = 5 * kMinute;  // checked by quote_refusal only
};

// Empty: accepted. Else the reason, for example `close moves 52.1 % on 2024-06-10 without a split
// record`. The quote is not looked at.
[[nodiscard]] std::string snapshot_refusal(const Snapshot& snapshot, const SnapshotRules& rules);

// Empty: the quote may price an order at `time`. A modelled quote has no age.
[[nodiscard]] std::string quote_refusal(const Quote& quote, Timestamp time,
                                        const SnapshotRules& rules);

// The exchange date of a bar.
[[nodiscard]] Date bar_date(const Bar& bar, TradingCalendar calendar);

}  // namespace tradewind::market

// Probe trades: a minimum-size entry that re-tests an idea which has just lost.
//
// One record per symbol, side and strategy, kept durably by the caller; each function takes it and
// gives back the next: idle -> pending -> active -> idle or, after a success, transition: from the
// next exchange day on the full size is allowed again. Pure; any thread. Off by default. Source:
// strategies spec 1.3 (3), 4.6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "messages/instrument.hpp"
#include "messages/money.hpp"
#include "messages/time.hpp"

namespace tradewind::strategy {

enum class ProbeState : std::uint8_t { idle, pending, active, transition };

struct ProbeRecord {
    ProbeState state = ProbeState::idle;
    Timestamp started;                    // active: when it was entered
    std::optional<bool> last_successful;  // of the newest completed probe
    Date full_size_from;                  // transition: the first day of full size
};

struct ProbeSettings {
    bool enabled = false;
    Money notional_limit = Money::whole(300);  // above it a position counts as normal
    Money unrealised_limit = Money::whole(-500);
    std::int64_t life_ns = kDay;
    bool recent_trades = false;  // the last trades' sum is a trigger of its own
};

// What is known of the idea when a pass is about to enter it.
struct ProbeTriggers {
    bool last_trade_lost = false;
    bool loss_day = false;                    // the day P&L rule
    std::optional<double> recent_trades_pct;  // sum of the last two trades (one if only one)
    std::optional<double> promised_return;    // forecast + recent simulated return
    bool forced = false;                      // by the symbol's own setting
};
// The first trigger that fires; empty: none.
[[nodiscard]] std::string probe_trigger(const ProbeTriggers& triggers);

// Before an entry on `day`: becomes pending where a trigger fires, idle again where none does, and
// idle from full_size_from on.
[[nodiscard]] ProbeRecord refresh_probe(ProbeRecord record, const ProbeTriggers& triggers, Date day,
                                        const ProbeSettings& settings);
// A held position: pending below the unrealised limit, cleared when it recovers.
[[nodiscard]] ProbeRecord mark_position(ProbeRecord record, Money unrealised,
                                        const ProbeSettings& settings);
// The entry filled for `notional`: a pending idea is now probed, unless it grew beyond a probe.
[[nodiscard]] ProbeRecord probe_entered(ProbeRecord record, Timestamp now, Money notional,
                                        const ProbeSettings& settings);
[[nodiscard]] bool probe_expired(const ProbeRecord& record, Timestamp now,
                                 const ProbeSettings& settings);
// The probe's position is flat; `pnl` from its fills, `day` the exchange day of the exit.
[[nodiscard]] ProbeRecord probe_closed(ProbeRecord record, Money pnl, Date day);

// One share, or a thousandth of a coin; at least one lot.
[[nodiscard]] Quantity probe_quantity(const Instrument& instrument);

}  // namespace tradewind::strategy

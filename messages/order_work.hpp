// An order that is worked over time rather than sent at once: what the portfolio asks for, and what
// execution then owns until it is done.
//
// One owner per (symbol, side, role). Plain value. Source: strategies spec 4.8, 4.9.
#pragma once

#include <cstdint>
#include <string_view>

#include "messages/order.hpp"

namespace tradewind {

enum class WorkKind : std::uint8_t {
    watch_entry,   // a limit, sent when the market comes near it
    ramp_entry,    // a limit that moves from the passive side of the spread to the other
    watch_exit,    // the target of a held position
    gradual_exit,  // out of a position, softly first, at market in the end
};
[[nodiscard]] constexpr std::string_view to_text(WorkKind kind) {
    constexpr std::string_view kNames[] = {"watch_entry", "ramp_entry", "watch_exit",
                                           "gradual_exit"};
    return kNames[static_cast<std::size_t>(kind)];
}

// The leg of an entry on the other side of the symbol than its decision's first, "open".
constexpr std::string_view kOtherLeg = "open_other";

struct OrderWork {
    WorkKind kind = WorkKind::watch_entry;
    // What the orders are made of: decision, strategy, symbol, side, role, limit, exit plan. An
    // entry's quantity is its target; an exit's is what is held when it is sent.
    Intent intent;
    Timestamp expiry;         // entries; zero: the usual one of the asset class
    bool forced = false;      // sent without waiting for the price
    double forecast_pnl = 0;  // of the idea, as a fraction: who gives way when money is short
};

}  // namespace tradewind

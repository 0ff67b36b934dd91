// A pass of the trading cycle that its schedule calls for: an input like any other, stamped and
// recorded, so that a replay of a recording runs the same passes at the same steps.
//
// Plain values. `at` is the scheduled instant in exchange time; with `date` (the exchange's, coins:
// UTC) it names the pass. Source: strategies spec 1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "messages/time.hpp"

namespace tradewind {

enum class PassKind : std::uint8_t {
    session_open,    // 09:30 New York
    open_plus_hour,  // 10:30: enters at most the core
    market_close,    // before the shifted close: what leaves before the night
    evening,         // 22:00 New York
    crypto_roll,     // 00:05 UTC: coins that are picked already
    hourly,          // of the hourly variant
};
constexpr std::size_t kPassKinds = 6;

[[nodiscard]] constexpr std::string_view to_text(PassKind kind) {
    constexpr std::string_view kNames[kPassKinds] = {
        "session_open", "open_plus_hour", "market_close", "evening", "crypto_roll", "hourly"};
    return kNames[static_cast<std::size_t>(kind)];
}
[[nodiscard]] constexpr std::optional<PassKind> pass_kind_of(std::string_view text) {
    for (std::size_t i = 0; i < kPassKinds; ++i) {
        if (to_text(static_cast<PassKind>(i)) == text) return static_cast<PassKind>(i);
    }
    return std::nullopt;
}

struct PassDue {
    PassKind kind = PassKind::session_open;
    Date date;
    Timestamp at;
    Timestamp until;      // the last instant at which it may still begin
    bool missed = false;  // its time went by: it does not run, and that is said and counted

    friend bool operator==(const PassDue&, const PassDue&) = default;
};

}  // namespace tradewind

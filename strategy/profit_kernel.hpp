// Profit of one day's limit-entry trade, as a fraction of the base close.
//
// A long enters at the predicted low and takes profit at the predicted high, a short mirrors it;
// both are limit fills without slippage. Pure and branch-light; the evaluation and the exact solver
// use these same functions (H24), and the matching engine shares the fill rule in market/.
//
// Moves are fractions of the base close (0.01 = one per cent). Positions are clamped to +-10,
// predicted lows to [-1, 0] and highs to [0, 10]. Entries fill strictly beyond the limit, targets
// by touch. With a fill buffer a limit counts as filled only where the bar trades through its price
// by that fraction. Source: strategies spec 3.1 (H17, H18).
#pragma once

#include <algorithm>
#include <cstdint>

namespace tradewind::strategy {

struct DayMoves {  // realised, relative to the base close
    double close = 0;
    double high = 0;
    double low = 0;

    friend bool operator==(const DayMoves&, const DayMoves&) = default;
};

struct Bracket {  // predicted, after offsets
    double high = 0;
    double low = 0;

    friend bool operator==(const Bracket&, const Bracket&) = default;
};

// What is assumed where entry and target both lie inside one bar. Optimistic: the favourable order.
// Conservative: the target counts only if the close proves that it was crossed after the entry.
enum class Intrabar : std::uint8_t { optimistic, conservative };

struct KernelOptions {
    bool close_at_end_of_day = false;  // leave at the close; false: at the target if it is reached
    double fee = 0;                    // per charged side, fraction of notional
    int fee_sides = 2;                 // sides charged for a round trip: 2, or 1 as LEGACY did
    Intrabar intrabar = Intrabar::conservative;
    double fill_buffer = 0;  // fraction of the limit price, 0.0005 in `realistic`

    [[nodiscard]] double round_trip_fee() const { return fee * fee_sides; }
};

namespace kernel {

[[nodiscard]] constexpr double clamp_low(double low) {
    return std::clamp(low, -1.0, 0.0);
}
[[nodiscard]] constexpr double clamp_high(double high) {
    return std::clamp(high, 0.0, 10.0);
}

// The lowest limit that the bar still trades through by the buffer (exclusive for an entry,
// inclusive for a target), and its mirror image. Without a buffer: the bar's low and high.
[[nodiscard]] constexpr double reach_down(double low, double fill_buffer) {
    return fill_buffer > 0 ? (1.0 + low) / (1.0 - fill_buffer) - 1.0 : low;
}
[[nodiscard]] constexpr double reach_up(double high, double fill_buffer) {
    return fill_buffer > 0 ? (1.0 + high) / (1.0 + fill_buffer) - 1.0 : high;
}

// The move at which a filled long leaves; `target` is clamped, `reach` is reach_up of the bar.
[[nodiscard]] constexpr double long_exit(double close, double reach, double target,
                                         bool close_at_end_of_day, Intrabar intrabar) {
    if (close_at_end_of_day) return close;
    if (intrabar == Intrabar::conservative) return std::min(target, close);
    return target <= reach ? target : close;
}
[[nodiscard]] constexpr double short_exit(double close, double reach, double target,
                                          bool close_at_end_of_day, Intrabar intrabar) {
    if (close_at_end_of_day) return close;
    if (intrabar == Intrabar::conservative) return std::max(target, close);
    return target >= reach ? target : close;
}

}  // namespace kernel

// Zero where the entry is missed or the position is flat. A position of both signs does not exist;
// strategies that hold both legs call it once per leg.
[[nodiscard]] constexpr double day_profit(const DayMoves& day, const Bracket& predicted,
                                          double position, const KernelOptions& options) {
    const double size = std::clamp(position, -10.0, 10.0);
    const double low = kernel::clamp_low(predicted.low);
    const double high = kernel::clamp_high(predicted.high);
    const double reach_down = kernel::reach_down(day.low, options.fill_buffer);
    const double reach_up = kernel::reach_up(day.high, options.fill_buffer);
    const bool eod = options.close_at_end_of_day;
    if (size > 0 && low > reach_down) {
        const double exit = kernel::long_exit(day.close, reach_up, high, eod, options.intrabar);
        return size * (exit - low) - size * options.round_trip_fee();
    }
    if (size < 0 && high < reach_up) {
        const double exit = kernel::short_exit(day.close, reach_down, low, eod, options.intrabar);
        return size * (exit - high) + size * options.round_trip_fee();
    }
    return 0;
}

// The entry of a position is filled on that day.
[[nodiscard]] constexpr bool entry_filled(const DayMoves& day, const Bracket& predicted,
                                          double position, double fill_buffer) {
    return (position > 0 &&
            kernel::clamp_low(predicted.low) > kernel::reach_down(day.low, fill_buffer)) ||
           (position < 0 &&
            kernel::clamp_high(predicted.high) < kernel::reach_up(day.high, fill_buffer));
}

// A plain position held from close to close for `days`: the move less one fee per unit and the
// financing of what exceeds the equity. Source: strategies spec 3.1 and 0.4.
[[nodiscard]] constexpr double held_profit(double position, double move, double fee,
                                           double financing_per_day, double days) {
    const double size = std::clamp(position, -10.0, 10.0);
    const double gross = size < 0 ? -size : size;
    return size * move - gross * fee - std::max(0.0, gross - 1.0) * financing_per_day * days;
}

}  // namespace tradewind::strategy

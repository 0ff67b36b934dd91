// Prices of an order that is worked over time: passive limits, the ramp into a position, the
// gradual exit, and the rule that keeps an order rather than replace it.
//
// Pure; any thread. Prices come out on the instrument's tick, rounded away from crossing (buys
// down, sells up); fractions of time are exact to 1e-9. Durations are minutes on a monotonic count
// (never minutes of a day, H35). Source: strategies spec 4.9, 4.9.2, 4.9.3.
#pragma once

#include <cstdint>
#include <optional>

#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"

namespace tradewind::orders {

// min(limit, bid) for a buy, max(limit, ask) for a sell.
[[nodiscard]] Price passive_limit(Side side, Price limit, const Quote& quote, Price tick);

// Whether a working order of the same side is close enough to the wanted one to be left alone:
// price within 0.03 % (entry), 0.1 % (exit) or 0.5 % (exit of a coin), and quantity within 5 % or
// $100 of notional. Prices and quantities > 0.
[[nodiscard]] bool keep_order(const Order& working, Quantity quantity, Price price,
                              AssetClass asset_class);

// The ramp: from the passive side of the spread to the other within 60 minutes, then it stays
// there. Buys of coins begin 0.04 % below the bid; opening sales of coins are not allowed (empty).
constexpr std::int64_t kRampMinutes = 60;
[[nodiscard]] std::optional<Price> ramp_price(const Instrument& instrument, Side side,
                                              const Quote& quote, double elapsed_minutes);

struct GradualExitTerms {
    double start_offset_min = 30;  // added to ramp and market_after
    double ramp_min = 30;
    double market_after_min = 50;
    double close_buffer_min = 30;
    double force_before_close_min = 3;
    Fraction start = Fraction::of("0.003");  // offsets of a long's exit; a short's are mirrored
    Fraction soft_end = Fraction::of("-0.004");
    Fraction final_end = Fraction::of("-0.02");
    Fraction widest_spread = Fraction::of("0.01");  // no market order beyond it
    double poll_seconds = 45;
};

struct GradualExitStep {
    bool market = false;  // send a market order; else a limit at `price`
    Price price;
    double poll_seconds = 45;
};

// One round of the gradual exit of a position of the given side (`buy`: a long, which sells).
// `minutes_to_close`: empty where the instrument has no close.
[[nodiscard]] GradualExitStep gradual_exit(const GradualExitTerms& terms,
                                           const Instrument& instrument, Side position_side,
                                           const Quote& quote, double elapsed_minutes,
                                           std::optional<double> minutes_to_close);

}  // namespace tradewind::orders

// What the crosses share: their parameters and the turn from one side to the other.
// Source: contract 2.1. Errors: Error(usage) unless 0 < fast < slow and quantity > 0.
#pragma once

#include "strategy/parameters.hpp"
#include "strategy/strategy.hpp"

namespace tradewind::strategy {

struct CrossSettings {
    explicit CrossSettings(Parameters& parameters)
        : fast(static_cast<std::size_t>(parameters.integer("fast", 10, 1, 1'000'000))),
          slow(static_cast<std::size_t>(parameters.integer("slow", 30, 1, 1'000'000))),
          quantity(parameters.positive_quantity("quantity", Quantity::whole(1))),
          shorts(parameters.word("side", "long_only", {"long_only", "long_short"}) ==
                 "long_short") {
        if (fast >= slow) parameters.refuse("fast", "must be smaller than slow");
    }

    // Closes whatever is held or on its way, then opens `side`: two orders at most.
    [[nodiscard]] Intents turn(SlotId slot, Side side, const View& view) const {
        Intents intents;
        const char* reason = side == Side::buy ? "cross_up" : "cross_down";
        if (!view.position(slot).is_zero() || view.entry_working(slot)) intents.close(slot, reason);
        if (side == Side::buy || shorts) intents.open(slot, side, quantity, reason);
        return intents;
    }

    std::size_t fast;
    std::size_t slow;
    Quantity quantity;
    bool shorts;
};

}  // namespace tradewind::strategy

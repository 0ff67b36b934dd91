// The best bid and ask of a symbol at a time.
#pragma once

#include "messages/money.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

struct Quote {
    Symbol symbol;
    Timestamp time;
    Price bid;
    Price ask;
    Quantity bid_size;
    Quantity ask_size;
    // True: bid and ask were computed from the last close and a spread preset (replay only).
    bool modelled = false;

    [[nodiscard]] bool valid() const { return bid.sign() > 0 && ask >= bid; }
    // (bid + ask) / 2, rounded half-even to 1e-9.
    [[nodiscard]] Price mid() const {
        return Price::from_units(decimal::narrow<std::int64_t>(
            decimal::divide_half_even(static_cast<int128>(bid.units()) + ask.units(), 2)));
    }
    // ask / bid, at least 1: the spread ratio S of the strategies.
    [[nodiscard]] double spread_ratio() const {
        return bid.sign() > 0 ? ask.to_double() / bid.to_double() : 1.0;
    }

    friend bool operator==(const Quote&, const Quote&) = default;
};

struct Trade {
    Symbol symbol;
    Timestamp time;
    Price price;
    Quantity size;
};

}  // namespace tradewind

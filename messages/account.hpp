// The account as of a step: cash, positions, and what a sizing rule may spend. Immutable value.
#pragma once

#include <map>
#include <string>

#include "messages/money.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

struct Position {
    Symbol symbol;
    Quantity quantity;  // signed
    Money cost;         // signed notional at which the open quantity was entered
    Price last_price;   // the price it is valued at; zero before the first

    [[nodiscard]] Money market_value() const { return last_price * quantity; }
};

struct AccountSnapshot {
    Timestamp as_of;
    Money cash;
    Money equity;          // cash + market value of all positions
    Money gross_exposure;  // sum of |market value|
    Money buying_power;
    Money peak_equity;
    std::map<Symbol, Position> positions;  // only where quantity is not zero
};

}  // namespace tradewind

// What new risk the account can still bear as of a step: the limits minus what is held and what
// working entries have reserved. Computed by orders/ (the only room that knows reservations), read
// by sizing rules. Immutable value; amounts are never negative. Source: strategies spec 4.7, I-16,
// I-19.
#pragma once

#include <map>
#include <string>

#include "messages/money.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

struct Headroom {
    Timestamp as_of;
    Money equity;
    Money buying_power;    // what new entries may cost in all, reservations taken off
    Money gross_exposure;  // |market value| of all positions plus reservations
    Money gross_room;      // the gross limit minus gross_exposure
    // |market value| plus reservations per symbol; absent: zero.
    std::map<Symbol, Money> symbol_exposure;
    // The part of symbol_exposure that working entries have reserved; absent: zero. Whoever cancels
    // them has it back.
    std::map<Symbol, Money> reserved;
    // False: no new risk at all (halted, unknown broker state); `reason` says why.
    bool entries_allowed = true;
    std::string reason;

    [[nodiscard]] Money exposure_of(Symbol symbol) const {
        const auto found = symbol_exposure.find(symbol);
        return found == symbol_exposure.end() ? Money{} : found->second;
    }
    [[nodiscard]] Money reserved_of(Symbol symbol) const {
        const auto found = reserved.find(symbol);
        return found == reserved.end() ? Money{} : found->second;
    }
};

}  // namespace tradewind

// Who holds what, and what is being worked: what a pass has to know before it plans. Plain values.
//
// Source: strategies spec 1.3, 4.8 (I-8, I-21).
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "messages/money.hpp"
#include "messages/order.hpp"
#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

// The part of a symbol's position that one strategy holds, by the books; signed, never zero.
struct HeldPart {
    std::string strategy;
    Quantity quantity;
    Timestamp opened;  // zero: unknown
};
using Holdings = std::map<Symbol, std::vector<HeldPart>>;

// Orders worked over time: one owner per symbol, side and role.
using WorkKey = std::tuple<Symbol, Side, Role>;
using WorkKeys = std::set<WorkKey>;

}  // namespace tradewind

// One account at the embedded exchange, as the exchange itself keeps it: a second set of books
// beside the trader's, so that a reconciliation compares two sources. Exact; no clock; one owner.
// Source: architecture 3, contract 9.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "messages/order.hpp"

namespace tradewind::broker {

struct ExchangePosition {
    Quantity quantity;  // signed, never zero
    Money cost;         // signed notional at which it was entered
};

struct ExchangeAccount {
    std::string id;
    Money cash;
    Money fees;
    std::map<Symbol, ExchangePosition> positions;
    std::vector<Fill> fills;  // every execution, oldest first
    // What a buyer of coins paid in coins, by execution id.
    std::map<std::string, Quantity> coin_fees;
    // Small texts that the account's owner keeps here (watchlists, configuration), by name.
    std::map<std::string, std::string> documents;

    [[nodiscard]] Quantity quantity(const Symbol& symbol) const {
        const auto found = positions.find(symbol);
        return found == positions.end() ? Quantity() : found->second.quantity;
    }
    // Moves cash and position and keeps the fill. Closing a part takes its share of the cost,
    // rounded half-even to 1e-18; what crosses zero is entered at the fill's price.
    // A fee in coins comes off what was bought, at no cost of its own.
    void apply(const Fill& fill, Quantity coin_fee = {});
    // What the execution moved the position by.
    [[nodiscard]] Quantity moved_by(const Fill& fill) const;
};

}  // namespace tradewind::broker

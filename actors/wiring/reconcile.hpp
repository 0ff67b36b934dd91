// What happened at the exchange while nobody listened: the difference between the ledger and the
// broker's truth as order events, and what is left after them.
//
// Pure over its arguments. Applied as the first inputs of a start, the events make the ledger agree
// with the broker; a second reconciliation is empty. Nothing is invented: every fill is an
// execution of the broker, a position that no execution explains is reported, not adopted silently.
// Source: architecture promise 2, contract 9.
#pragma once

#include <string>
#include <vector>

#include "ledger/ledger_state.hpp"
#include "messages/account.hpp"
#include "messages/order.hpp"

namespace tradewind::actors {

// The broker's truth as of `time`.
struct BrokerTruth {
    Timestamp time;
    Money cash;
    std::vector<Position> positions;
    std::vector<Order> orders;  // open and closed
    std::vector<Fill> fills;    // all executions, oldest first
};

struct Reconciliation {
    std::vector<OrderEvent> events;
    // Exits that were decided durably and never reached the broker, of positions that are still
    // held: to be sent once the books agree. Entries of that kind are canceled by the events.
    std::vector<Order> unsent_exits;
    std::vector<std::string> contradictions;  // empty: the books agree once the events are applied
};

[[nodiscard]] Reconciliation reconcile(const ledger::LedgerState& ledger,
                                       const BrokerTruth& broker);

}  // namespace tradewind::actors

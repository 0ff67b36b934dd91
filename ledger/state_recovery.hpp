// What a process must know after a restart, read from the store's state. Start-up is recovery: a
// new store gives an empty value. In paper and live the broker's word on orders, positions and cash
// wins; this adds owners, plans and what was promised but not yet sent. Pure. Source: architecture
// promise 2, contract section 9, strategies spec 4.10.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ledger/ledger_state.hpp"

namespace tradewind::ledger {

struct RecoveredState {
    std::uint64_t last_sequence = 0;
    Timestamp last_time;
    bool clean_stop = true;  // the last run ended in order (or there was none)
    Money cash;
    std::map<Symbol, Position> positions;
    std::vector<Order> open_orders;        // durable, not closed; pending_new: outcome unknown
    std::vector<Decision> open_decisions;  // outcome "ordered" without any order, in event order
    std::set<std::string> fill_ids;        // executed: deliver none of these again
    std::vector<PlanRecord> open_plans;
    std::map<std::string, std::int64_t> counters;
    bool halted = false;
    HaltTrading halt;  // the last one, when halted
};

[[nodiscard]] RecoveredState recover(const LedgerState& state);

}  // namespace tradewind::ledger

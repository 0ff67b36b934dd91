#include "ledger/state_recovery.hpp"

namespace tradewind::ledger {

RecoveredState recover(const LedgerState& state) {
    RecoveredState recovered;
    recovered.last_sequence = state.last_sequence();
    recovered.last_time = state.last_time();
    recovered.clean_stop = !state.run_open();
    recovered.cash = state.cash();
    recovered.positions = state.positions();
    std::set<std::string> with_order;
    for (const auto& booked : state.orders()) {
        with_order.insert(booked.order.decision_id);
        if (!is_closed(booked.order.status)) recovered.open_orders.push_back(booked.order);
    }
    for (const auto& booked : state.decisions()) {
        if (booked.decision.outcome == "ordered" &&
            !with_order.contains(booked.decision.decision_id)) {
            recovered.open_decisions.push_back(booked.decision);
        }
    }
    for (const auto& booked : state.fills()) recovered.fill_ids.insert(booked.fill.fill_id);
    for (const auto& booked : state.plans()) {
        if (!booked.plan.closed) recovered.open_plans.push_back(booked.plan);
    }
    recovered.counters = state.counters();
    recovered.halted = state.halted();
    if (recovered.halted) recovered.halt = state.last_halt();
    return recovered;
}

}  // namespace tradewind::ledger

#include "ledger/ledger_state.hpp"

#include <algorithm>
#include <utility>

#include "messages/error.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::ledger {
namespace {

template <class Value>
void sort_unique(std::vector<Value>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
}

// The next entry of a list that only grows. A long run soon has room for all: memory is taken when
// it is written to, and nothing moves.
template <class Value>
Value& next_of(std::vector<Value>& list) {
    constexpr std::size_t kShortRun = 1U << 10U;
    constexpr std::size_t kLongRun = 1U << 18U;
    if (list.size() == list.capacity() && list.size() < kLongRun) {
        list.reserve(list.empty() ? 64 : list.size() < kShortRun ? kShortRun : kLongRun);
    }
    return list.emplace_back();
}

}  // namespace

void LedgerState::touch(std::uint64_t sequence, Timestamp time) {
    last_sequence_ = sequence;
    last_time_ = time;
}

orders::SlotId LedgerState::slot_of(Symbol symbol) {
    const auto found = slots_.find(symbol);
    if (found != slots_.end()) return found->second;
    return slots_.emplace(symbol, account_.slot(symbol)).first->second;
}

void LedgerState::take_trades() {
    auto ended = account_.take_round_trips();
    std::move(ended.begin(), ended.end(), std::back_inserter(trades_));
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const RunStarted&) {
    touch(sequence, time);
    ++runs_;
    run_open_ = true;
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const RunEnded&) {
    touch(sequence, time);
    run_open_ = false;
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const SessionEvent&) {
    touch(sequence, time);
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const Decision& decision) {
    touch(sequence, time);
    const auto fresh = decisions_.size();
    const auto known = decision_index_.find_or_add(decision.decision_id, fresh, decision_ids());
    if (known) {
        decisions_[*known].decision = decision;
    } else {
        BookedDecision& entry = next_of(decisions_);
        entry.sequence = sequence;
        entry.decision = decision;
    }
    changes_.decisions.push_back(known.value_or(fresh));
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const Order& order) {
    touch(sequence, time);
    const auto fresh = orders_.size();
    const auto found = order_index_.find_or_add(order.order_id, fresh, order_ids());
    if (!found) {
        BookedOrder& entry = next_of(orders_);
        entry.sequence = sequence;
        entry.order = order;
    } else {
        Order& known = orders_[*found].order;
        ensure(!is_closed(known.status), "a closed order is not intended again");
        known.quantity = order.quantity;
        known.limit_price = order.limit_price;
        known.stop_price = order.stop_price;
        known.exit_plan = order.exit_plan;
        known.time_in_force = order.time_in_force;
    }
    changes_.orders.push_back(found.value_or(fresh));
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const OrderEvent& event) {
    ensure(event.kind != OrderEventKind::filled, "a fill is its own event");
    touch(sequence, time);
    const auto found = order_index_.find(event.order_id, order_ids());
    if (!found) return;
    orders::apply(orders_[*found].order, event);
    changes_.orders.push_back(*found);
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const Fill& fill) {
    touch(sequence, time);
    ensure(!fill_index_.find_or_add(fill.fill_id, fills_.size(), fill_ids()),
           "a fill is booked once");
    BookedFill& entry = next_of(fills_);
    entry.sequence = sequence;
    entry.fill = fill;
    std::string_view reason;
    const auto found = order_index_.find(fill.order_id, order_ids());
    if (found) {
        Order& order = orders_[*found].order;
        orders::apply_fill(order, fill, fill.time);
        changes_.orders.push_back(*found);
        reason = order.reason;
    }
    const auto slot = slot_of(fill.symbol);
    const auto booked = account_.apply(fill, reason);
    account_.mark(slot, fill.price);
    entry.position = booked.position;
    entry.cash = booked.cash;
    changes_.positions.push_back(fill.symbol);
    take_trades();
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const Adjustment& adjustment) {
    touch(sequence, time);
    adjustments_.push_back({sequence, time, adjustment, {}});
    if (adjustment.kind == AdjustmentKind::financing) {
        if (adjustment.symbol.empty()) {
            account_.charge_financing(-adjustment.cash);
        } else {
            account_.charge_financing(slot_of(adjustment.symbol), -adjustment.cash);
        }
        return;
    }
    account_.adjust_cash(adjustment.cash);
    if (adjustment.kind != AdjustmentKind::adopted || adjustment.symbol.empty()) return;
    const auto slot = slot_of(adjustment.symbol);
    const Quantity before = account_.quantity(slot);
    account_.adopt_position(adjustment.symbol, adjustment.strategy, adjustment.quantity,
                            adjustment.price, time);
    adjustments_.back().position_change = account_.quantity(slot) - before;
    if (adjustment.price.sign() > 0) account_.mark(slot, adjustment.price);
    changes_.positions.push_back(adjustment.symbol);
    take_trades();
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const HaltTrading& halt) {
    touch(sequence, time);
    halted_ = true;
    last_halt_ = halt;
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const ResumeTrading&) {
    touch(sequence, time);
    halted_ = false;
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const PlanRecord& plan) {
    touch(sequence, time);
    const auto fresh = plans_.size();
    const auto known = plan_index_.find_or_add(plan.plan_id, fresh, plan_ids());
    if (known) {
        plans_[*known].plan = plan;
    } else {
        plans_.push_back({sequence, plan});
    }
    changes_.plans.push_back(known.value_or(fresh));
}

void LedgerState::apply(std::uint64_t sequence, Timestamp time, const CounterRecord& counter) {
    touch(sequence, time);
    counters_[counter.name] = counter.value;
    changes_.counters.push_back(counter.name);
}

std::map<Symbol, Position> LedgerState::positions() const {
    std::map<Symbol, Position> open;
    for (orders::SlotId slot = 0; slot < account_.slot_count(); ++slot) {
        if (account_.quantity(slot).is_zero()) continue;
        const Symbol symbol = account_.symbol(slot);
        open[symbol] = {symbol, account_.quantity(slot), account_.cost(slot),
                        account_.last_price(slot)};
    }
    return open;
}

Position LedgerState::position(Symbol symbol) const {
    const auto found = slots_.find(symbol);
    if (found == slots_.end()) return {symbol, {}, {}, {}};
    const auto slot = found->second;
    return {symbol, account_.quantity(slot), account_.cost(slot), account_.last_price(slot)};
}

const BookedOrder* LedgerState::find_order(std::string_view order_id) const {
    const auto found = order_index_.find(order_id, order_ids());
    return found ? &orders_[*found] : nullptr;
}

const BookedFill* LedgerState::find_fill(std::string_view fill_id) const {
    const auto found = fill_index_.find(fill_id, fill_ids());
    return found ? &fills_[*found] : nullptr;
}

const BookedDecision* LedgerState::find_decision(std::string_view decision_id) const {
    const auto found = decision_index_.find(decision_id, decision_ids());
    return found ? &decisions_[*found] : nullptr;
}

Changes LedgerState::take_changes() {
    Changes taken = std::exchange(changes_, {});
    sort_unique(taken.orders);
    sort_unique(taken.decisions);
    sort_unique(taken.plans);
    sort_unique(taken.positions);
    sort_unique(taken.counters);
    return taken;
}

}  // namespace tradewind::ledger

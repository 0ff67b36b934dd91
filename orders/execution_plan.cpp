#include "orders/execution_plan.hpp"

#include <algorithm>

#include "messages/error.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::orders {

ExecutionPlan::ExecutionPlan(const Order& entry) : entry_(entry), exit_plan_(entry.exit_plan) {
    ensure(entry.role == Role::entry, "an execution plan begins with an entry");
    entry_.exit_plan = ExitPlan{};
    entry_.status = OrderStatus::pending_new;
}

Order ExecutionPlan::start() const {
    return entry_;
}

bool ExecutionPlan::exit_works() const {
    return exit_ && !is_closed(exit_->status);
}

Order ExecutionPlan::make_exit(Timestamp now) {
    Order order;
    const bool leaving = leave_.has_value();
    std::uint32_t& attempts = leaving ? closes_ : targets_;
    ++attempts;
    order.order_id = entry_.order_id + (leaving ? ".close" : ".target");
    if (attempts > 1) order.order_id += "." + std::to_string(attempts);
    order.decision_id = entry_.decision_id;
    order.strategy = entry_.strategy;
    order.symbol = entry_.symbol;
    order.time = now;
    order.side = opposite(entry_.side);
    order.role = Role::exit;
    order.quantity = open_position();
    order.limit_price = leaving ? leave_->limit : exit_plan_.target;
    order.type = order.limit_price.is_zero() ? OrderType::market : OrderType::limit;
    order.time_in_force = leaving ? leave_->time_in_force : exit_plan_.target_time_in_force;
    order.reason = leaving ? leave_->reason : "target";
    return order;
}

void ExecutionPlan::note_fill(const Fill& fill, Quantity& total) {
    total += fill.quantity;
    fill_ids_.push_back(fill.fill_id);
}

PlanActions ExecutionPlan::on_event(const OrderEvent& event) {
    const bool of_entry = event.order_id == entry_.order_id;
    const bool of_exit = exit_ && event.order_id == exit_->order_id;
    if (event.fill &&
        std::find(fill_ids_.begin(), fill_ids_.end(), event.fill->fill_id) != fill_ids_.end()) {
        return {};
    }
    if (!of_entry && !of_exit) {
        // A late execution of an exit that was replaced still closes a part of the position.
        const bool late = event.fill && event.order_id.starts_with(entry_.order_id + ".");
        if (!late) return {};
        note_fill(*event.fill, exited_);
        return next(event.time);
    }
    Order& order = of_entry ? entry_ : *exit_;
    const Transition transition = apply(order, event);
    if (!transition.applied()) return {};
    if (event.fill) note_fill(*event.fill, of_entry ? entered_ : exited_);
    if (of_exit && is_closed(order.status)) {
        exit_failed_ = order.status == OrderStatus::rejected ||
                       order.status == OrderStatus::refused ||
                       order.status == OrderStatus::expired ||
                       (order.status == OrderStatus::canceled && !exit_cancel_sent_);
        exit_cancel_sent_ = false;
    }
    return next(event.time);
}

PlanActions ExecutionPlan::leave(const LeaveOrder& how, Timestamp now) {
    if (phase_ == PlanPhase::done) return {};
    leave_ = how;
    exit_failed_ = false;
    return next(now);
}

PlanActions ExecutionPlan::retry(Timestamp now) {
    exit_failed_ = false;
    return next(now);
}

// What the present state asks for. Everything is derived anew, so that a repeated call asks for
// nothing twice.
PlanActions ExecutionPlan::next(Timestamp now) {
    PlanActions actions;
    const bool entry_open = !is_closed(entry_.status);
    if (leave_ && entry_open && !entry_cancel_sent_) {
        actions.cancel.push_back(entry_.order_id);
        entry_cancel_sent_ = true;
    }
    const Quantity open = open_position();
    if (!entry_open && open.sign() <= 0 && !exit_works()) {
        phase_ = PlanPhase::done;
        return actions;
    }
    phase_ = leave_ ? PlanPhase::leaving : entry_open ? PlanPhase::entering : PlanPhase::holding;
    if (exit_works()) {
        const bool other_leg = leave_ && !exit_->order_id.starts_with(entry_.order_id + ".close");
        const bool other_size = exit_->open_quantity() != open;
        const bool other_limit = leave_ && !other_leg && exit_->limit_price != leave_->limit;
        if ((other_leg || other_size || other_limit) && !exit_cancel_sent_) {
            actions.cancel.push_back(exit_->order_id);
            exit_cancel_sent_ = true;
        }
        return actions;
    }
    const bool wants_exit = leave_ || exit_plan_.target.sign() > 0;
    // While the entry's cancel is under way the size is not known yet: leave once, for the whole.
    const bool waits = leave_ && entry_open;
    if (open.sign() > 0 && wants_exit && !exit_failed_ && !waits) {
        exit_ = make_exit(now);
        actions.submit.push_back(*exit_);
    }
    return actions;
}

}  // namespace tradewind::orders

#include "actors/feed/exchange_steps.hpp"

#include <algorithm>

namespace tradewind::actors {
namespace {

void set_quote(StepInputs& inputs, SlotId slot, const Quote& quote) {
    for (auto& known : inputs.quotes) {
        if (known.slot == slot) {
            known.quote = quote;
            return;
        }
    }
    inputs.quotes.push_back({slot, quote});
}

void take(const broker::ExchangeEvent& event, const SlotMap& slots, StepInputs& inputs) {
    if (const auto* quote = std::get_if<Quote>(&event.payload)) {
        if (const auto slot = slots.find(quote->symbol); slot != slots.end()) {
            set_quote(inputs, slot->second, *quote);
            inputs.equity_row = true;
        }
    } else if (const auto* closed = std::get_if<BarClosed>(&event.payload)) {
        if (const auto slot = slots.find(closed->symbol); slot != slots.end()) {
            inputs.closes.push_back({slot->second, !closed->bar.late, false, closed->bar});
            inputs.equity_row = true;
        }
    } else if (const auto* session = std::get_if<SessionEvent>(&event.payload)) {
        inputs.sessions.push_back(*session);
    } else if (const auto* order = std::get_if<broker::AccountOrderEvent>(&event.payload)) {
        inputs.broker_events.push_back(order->event);
        if (order->event.fill) inputs.equity_row = true;
    }
}

void sort_by_slot(StepInputs& inputs) {
    const auto by_slot = [](const auto& a, const auto& b) { return a.slot < b.slot; };
    std::stable_sort(inputs.closes.begin(), inputs.closes.end(), by_slot);
    std::stable_sort(inputs.quotes.begin(), inputs.quotes.end(), by_slot);
    std::stable_sort(inputs.daily.begin(), inputs.daily.end(), by_slot);
}

}  // namespace

std::vector<std::shared_ptr<StepInputs>> steps_of(const ExchangeTick& tick, const SlotMap& slots) {
    std::vector<std::shared_ptr<StepInputs>> steps;
    const auto step_at = [&](Timestamp time) -> StepInputs& {
        if (steps.empty() || steps.back()->step.time != time) {
            steps.push_back(std::make_shared<StepInputs>());
            steps.back()->step.time = time;
        }
        return *steps.back();
    };
    if (!tick.refusals.empty()) {
        const auto time = tick.events.empty() ? tick.time : tick.events.front().time;
        step_at(time).broker_events = tick.refusals;
    }
    if (!tick.states.empty() || !tick.adjustments.empty() || !tick.adopted_orders.empty()) {
        auto& inputs = step_at(tick.events.empty() ? tick.time : tick.events.front().time);
        inputs.broker_states = tick.states;
        inputs.adjustments = tick.adjustments;
        inputs.adopted_orders = tick.adopted_orders;
        inputs.equity_row = inputs.equity_row || !tick.adjustments.empty();
    }
    for (const auto& event : tick.events) take(event, slots, step_at(event.time));
    // A daily bar belongs to the step of its session's close; one that a remote source gave later,
    // to the step in which it became known.
    for (const auto& [symbol, bar] : tick.daily) {
        const auto slot = slots.find(symbol);
        if (slot == slots.end()) continue;
        const auto closing = std::find_if(steps.begin(), steps.end(), [&](const auto& step) {
            return step->step.time == bar.end;
        });
        auto& inputs = closing != steps.end() ? **closing : step_at(tick.time);
        inputs.daily.push_back({slot->second, true, false, bar});
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (i + kKeptQuoteSteps < steps.size()) steps[i]->quotes.clear();
        sort_by_slot(*steps[i]);
    }
    std::erase_if(steps, [](const auto& step) {
        return step->closes.empty() && step->quotes.empty() && step->sessions.empty() &&
               step->broker_events.empty() && step->daily.empty() && step->broker_states.empty() &&
               step->adjustments.empty() && step->adopted_orders.empty();
    });
    return steps;
}

}  // namespace tradewind::actors

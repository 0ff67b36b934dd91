#include "actors/step/fused_steps.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace tradewind::actors {
namespace {

// Bars alone, and none of them the last: most steps of a replay.
bool bars_only(const StepInputs& inputs) {
    return inputs.closes.size() + inputs.opens.size() == inputs.input_count() && !inputs.stopping &&
           std::none_of(inputs.closes.begin(), inputs.closes.end(),
                        [](const SlotBar& bar) { return bar.last; });
}

// Only the books were marked.
bool quiet(const BookReply& booked) {
    return booked.events.empty() && booked.adjustments.empty() && booked.round_trips.empty() &&
           !booked.halt && booked.plans.empty() && !booked.account && !booked.headroom;
}

bool quiet(const DecideReply& decided) {
    return decided.events.empty() && decided.wanted.empty() && decided.forecasts.empty() &&
           decided.plans.empty() && !decided.pass_begun;
}

}  // namespace

void FusedSteps::begin(const StepInputsPtr& inputs, std::vector<OrderEvent> events) {
    machine_.begin(inputs);
    machine_.answer_events(std::move(events));
}

void FusedSteps::begin(const StepInputsPtr& inputs, BookReply booked, DecideReply decided) {
    begin(inputs, {});
    machine_.answer(std::move(booked));
    machine_.answer(std::move(decided));
}

bool FusedSteps::run_quiet(const StepInputsPtr& inputs) {
    if (auto events = stages_.broker.market(*inputs); !events.empty()) {
        begin(inputs, std::move(events));
        return false;
    }
    BookRequest book;
    book.inputs = inputs;
    auto booked = stages_.gateway.book(std::move(book));
    DecideRequest decide;
    decide.inputs = inputs;
    decide.now = inputs->step.time;
    decide.equity = booked.equity;
    if (!quiet(booked)) {
        begin(inputs, {});
        machine_.answer(std::move(booked));
        return false;
    }
    auto decided = stages_.decisions.decide(std::move(decide));
    if (!quiet(decided)) {
        begin(inputs, std::move(booked), std::move(decided));
        return false;
    }
    auto valued = stages_.gateway.value(*inputs);
    std::vector<OrderEvent> events;
    if (!inputs->opens.empty()) events = stages_.broker.open(*inputs);
    if (!events.empty() || !valued.positions.empty() || !valued.valued.empty()) {
        begin(inputs, std::move(booked), std::move(decided));
        machine_.answer(std::move(valued));
        if (!machine_.done() && std::holds_alternative<OpenCall>(machine_.call())) {
            machine_.answer_events(std::move(events));
        }
        return false;
    }
    if (valued.equity) {
        row_.step = inputs->step;
        row_.equity = std::move(valued.equity);
        stages_.ledger.record(row_);
    }
    return true;
}

void FusedSteps::run(StepInputsPtr inputs) {
    if (!working_ && !ready_ && bars_only(*inputs)) {
        if (run_quiet(inputs)) return;
    } else {
        machine_.begin(std::move(inputs));
    }
    while (!machine_.done()) {
        // In place: a stage has taken what it needs of the call before the machine makes the next.
        std::visit([this](auto& asked) { ask(asked); }, machine_.call());
    }
}

void FusedSteps::ask(const MarketCall& call) {
    machine_.answer_events(stages_.broker.market(*call.inputs));
}
void FusedSteps::ask(const OpenCall& call) {
    machine_.answer_events(stages_.broker.open(*call.inputs));
}
void FusedSteps::ask(const EndCall& call) {
    machine_.answer_events(stages_.broker.end_of_symbols(*call.inputs));
}
void FusedSteps::ask(ApplyCall& call) {
    auto reply = stages_.execution.apply(std::move(call.events));
    ready_ = reply.ready;
    machine_.answer(std::move(reply));
}
void FusedSteps::ask(const ValueCall& call) {
    machine_.answer(stages_.gateway.value(*call.inputs));
}
void FusedSteps::ask(BookRequest& call) {
    machine_.answer(stages_.gateway.book(std::move(call)));
}
void FusedSteps::ask(DecideRequest& call) {
    machine_.answer(stages_.decisions.decide(std::move(call)));
}
void FusedSteps::ask(PlanRequest& call) {
    // As in the machine: what waited was planned where nothing else asked for a plan.
    const bool asked = working_ || !call.halts.empty() || !call.cancels.empty() ||
                       !call.intents.empty() || !call.works.empty() || !call.adopted.empty() ||
                       !call.adopted_orders.empty() || !call.stolen.empty() ||
                       (call.inputs && call.inputs->stopping);
    ready_ = ready_ && asked;
    auto reply = stages_.execution.plan(std::move(call));
    working_ = reply.working;
    machine_.answer(std::move(reply));
}
void FusedSteps::ask(AssessRequest& call) {
    machine_.answer(stages_.gateway.assess(std::move(call)));
}
void FusedSteps::ask(RecordRequest& call) {
    stages_.ledger.record(call);
    machine_.answer_recorded(std::move(call.orders));
}
void FusedSteps::ask(SendRequest& call) {
    machine_.answer_events(stages_.broker.send(std::move(call)));
}

}  // namespace tradewind::actors

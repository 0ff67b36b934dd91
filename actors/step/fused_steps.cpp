#include "actors/step/fused_steps.hpp"

#include <utility>

namespace tradewind::actors {

void FusedSteps::run(StepInputsPtr inputs) {
    machine_.begin(std::move(inputs));
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
    machine_.answer(stages_.execution.apply(std::move(call.events)));
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
    machine_.answer(stages_.execution.plan(std::move(call)));
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

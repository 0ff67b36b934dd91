#include "actors/step/step_machine.hpp"

#include <algorithm>
#include <iterator>

#include "actors/execution/execution_stage.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
    if (to.empty()) {
        to = std::move(from);
    } else {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    }
}

// Most lists of most steps are empty; `to` is empty already.
template <class T>
void fill(std::vector<T>& to, const std::vector<T>& from) {
    if (!from.empty()) to = from;
}

// What there is to record so far; the next record of the step begins empty.
void ask_to_record(StageCall& call, RecordRequest& record) {
    call.emplace<RecordRequest>(std::move(record));
    record.equity.reset();
}

}  // namespace

void StepMachine::begin(StepInputsPtr inputs) {
    ensure(done(), "a step begins after the last one is done");
    inputs_ = std::move(inputs);
    round_ = Round::decisions;
    first_ = true;
    final_record_ = false;
    record_.step = inputs_->step;
    fill(record_.sessions, inputs_->sessions);
    fill(record_.halts, inputs_->halts);
    halts_.clear();
    fill(halts_, inputs_->halts);
    fill(record_.resumes, inputs_->resumes);
    fill(record_.adopted_orders, inputs_->adopted_orders);
    call_.emplace<MarketCall>(inputs_);
}

void StepMachine::answer_events(std::vector<OrderEvent> events) {
    append(events_, std::move(events));
    if (first_ && !inputs_->broker_events.empty()) {
        events_.insert(events_.end(), inputs_->broker_events.begin(), inputs_->broker_events.end());
    }
    start_round();
}

void StepMachine::start_round() {
    money_asked_ = working_;
    if (!events_.empty()) {
        call_.emplace<ApplyCall>(std::exchange(events_, {}));
    } else if (first_) {
        auto& request = call_.emplace<BookRequest>();
        request.inputs = inputs_;
        request.works = working_;
    } else {
        end_round();
    }
}

void StepMachine::answer(ApplyReply reply) {
    plan_ready_ = reply.ready;
    auto& request = call_.emplace<BookRequest>();
    if (first_) request.inputs = inputs_;
    request.events = std::move(reply.events);
    request.works = working_;
}

void StepMachine::answer(BookReply reply) {
    if (for_money_) {
        money_ = for_money_->money = reply.money;
        call_ = *std::exchange(for_money_, std::nullopt);
        return;
    }
    if (money_asked_) money_ = reply.money;
    std::copy_if(reply.adjustments.begin(), reply.adjustments.end(), std::back_inserter(adopted_),
                 [](const ledger::Adjustment& each) { return !each.symbol.empty(); });
    append(record_.adjustments, std::move(reply.adjustments));
    append(record_.plans, std::move(reply.plans));
    if (reply.halt) {
        record_.halts.push_back(*reply.halt);
        halts_.push_back(std::move(*reply.halt));
    }
    auto& request = call_.emplace<DecideRequest>();
    if (first_) request.inputs = inputs_;
    request.now = inputs_->step.time;
    request.events = std::move(reply.events);
    request.equity = reply.equity;
    request.round_trips = std::move(reply.round_trips);
    request.account = std::move(reply.account);
    request.headroom = std::move(reply.headroom);
    request.holdings = std::move(reply.holdings);
    if (request.account) request.at_work = at_work_;
}

void StepMachine::answer(DecideReply reply) {
    append(record_.events, std::move(reply.events));
    append(record_.decisions, std::move(reply.wanted.decisions));
    append(record_.forecasts, std::move(reply.forecasts));
    append(record_.plans, std::move(reply.plans));
    const bool halted = !halts_.empty() || (first_ && inputs_->stopping);
    const bool works = !reply.wanted.works.empty() || (first_ && working_);
    const bool adopting = !adopted_.empty() || (first_ && !inputs_->adopted_orders.empty());
    if (reply.wanted.intents.empty() && reply.wanted.cancels.empty() && !halted && !works &&
        !adopting && !std::exchange(plan_ready_, false)) {
        first_ = false;
        start_round();
        return;
    }
    PlanRequest request;
    if (first_) request.inputs = inputs_;
    request.now = inputs_->step.time;
    request.halts = std::exchange(halts_, {});
    request.adopted = std::exchange(adopted_, {});
    if (first_) fill(request.adopted_orders, inputs_->adopted_orders);
    request.cancels = std::move(reply.wanted.cancels);
    request.intents = std::move(reply.wanted.intents);
    request.works = std::move(reply.wanted.works);
    request.money = money_;
    first_ = false;
    if (!request.works.empty() && !money_asked_) {
        for_money_ = std::move(request);
        call_.emplace<BookRequest>().works = true;
    } else {
        call_ = std::move(request);
    }
}

void StepMachine::answer(PlanReply reply) {
    send_.now = inputs_->step.time;
    working_ = reply.working;
    note_works(reply.plans, at_work_);
    append(record_.plans, std::move(reply.plans));
    append(send_.cancel_ids, std::move(reply.cancel_ids));
    append(planned_, std::move(reply.orders));
    if (!reply.short_of_money.empty()) {
        PlanRequest request;
        request.now = inputs_->step.time;
        request.money = money_;
        request.stolen = stealing_.choose(reply.short_of_money, reply.claims, inputs_->step.time);
        if (!request.stolen.empty()) {
            auto& kept = record_.plans.emplace_back();
            kept.plan_id = kStealingPlan;
            kept.kind = kStealingPlan;
            kept.content = stealing_.text(inputs_->step.time);
            call_ = std::move(request);
            return;
        }
    }
    if (planned_.empty()) {
        send_or_end();
    } else {
        call_ = AssessRequest{inputs_->step.time, std::exchange(planned_, {})};
    }
}

void StepMachine::answer(AssessReply reply) {
    mark_outcomes(reply.refusals);
    record_.orders = std::move(reply.accepted);  // until recorded
    append(events_, std::move(reply.refusals));
    send_or_end();
}

// A decision whose orders were refused says so, with the gateway's reasons.
void StepMachine::mark_outcomes(const std::vector<OrderEvent>& refusals) {
    for (const auto& refusal : refusals) {
        for (auto& decision : record_.decisions) {
            const auto& id = decision.decision_id;
            if (!refusal.order_id.starts_with(id) || refusal.order_id.size() <= id.size() ||
                refusal.order_id[id.size()] != '.') {
                continue;
            }
            decision.outcome = "refused";
            decision.reason += (decision.reason.empty() ? "" : "; ") + refusal.reason;
        }
    }
}

void StepMachine::send_or_end() {
    if (record_.orders.empty() && send_.cancel_ids.empty()) {
        start_round();
    } else {
        // What is about to be sent is durable first.
        ask_to_record(call_, record_);
    }
}

void StepMachine::answer_recorded(std::vector<Order> orders) {
    if (final_record_) {
        inputs_ = nullptr;
        call_ = std::monostate{};
        return;
    }
    send_.orders = std::move(orders);
    call_ = std::exchange(send_, {});
}

void StepMachine::end_round() {
    const auto& inputs = *inputs_;
    if (round_ == Round::decisions) {
        const bool last = std::any_of(inputs.closes.begin(), inputs.closes.end(),
                                      [](const SlotBar& bar) { return bar.last; });
        round_ = last ? Round::ended : Round::closing;
        if (last) {
            call_.emplace<EndCall>(inputs_);
            return;
        }
    }
    if (round_ == Round::ended) {
        round_ = Round::closing;
        auto& request = call_.emplace<DecideRequest>();
        request.inputs = inputs_;
        request.now = inputs.step.time;
        request.closing = true;
        return;
    }
    if (round_ == Round::closing) {
        call_.emplace<ValueCall>(inputs_);
        return;
    }
    final_record_ = true;
    if (record_.empty()) {
        answer_recorded({});
    } else {
        ask_to_record(call_, record_);
    }
}

void StepMachine::answer(ValueReply reply) {
    record_.equity = std::move(reply.equity);
    record_.positions = std::move(reply.positions);
    record_.valued = std::move(reply.valued);
    round_ = Round::opened;
    const bool opening =
        std::any_of(inputs_->sessions.begin(), inputs_->sessions.end(),
                    [](const SessionEvent& event) { return event.phase == SessionPhase::opened; });
    if (inputs_->opens.empty() && !opening) {
        end_round();
    } else {
        call_.emplace<OpenCall>(inputs_);
    }
}

}  // namespace tradewind::actors

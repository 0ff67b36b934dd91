#include "actors/broker/paper_stage.hpp"

#include "messages/error.hpp"

#include <utility>

namespace tradewind::actors {

PaperBrokerStage::PaperBrokerStage(broker::MatchingSettings settings, broker::PaperTerms terms,
                                   const std::vector<strategy::SymbolInfo>& symbols)
    : broker_(settings, std::move(terms)) {
    for (const auto& info : symbols) {
        ensure(broker_.add(info.instrument) == info.slot, "broker slots are the run's slots");
    }
}

std::vector<OrderEvent> PaperBrokerStage::take() {
    std::vector<OrderEvent> events;
    if (!broker_.events().empty()) broker_.take_events(events);
    return events;
}

std::vector<OrderEvent> PaperBrokerStage::market(const StepInputs& inputs) {
    for (const auto& close : inputs.closes) broker_.on_bar_closed(close.slot, close.bar);
    for (const auto& session : inputs.sessions) {
        if (session.phase == SessionPhase::closed) broker_.on_session(session, inputs.step.time);
    }
    return take();
}

std::vector<OrderEvent> PaperBrokerStage::send(const SendRequest& request) {
    for (const auto& id : request.cancel_ids) broker_.cancel(id, request.now);
    for (const auto& order : request.orders) broker_.submit(order, request.now);
    return take();
}

std::vector<OrderEvent> PaperBrokerStage::open(const StepInputs& inputs) {
    for (const auto& session : inputs.sessions) {
        if (session.phase == SessionPhase::opened) broker_.on_session(session, inputs.step.time);
    }
    for (const auto& open : inputs.opens) broker_.on_bar_opened(open.slot, open.time, open.open);
    return take();
}

std::vector<OrderEvent> PaperBrokerStage::end_of_symbols(const StepInputs& inputs) {
    for (const auto& close : inputs.closes) {
        if (close.last) broker_.end_of_data(close.slot, inputs.step.time);
    }
    return take();
}

std::vector<OrderEvent> PaperBrokerStage::end_of_data(Timestamp now) {
    broker_.end_of_data(now);
    return take();
}

}  // namespace tradewind::actors

#include "actors/broker/paper_stage.hpp"

#include <utility>

#include "messages/error.hpp"

namespace tradewind::actors {

PaperBrokerStage::PaperBrokerStage(const broker::MatchingSettings& settings,
                                   const std::vector<strategy::SymbolInfo>& symbols)
    : engine_(settings) {
    for (const auto& info : symbols) {
        ensure(engine_.add(info.instrument) == info.slot, "broker slots are the run's slots");
    }
}

std::vector<OrderEvent> PaperBrokerStage::market(const StepInputs& inputs) {
    std::vector<OrderEvent> events;
    for (const auto& close : inputs.closes) engine_.on_bar_closed(close.slot, close.bar, events);
    for (const auto& session : inputs.sessions) {
        if (session.phase == SessionPhase::closed) {
            engine_.on_session(session, inputs.step.time, events);
        }
    }
    return events;
}

std::vector<OrderEvent> PaperBrokerStage::send(SendRequest request) {
    std::vector<OrderEvent> events;
    events.reserve(2 * request.orders.size() + request.cancel_ids.size());
    for (const auto& id : request.cancel_ids) engine_.cancel(id, request.now, events);
    for (auto& order : request.orders) engine_.submit(std::move(order), request.now, events);
    return events;
}

std::vector<OrderEvent> PaperBrokerStage::open(const StepInputs& inputs) {
    std::vector<OrderEvent> events;
    for (const auto& session : inputs.sessions) {
        if (session.phase == SessionPhase::opened) {
            engine_.on_session(session, inputs.step.time, events);
        }
    }
    for (const auto& open : inputs.opens) {
        engine_.on_bar_opened(open.slot, open.time, open.open, events);
    }
    return events;
}

std::vector<OrderEvent> PaperBrokerStage::end_of_symbols(const StepInputs& inputs) {
    std::vector<OrderEvent> events;
    for (const auto& close : inputs.closes) {
        if (close.last) engine_.end_of_data(close.slot, inputs.step.time, events);
    }
    return events;
}

std::vector<OrderEvent> PaperBrokerStage::end_of_data(Timestamp now) {
    std::vector<OrderEvent> events;
    engine_.end_of_data(now, events);
    return events;
}

}  // namespace tradewind::actors

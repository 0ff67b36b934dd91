#include "actors/portfolio/strategy_stage.hpp"

namespace tradewind::actors {

StrategyStage::StrategyStage(std::vector<strategy::StrategyInstance> instances,
                             std::vector<strategy::SymbolInfo> symbols, bool save_state)
    : host_(std::move(instances), std::move(symbols)), save_state_(save_state) {}

DecideReply StrategyStage::decide(DecideRequest&& request) {
    DecideReply reply;
    auto& wanted = reply.wanted;
    if (request.closing) {
        for (const auto& close : request.inputs->closes) {
            if (close.last) host_.on_last_bar(close.slot, close.bar.close, wanted);
        }
        return reply;
    }
    host_.begin_step(request.now, request.equity);
    for (const auto& applied : request.events) {
        if (applied.event.fill) host_.on_fill(applied.slot, *applied.event.fill, wanted);
        if (applied.closed) host_.on_order_closed(applied.strategy, applied.slot, applied.role);
    }
    reply.events = std::move(request.events);
    if (!request.inputs) return reply;
    const auto& inputs = *request.inputs;
    for (const auto& session : inputs.sessions) host_.on_session(session, wanted);
    for (const auto& close : inputs.closes) {
        host_.on_bar({close.slot, close.bar, close.tradable}, wanted);
    }
    for (const auto& quote : inputs.quotes) host_.on_quote(quote.slot, quote.quote, wanted);
    if (save_state_ && !wanted.empty()) {
        if (auto state = host_.save(); state != saved_) {
            saved_ = state;
            ledger::PlanRecord plan;
            plan.plan_id = kStrategyStatePlan;
            plan.kind = kStrategyStatePlan;
            plan.content = std::move(state);
            reply.plans.push_back(std::move(plan));
        }
    }
    return reply;
}

}  // namespace tradewind::actors

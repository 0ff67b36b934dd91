#include "actors/ledger/ledger_stage.hpp"

#include "messages/error.hpp"
#include "orders/bracket.hpp"

namespace tradewind::actors {

void LedgerStage::record(const RecordRequest& request) {
    const auto now = request.step.time;
    const auto cause = request.step.number;
    for (const auto& halt : request.halts) store_.append(now, cause, halt);
    for (const auto& resume : request.resumes) store_.append(now, cause, resume);
    for (const auto& order : request.adopted_orders) store_.append(now, cause, order);
    for (const auto& applied : request.events) {
        if (applied.event.kind == OrderEventKind::refused) continue;  // the decision says so
        // A replay's broker accepts at once; there it says nothing that the order does not.
        if (!synced_ && applied.event.kind == OrderEventKind::accepted) continue;
        store_.append(applied.event.time, cause, applied.event);
    }
    for (const auto& adjustment : request.adjustments) store_.append(now, cause, adjustment);
    for (const auto& decision : request.decisions) store_.append(now, cause, decision);
    for (const auto& plan : request.plans) store_.append(now, cause, plan);
    for (const auto& order : request.orders) {
        store_.append(now, cause, order);
        // The exits that travel with an entry are orders of their own from here on.
        for (const auto& child : orders::bracket_children(order)) {
            store_.append(now, cause, child);
        }
    }
    if (synced_) commit();
    if (tap_) tap_(request);
    if (!folder_) return;
    for (const auto& forecast : request.forecasts) folder_->add(forecast);
    if (request.equity) folder_->add(*request.equity);
    for (const auto& position : request.positions) folder_->add(position);
}

void LedgerStage::commit() {
    try {
        store_.commit();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::failed || !store_.release_reserve()) throw;
        if (alarm_) alarm_(error.what());
        store_.commit();
    }
}

}  // namespace tradewind::actors

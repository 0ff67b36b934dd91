#include "actors/ledger/ledger_stage.hpp"

namespace tradewind::actors {

void LedgerStage::record(const RecordRequest& request) {
    const auto now = request.step.time;
    const auto cause = request.step.number;
    for (const auto& halt : request.halts) store_.append(now, cause, halt);
    for (const auto& resume : request.resumes) store_.append(now, cause, resume);
    for (const auto& applied : request.events) {
        if (applied.event.kind == OrderEventKind::refused) continue;  // the decision says so
        store_.append(applied.event.time, cause, applied.event);
    }
    for (const auto& adjustment : request.adjustments) store_.append(now, cause, adjustment);
    for (const auto& decision : request.decisions) store_.append(now, cause, decision);
    for (const auto& order : request.orders) store_.append(now, cause, order);
    if (synced_) store_.commit();
    if (!folder_) return;
    for (const auto& forecast : request.forecasts) folder_->add(forecast);
    if (request.equity) folder_->add(*request.equity);
    for (const auto& position : request.positions) folder_->add(position);
}

}  // namespace tradewind::actors

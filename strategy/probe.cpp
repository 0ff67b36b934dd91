#include "strategy/probe.hpp"

#include <algorithm>

#include "market/instruments.hpp"

namespace tradewind::strategy {

std::string probe_trigger(const ProbeTriggers& triggers) {
    if (triggers.forced) return "forced for this symbol";
    if (triggers.last_trade_lost) return "the last trade lost";
    if (triggers.loss_day) return "the day before lost";
    if (triggers.recent_trades_pct && *triggers.recent_trades_pct <= 0) {
        return "the last trades did not earn";
    }
    if (triggers.promised_return && *triggers.promised_return <= 0) {
        return "forecast and recent return promise nothing";
    }
    return {};
}

ProbeRecord refresh_probe(ProbeRecord record, const ProbeTriggers& triggers, Date day,
                          const ProbeSettings& settings) {
    if (!settings.enabled) return {};
    if (record.state == ProbeState::active) return record;
    if (record.state == ProbeState::transition) {
        // A successful probe has answered the triggers that asked for it.
        if (day >= record.full_size_from) record.state = ProbeState::idle;
        return record;
    }
    record.state = probe_trigger(triggers).empty() ? ProbeState::idle : ProbeState::pending;
    return record;
}

ProbeRecord mark_position(ProbeRecord record, Money unrealised, const ProbeSettings& settings) {
    if (!settings.enabled || record.state == ProbeState::active) return record;
    if (unrealised < settings.unrealised_limit) {
        record.state = ProbeState::pending;
    } else if (record.state == ProbeState::pending && unrealised.sign() >= 0) {
        record.state = ProbeState::idle;
    }
    return record;
}

ProbeRecord probe_entered(ProbeRecord record, Timestamp now, Money notional,
                          const ProbeSettings& settings) {
    if (record.state == ProbeState::idle || notional > settings.notional_limit) {
        if (record.state == ProbeState::active) record.state = ProbeState::idle;
        return record;
    }
    if (record.state == ProbeState::active) return record;
    record.state = ProbeState::active;
    record.started = now;
    return record;
}

bool probe_expired(const ProbeRecord& record, Timestamp now, const ProbeSettings& settings) {
    return record.state == ProbeState::active && now - record.started > settings.life_ns;
}

ProbeRecord probe_closed(ProbeRecord record, Money pnl, Date day) {
    if (record.state != ProbeState::active) return record;
    record.last_successful = pnl.sign() > 0;
    record.started = {};
    record.state = *record.last_successful ? ProbeState::transition : ProbeState::pending;
    record.full_size_from = day + 1;
    return record;
}

Quantity probe_quantity(const Instrument& instrument) {
    const Quantity lot = market::sizing_lot(instrument);
    return instrument.asset_class == AssetClass::crypto ? lot : std::max(lot, Quantity::whole(1));
}

}  // namespace tradewind::strategy

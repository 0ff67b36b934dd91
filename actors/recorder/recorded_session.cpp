#include "actors/recorder/recorded_session.hpp"

#include "actors/recorder/message_fields.hpp"
#include "actors/recorder/settings_fields.hpp"

namespace tradewind::actors {

template <class Archive>
void fields(Archive& archive, AnalysisSettings& settings) {
    archive("portfolio", settings.portfolio);
    archive("decision_lag", settings.decision_lag);
    archive("check_freshness", settings.check_freshness);
    archive("accepted_moves", settings.accepted_moves);
}

template <class Archive>
void fields(Archive& archive, GatewaySettings& settings) {
    archive("initial_cash", settings.initial_cash);
    archive("limits", settings.limits);
    archive("leverage_cap", settings.leverage_cap);
    archive("financing", settings.financing);
    archive("daily_loss", settings.daily_loss);
    archive("drawdown", settings.drawdown);
    archive("value_positions", settings.value_positions);
    archive("snapshots", settings.snapshots);
    archive("universe", settings.universe);
    archive("no_buys", settings.no_buys);
    archive("no_sales", settings.no_sales);
    archive("modelled_quotes", settings.modelled_quotes);
}

template <class Archive>
void fields(Archive& archive, EarlierFill& earlier) {
    archive("fill", earlier.fill);
    archive("order_reason", earlier.order_reason);
}

template <class Archive>
void fields(Archive& archive, EarlierAdoption& earlier) {
    archive("after_fills", earlier.after_fills);
    archive("time", earlier.time);
    archive("adjustment", earlier.adjustment);
}

template <class Archive>
void fields(Archive& archive, RecordedSession& session) {
    archive("mode", session.mode);
    archive("version", session.version);
    archive("started", session.started);
    archive("seed", session.seed);
    archive("symbols", session.symbols);
    archive("strategy", session.strategy);
    archive("parameters", session.parameters);
    archive("analysis", session.analysis);
    archive("costs", session.costs);
    archive("forecaster", session.forecaster);
    archive("forecaster_id", session.forecaster_id);
    archive("modelled_quotes", session.modelled_quotes);
    archive("scheduled", session.scheduled);
    archive("skip_closed_equity", session.skip_closed_equity);
    archive("works", session.works);
    archive("stealing", session.stealing);
    archive("gateway", session.gateway);
    archive("cash", session.cash);
    archive("fills", session.fills);
    archive("adoptions", session.adoptions);
    archive("open_orders", session.open_orders);
    archive("plans", session.plans);
    archive("marks", session.marks);
    archive("halted", session.halted);
}

std::string encode_session(const RecordedSession& session) {
    return JsonWriter::json_of(session).dump();
}

RecordedSession decode_session(std::string_view text, const std::string& place) {
    return JsonReader::read<RecordedSession>(parse_object(text, place), {nullptr, place, {}});
}

}  // namespace tradewind::actors

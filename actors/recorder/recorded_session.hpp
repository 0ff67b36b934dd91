// What a recorded session began with: the header of a recording, enough to rebuild its stages.
//
// Together with the recording's history (by slot: the series that the decisions saw when the
// session began) it is the recovered state of the daemon at its start, as values: the account's
// fills, its working orders, the plans of the decision stage. Text form: canonical JSON
// (json_archive.hpp). decode throws Error (data) with the place. Pure; any thread. Source:
// architecture 5 and 7.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "actors/analysis/analysis_stage.hpp"
#include "actors/gateway/gateway_stage.hpp"
#include "ledger/event.hpp"
#include "market/cost_model.hpp"
#include "messages/order.hpp"
#include "model/forecaster.hpp"
#include "orders/order_worker.hpp"
#include "strategy/parameters.hpp"
#include "strategy/strategy.hpp"

namespace tradewind::actors {

// A fill of the account before the session, with the reason of its order (round trips name it).
struct EarlierFill {
    Fill fill;
    std::string order_reason;
};

// A position that was adopted from the broker before the session.
struct EarlierAdoption {
    std::uint64_t after_fills = 0;  // how many of the session's fills came before it
    Timestamp time;
    ledger::Adjustment adjustment;
};

struct RecordedSession {
    std::string mode;     // "paper", "live"
    std::string version;  // of the program that recorded it
    Timestamp started;
    std::uint64_t seed = 0;
    std::vector<strategy::SymbolInfo> symbols;  // by slot

    // Who decides: a registered strategy, or (empty) the forecast portfolio by what follows.
    std::string strategy;
    strategy::Parameters::Values parameters;
    AnalysisSettings analysis;
    market::CostModel costs;
    model::ForecasterOptions forecaster;
    std::string forecaster_id;  // of the forecaster that answered; another one is refused
    bool modelled_quotes = false;
    // The portfolio's passes are inputs (by the daemon's schedule), not the sessions' opens.
    bool scheduled = false;
    bool skip_closed_equity = true;

    orders::WorkTerms works;  // how orders are worked over time
    orders::StealingTerms stealing;

    GatewaySettings gateway;  // the kill switch aside: its halts are inputs

    // The start.
    Money cash;
    std::vector<EarlierFill> fills;          // all of the account, oldest first
    std::vector<EarlierAdoption> adoptions;  // oldest first
    std::vector<Order> open_orders;          // children of brackets included
    std::vector<ledger::PlanRecord> plans;
    std::vector<Price> marks;  // by slot: last prices known at the start; zero: none
    bool halted = false;
};

[[nodiscard]] std::string encode_session(const RecordedSession& session);
[[nodiscard]] RecordedSession decode_session(std::string_view text, const std::string& place);

}  // namespace tradewind::actors

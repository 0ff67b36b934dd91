// The status role of a daemon: follows what the ledger recorded and publishes it to the HTTP
// server.
//
// Owns the newest StatusView; the newest state wins, nothing waits for it. Lists are copied only
// when they changed. Runs on the pool; the server's I/O thread only reads what was published.
// Source: architecture 3, contract 8.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actors/status/http_server.hpp"
#include "actors/step/step_data.hpp"
#include "actors/system/actor_system.hpp"
#include "ledger/ledger_state.hpp"

namespace tradewind::actors {

using RecordRequestPtr = std::shared_ptr<const RecordRequest>;

struct TradingStateChange {
    status::TradingState state = status::TradingState::starting;
    std::vector<std::string> reasons;
    bool reconciled = false;
    bool trading_stream = true;
    bool data_stream = true;
};

using StatusActor = caf::typed_actor<caf::reacts_to<RecordRequestPtr>,  // what a step recorded
                                     caf::reacts_to<TradingStateChange>,
                                     caf::reacts_to<StepInputsPtr>>;  // bars and time of a step

struct StatusStart {
    std::string mode;
    std::string broker;
    std::string version;
    Timestamp exchange_time;
    Money cash;
    Money equity;
};

// `known` is the ledger's state at the start: older orders, fills and decisions are shown too.
StatusActor spawn_status(caf::actor_system& system, status::HttpServer& server,
                         const StatusStart& start, const ledger::LedgerState& known,
                         std::vector<strategy::SymbolInfo> symbols, FailureBoxPtr failures);

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::RecordRequestPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::TradingStateChange)

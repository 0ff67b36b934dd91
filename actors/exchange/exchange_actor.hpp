// The embedded exchange as the broker role of a daemon: owns it, advances it, sends to it.
//
// Runs on its own thread (a command waits for the exchange's disk). Orders and cancels are answered
// as soon as the exchange has them durably; what becomes of them comes with a later tick, as inputs
// of a later step, so that a recording holds it. Source: architecture 3 and 5.
#pragma once

#include <atomic>
#include <caf/fwd.hpp>
#include <memory>
#include <string>
#include <vector>

#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"
#include "broker/exchange/embedded_exchange.hpp"

namespace tradewind::actors {

struct AdvanceExchange {
    Timestamp to;  // exchange time
};

// What happened since the last tick, in order.
struct ExchangeTick {
    Timestamp time;
    std::vector<broker::ExchangeEvent> events;  // order events of other accounts left out
    std::vector<OrderEvent> refusals;           // commands that the exchange did not accept
    std::vector<std::pair<Symbol, Bar>> daily;  // daily bars of sessions that closed
    std::vector<BrokerState> states;            // of a remote broker, when they change
    std::vector<ledger::Adjustment> adjustments;
    std::vector<Order> adopted_orders;  // whose events come with later ticks
};
using ExchangeTickPtr = std::shared_ptr<const ExchangeTick>;

using ExchangeActor = BrokerActor::extend<caf::replies_to<AdvanceExchange>::with<ExchangeTickPtr>>;

// `kill_switch` is read at this last gate before every entry leaves: set, the entry is not sent and
// comes back as rejected with a later tick, so that a recording has it.
ExchangeActor spawn_exchange(caf::actor_system& system,
                             std::unique_ptr<broker::EmbeddedExchange> exchange,
                             std::string account,
                             std::shared_ptr<const std::atomic<bool>> kill_switch,
                             FailureBoxPtr failures, bool own_thread = true);

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::AdvanceExchange)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ExchangeTickPtr)

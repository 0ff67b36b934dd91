// The step's values as actor messages, and one typed interface per role of the step.
//
// All of them stay inside the process: requests are moved or shared, never serialised (a double
// must not cross the framework's serializer). One alias per role; a comment per message.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include "actors/step/step_machine.hpp"

namespace tradewind::actors {

struct OrderEvents {
    std::vector<OrderEvent> list;
};
// Events of one shard with their places in the whole batch.
struct ApplyRequest {
    std::vector<OrderEvent> events;
};
struct Recorded {};  // as durable as the store promises
struct EndOfData {
    Timestamp now;
};
struct RunToEnd {};  // replay: release steps until the feed ends
struct RunEnd {
    std::uint64_t steps = 0;
    std::uint64_t bars = 0;
    Timestamp last_time;
};
struct StepDone {
    std::uint64_t number = 0;
};
struct AwaitPass {
    std::uint64_t begun = 0;  // number of the step whose reply said so
};

// Plays the market of a step and takes orders.
using BrokerActor =
    caf::typed_actor<caf::replies_to<MarketCall>::with<OrderEvents>,   // what ended
                     caf::replies_to<SendRequest>::with<OrderEvents>,  // orders and cancels
                     caf::replies_to<OpenCall>::with<OrderEvents>,     // what begins
                     caf::replies_to<EndCall>::with<OrderEvents>,      // data of symbols ended
                     caf::replies_to<EndOfData>::with<OrderEvents>>;   // open orders expire

// The order life of the symbols of one shard.
using ExecutionActor =
    caf::typed_actor<caf::replies_to<ApplyRequest>::with<ApplyReply>,  // events of its orders
                     caf::replies_to<PlanRequest>::with<PlanReply>>;   // intents of its symbols

// Books and limits; the only door to a broker.
using GatewayActor = caf::typed_actor<caf::replies_to<BookRequest>::with<BookReply>,
                                      caf::replies_to<AssessRequest>::with<AssessReply>,
                                      caf::replies_to<ValueCall>::with<ValueReply>>;

// Decides: user strategies, or the forecast portfolio with the analysis shards behind it.
// Where a pass takes longer than its step, AwaitPass is answered when its rows are there.
using PortfolioActor = caf::typed_actor<caf::replies_to<DecideRequest>::with<DecideReply>,
                                        caf::replies_to<AwaitPass>::with<PassEnded>>;

// The event store; the reply acknowledges durability.
using LedgerActor = caf::typed_actor<caf::replies_to<RecordRequest>::with<Recorded>>;

// The one order of everything that can change a decision.
using SequencerActor = caf::typed_actor<caf::replies_to<StepInputsPtr>::with<StepDone>,
                                        caf::replies_to<RunToEnd>::with<RunEnd>>;

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::OrderEvents)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ApplyRequest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ApplyReply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::EndOfData)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::RunEnd)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::StepDone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::AwaitPass)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::PassEnded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::StepInputsPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::MarketCall)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::OpenCall)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::EndCall)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ValueCall)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::BookRequest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::BookReply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::DecideRequest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::DecideReply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::PlanRequest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::PlanReply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::AssessRequest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::AssessReply)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::RecordRequest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::SendRequest)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ValueReply)

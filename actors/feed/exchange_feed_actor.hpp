// The feed of the embedded exchange: plays it up to a time and hands its steps to the sequencer.
//
// One step is on its way at a time (a credit window of one): while the sequencer works, exchange
// time goes on and what happens there is coalesced before it gets a number. Source: architecture 3.
#pragma once

#include <caf/fwd.hpp>
#include <optional>

#include "actors/exchange/exchange_actor.hpp"
#include "actors/feed/exchange_steps.hpp"
#include "actors/status/status_actor.hpp"
#include "strategy/pass_schedule.hpp"

namespace tradewind::actors {

struct PlayUntil {
    Timestamp exchange_time;
};
struct Played {
    Timestamp exchange_time;  // where the exchange is now
};

using FeedActor = caf::typed_actor<caf::replies_to<PlayUntil>::with<Played>>;

// `watcher` is told of every step's inputs before the sequencer has them (a daemon's status role).
// `passes` adds the passes that are due to the steps; empty: there are none.
FeedActor spawn_exchange_feed(caf::actor_system& system, ExchangeActor exchange,
                              SequencerActor sequencer, StatusActor watcher, SlotMap slots,
                              std::optional<strategy::PassClock> passes, FailureBoxPtr failures);

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::PlayUntil)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::Played)

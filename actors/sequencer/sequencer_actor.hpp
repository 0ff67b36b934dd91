// The sequencer: releases steps one after another and drives each through the role actors.
//
// It asks one stage at a time and goes on when that has answered, so a stage never sees step n + 1
// before step n is done everywhere: "idle" is its own `done`. Execution is fanned out over its
// shards and merged by symbol and order of arrival before the next stage. Runs on the pool; no
// handler blocks. A stage that fails ends the run: the failure lies in the box. Source:
// architecture 5.
#pragma once

#include <caf/fwd.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "actors/feed/step_feed.hpp"
#include "actors/recorder/recorder_actor.hpp"
#include "actors/step/step_messages.hpp"
#include "actors/system/actor_system.hpp"

namespace tradewind::actors {

struct StageActors {
    orders::WorkStealing stealing;  // who gives way where entries are short of money
    bool working = false;           // execution has works from before the first step
    WorkKeys at_work;               // which
    BrokerActor broker;
    std::vector<ExecutionActor> execution;  // a symbol's shard: slot modulo their number
    GatewayActor gateway;
    PortfolioActor portfolio;
    LedgerActor ledger;
};

// `feed` serves RunToEnd (virtual time: the next step follows the last one's `done`); it may be
// null where steps come as messages. With a `recorder` every step is recorded before it is
// released; the sequencer waits for it, so that at most one step is on its way there.
SequencerActor spawn_sequencer(caf::actor_system& system, StageActors stages,
                               std::vector<Symbol> symbols, std::shared_ptr<StepFeed> feed,
                               std::function<void(std::uint64_t bars)> progress,
                               FailureBoxPtr failures, RecorderActor recorder = {});

}  // namespace tradewind::actors

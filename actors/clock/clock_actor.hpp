// The clock of a daemon on the embedded exchange: exchange time as steady time times a speed.
//
// Asks the feed to play the exchange up to the present, again and again; the next request follows
// the last answer, at the earliest one period later. Exchange time never runs backwards and does
// not jump after a pause of the process: it is where the speed puts it. Source: architecture 3.
#pragma once

#include <caf/fwd.hpp>
#include <chrono>

#include "actors/feed/exchange_feed_actor.hpp"

namespace tradewind::actors {

struct ClockOptions {
    Timestamp start;    // exchange time now
    double speed = 60;  // exchange seconds per real second
    std::chrono::milliseconds period{100};
};

struct start_clock {};
using ClockActor = caf::typed_actor<caf::reacts_to<start_clock>>;

ClockActor spawn_clock(caf::actor_system& system, FeedActor feed, ClockOptions options,
                       FailureBoxPtr failures);

}  // namespace tradewind::actors

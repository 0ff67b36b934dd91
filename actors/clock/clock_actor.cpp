#include "actors/clock/clock_actor.hpp"

#include <caf/all.hpp>

namespace tradewind::actors {
namespace {

struct clock_tick {};

using ClockImpl = ClockActor::extend<caf::reacts_to<clock_tick>>;
using Steady = caf::actor_clock::clock_type;

struct ClockState {
    static inline const char* name = "tradewind.clock";

    [[nodiscard]] Timestamp exchange_now(Steady::time_point now) const {
        const auto passed = std::chrono::duration<double>(now - began).count();
        return options.start + static_cast<std::int64_t>(passed * options.speed * 1e9);
    }

    ClockOptions options;
    FeedActor feed;
    Steady::time_point began;
};

ClockImpl::behavior_type clock(ClockImpl::stateful_pointer<ClockState> self, const FeedActor& feed,
                               const ClockOptions& options, const FailureBoxPtr& failures) {
    prepare(self, failures);
    self->state.options = options;
    self->state.feed = feed;
    return {
        [self](start_clock) {
            self->state.began = self->clock().now();
            self->send(self, clock_tick{});
        },
        [self](clock_tick) {
            const auto now = self->clock().now();
            self->request(self->state.feed, caf::infinite, PlayUntil{self->state.exchange_now(now)})
                .then(
                    [self, now](Played) {
                        self->scheduled_send(self, now + self->state.options.period, clock_tick{});
                    },
                    // The failure lies in the box; the daemon restarts the graph.
                    [self](const caf::error&) { self->quit(); });
        },
    };
}

}  // namespace

ClockActor spawn_clock(caf::actor_system& system, FeedActor feed, ClockOptions options,
                       FailureBoxPtr failures) {
    return system.spawn(clock, std::move(feed), options, std::move(failures));
}

}  // namespace tradewind::actors

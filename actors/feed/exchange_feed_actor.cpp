#include "actors/feed/exchange_feed_actor.hpp"

#include <caf/all.hpp>
#include <deque>
#include <utility>

namespace tradewind::actors {
namespace {

struct FeedState {
    static inline const char* name = "tradewind.feed";

    explicit FeedState(FeedActor::pointer pointer) : self(pointer) {}

    using Promise = caf::typed_response_promise<Played>;

    // One at a time: another request waits until the steps of this one are done.
    void play(Timestamp until, const Promise& promise) {
        if (std::exchange(playing, true)) {
            asked.emplace_back(until, promise);
            return;
        }
        self->request(exchange, caf::infinite, AdvanceExchange{until})
            .then(
                [this, promise](const ExchangeTickPtr& tick) {
                    auto steps = steps_of(*tick, slots);
                    waiting.assign(std::make_move_iterator(steps.begin()),
                                   std::make_move_iterator(steps.end()));
                    release(tick->time, promise);
                },
                [promise](caf::error& error) { fail(promise, std::move(error)); });
    }

    void release(Timestamp reached, const Promise& promise) {
        if (waiting.empty()) {
            finish(reached, promise);
            return;
        }
        if (passes) {
            auto& next = *waiting.front();
            next.due = passes->take(next.step.time, !next.quotes.empty());
        }
        StepInputsPtr inputs = std::move(waiting.front());
        waiting.pop_front();
        if (watcher) self->send(watcher, inputs);
        self->request(sequencer, caf::infinite, std::move(inputs))
            .then([this, reached, promise](StepDone) { release(reached, promise); },
                  [promise](caf::error& error) { fail(promise, std::move(error)); });
    }

    void finish(Timestamp reached, Promise promise) {
        promise.deliver(Played{reached});
        playing = false;
        if (asked.empty()) return;
        const auto next = std::move(asked.front());
        asked.pop_front();
        play(next.first, next.second);
    }

    // The run failed; what else was asked for is answered when this actor is taken down.
    static void fail(Promise promise, caf::error error) { promise.deliver(std::move(error)); }

    FeedActor::pointer self;
    ExchangeActor exchange;
    SequencerActor sequencer;
    StatusActor watcher;
    SlotMap slots;
    std::optional<strategy::PassClock> passes;
    std::deque<std::shared_ptr<StepInputs>> waiting;
    bool playing = false;
    std::deque<std::pair<Timestamp, Promise>> asked;
};

FeedActor::behavior_type feed(FeedActor::stateful_pointer<FeedState> self,
                              const ExchangeActor& exchange, const SequencerActor& sequencer,
                              const StatusActor& watcher, const SlotMap& slots,
                              const std::optional<strategy::PassClock>& passes,
                              const FailureBoxPtr& failures) {
    prepare(self, failures);
    self->state.exchange = exchange;
    self->state.sequencer = sequencer;
    self->state.watcher = watcher;
    self->state.slots = slots;
    self->state.passes = passes;
    return {
        [self](const PlayUntil& play) -> caf::result<Played> {
            auto promise = self->make_response_promise<Played>();
            self->state.play(play.exchange_time, promise);
            return promise;
        },
    };
}

}  // namespace

FeedActor spawn_exchange_feed(caf::actor_system& system, ExchangeActor exchange,
                              SequencerActor sequencer, StatusActor watcher, SlotMap slots,
                              std::optional<strategy::PassClock> passes, FailureBoxPtr failures) {
    return system.spawn(feed, std::move(exchange), std::move(sequencer), std::move(watcher),
                        std::move(slots), std::move(passes), std::move(failures));
}

}  // namespace tradewind::actors

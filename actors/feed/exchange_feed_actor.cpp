#include "actors/feed/exchange_feed_actor.hpp"

#include <caf/all.hpp>
#include <deque>
#include <utility>

namespace tradewind::actors {
namespace {

struct FeedState {
    static inline const char* name = "tradewind.feed";

    explicit FeedState(FeedActor::pointer pointer) : self(pointer) {}

    void play(Timestamp until, caf::typed_response_promise<Played> promise) {
        self->request(exchange, caf::infinite, AdvanceExchange{until})
            .then(
                [this, promise](const ExchangeTickPtr& tick) {
                    auto steps = steps_of(*tick, slots);
                    waiting.assign(std::make_move_iterator(steps.begin()),
                                   std::make_move_iterator(steps.end()));
                    release(tick->time, promise);
                },
                [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
    }

    void release(Timestamp reached, caf::typed_response_promise<Played> promise) {
        if (waiting.empty()) {
            promise.deliver(Played{reached});
            return;
        }
        StepInputsPtr inputs = std::move(waiting.front());
        waiting.pop_front();
        if (watcher) self->send(watcher, inputs);
        self->request(sequencer, caf::infinite, std::move(inputs))
            .then([this, reached, promise](StepDone) { release(reached, promise); },
                  [promise](caf::error& error) mutable { promise.deliver(std::move(error)); });
    }

    FeedActor::pointer self;
    ExchangeActor exchange;
    SequencerActor sequencer;
    StatusActor watcher;
    SlotMap slots;
    std::deque<std::shared_ptr<StepInputs>> waiting;
};

FeedActor::behavior_type feed(FeedActor::stateful_pointer<FeedState> self,
                              const ExchangeActor& exchange, const SequencerActor& sequencer,
                              const StatusActor& watcher, const SlotMap& slots,
                              const FailureBoxPtr& failures) {
    prepare(self, failures);
    self->state.exchange = exchange;
    self->state.sequencer = sequencer;
    self->state.watcher = watcher;
    self->state.slots = slots;
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
                              FailureBoxPtr failures) {
    return system.spawn(feed, std::move(exchange), std::move(sequencer), std::move(watcher),
                        std::move(slots), std::move(failures));
}

}  // namespace tradewind::actors

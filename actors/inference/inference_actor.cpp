#include "actors/inference/inference_actor.hpp"

#include <caf/all.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

namespace tradewind::actors {
namespace {

// Run a round of batches; `wait`: the timer of that number, stale when a newer one was set.
struct run_round {
    std::uint64_t wait = 0;

    template <class Inspector>
    friend typename Inspector::result_type inspect(Inspector& inspector, run_round& round) {
        return inspector(caf::meta::type_name("run_round"), round.wait);
    }
};

using InferenceImpl = InferenceActor::extend<caf::reacts_to<run_round>>;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

struct InferenceState {
    static inline const char* name = "tradewind.inference";

    explicit InferenceState(InferenceImpl::pointer pointer) : self(pointer) {}
    ~InferenceState() {
        for (auto& [ticket, waiting] : asked) {
            waiting.promise.deliver(caf::make_error(caf::sec::request_receiver_down));
        }
    }

    struct Waiting {
        caf::actor_addr sender;
        std::uint64_t id = 0;
        caf::typed_response_promise<ForecastPtr> promise;
    };

    caf::result<ForecastPtr> take(const ForecastRequestPtr& request) {
        const std::uint64_t ticket = ++tickets;
        const auto admission = queue->add(ticket, request, now_ns());
        if (admission == model::Admission::already_expired) {
            return caf::make_error(caf::sec::request_timeout);
        }
        if (admission != model::Admission::accepted) {
            return caf::make_error(caf::sec::runtime_error,
                                   std::string("forecast refused: ") + model::name_of(admission));
        }
        const auto sender = self->current_sender();  // before the promise takes it
        Waiting waiting{caf::actor_cast<caf::actor_addr>(sender), request->id,
                        self->make_response_promise<ForecastPtr>()};
        auto promise = waiting.promise;
        if (waiting.sender && watched[waiting.sender]++ == 0) self->monitor(sender);
        asked.emplace(ticket, std::move(waiting));
        report();
        answer();
        schedule();
        return promise;
    }

    void cancel(const caf::actor_addr& sender, std::optional<std::uint64_t> id) {
        for (auto waiting = asked.begin(); waiting != asked.end();) {
            const auto place = waiting++;
            if (place->second.sender != sender || (id && place->second.id != *id)) continue;
            queue->cancel(place->first);
            place->second.promise.deliver(
                caf::make_error(caf::sec::runtime_error, std::string("forecast cancelled")));
            release(place);
        }
    }

    void run(std::uint64_t wait) {
        if (wait != waits) return;  // an older timer
        scheduled = false;
        try {
            queue->run_due(now_ns());
        } catch (...) {
            failures->keep(std::current_exception());
            const auto error =
                caf::make_error(caf::sec::runtime_error, std::string("the forecaster failed"));
            (void)queue->take_answers();
            while (!asked.empty()) {
                queue->cancel(asked.begin()->first);
                asked.begin()->second.promise.deliver(error);
                release(asked.begin());
            }
            return;
        }
        report();
        answer();
        schedule();
    }

    void report() const {
        if (probe) probe(queue->counts(), queue->waiting_rows());
    }

    void answer() {
        for (auto& answer : queue->take_answers()) {
            const auto found = asked.find(answer.ticket);
            if (found == asked.end()) continue;
            if (answer.outcome == model::RequestQueue::Outcome::expired) {
                found->second.promise.deliver(caf::make_error(caf::sec::request_timeout));
            } else {
                found->second.promise.deliver(
                    ForecastPtr(std::make_shared<const Forecast>(std::move(answer.forecast))));
            }
            release(found);
        }
    }

    // Lands behind all that is in the mailbox: one round takes it. A partial batch that may wait
    // longer sets a timer instead.
    void schedule() {
        const auto due = queue->wake_at_ns();
        if (!due) return;
        const std::int64_t left = *due > now_ns() ? *due - now_ns() : 0;
        if (left == 0) {
            if (scheduled) return;
            scheduled = true;
            self->send(self, run_round{++waits});
        } else if (!scheduled) {
            self->delayed_send(self, std::chrono::nanoseconds(left), run_round{++waits});
        }
    }

    using Asked = std::map<std::uint64_t, Waiting>;
    void release(Asked::iterator waiting) {
        const auto sender = waiting->second.sender;
        asked.erase(waiting);
        const auto watch = watched.find(sender);
        if (watch == watched.end() || --watch->second > 0) return;
        watched.erase(watch);
        self->demonitor(sender);
    }

    InferenceImpl::pointer self;
    std::unique_ptr<model::Forecaster> forecaster;
    std::shared_ptr<model::ForecastCache> cache;
    std::unique_ptr<model::RequestQueue> queue;
    InferenceProbe probe;
    FailureBoxPtr failures;
    Asked asked;                                     // by ticket
    std::map<caf::actor_addr, std::size_t> watched;  // senders, by their waiting requests
    std::uint64_t tickets = 0;
    std::uint64_t waits = 0;
    bool scheduled = false;
};

using ForecasterBox = std::shared_ptr<std::unique_ptr<model::Forecaster>>;

InferenceImpl::behavior_type inference(InferenceImpl::stateful_pointer<InferenceState> self,
                                       const ForecasterBox& forecaster, InferenceOptions options,
                                       const FailureBoxPtr& failures) {
    prepare(self, failures);
    self->set_down_handler([self](caf::down_msg& down) {
        auto& state = self->state;
        state.watched.erase(down.source);
        state.cancel(down.source, std::nullopt);
    });
    auto& state = self->state;
    state.forecaster = std::move(*forecaster);
    state.cache = std::move(options.cache);
    state.queue =
        std::make_unique<model::RequestQueue>(*state.forecaster, options.queue, state.cache.get());
    state.probe = std::move(options.probe);
    state.failures = failures;
    return {
        [self](const ForecastRequestPtr& request) { return self->state.take(request); },
        [self](const CancelForecast& cancelled) {
            self->state.cancel(caf::actor_cast<caf::actor_addr>(self->current_sender()),
                               cancelled.id);
        },
        [self](const run_round& round) { self->state.run(round.wait); },
    };
}

}  // namespace

InferenceActor spawn_inference(caf::actor_system& system,
                               std::unique_ptr<model::Forecaster> forecaster,
                               InferenceOptions options, FailureBoxPtr failures) {
    auto box = std::make_shared<std::unique_ptr<model::Forecaster>>(std::move(forecaster));
    const bool own_thread = options.own_thread;
    if (own_thread) {
        return system.spawn<caf::detached>(inference, box, std::move(options), std::move(failures));
    }
    return system.spawn(inference, box, std::move(options), std::move(failures));
}

}  // namespace tradewind::actors

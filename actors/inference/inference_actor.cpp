#include "actors/inference/inference_actor.hpp"

#include <caf/all.hpp>
#include <deque>
#include <utility>
#include <vector>

namespace tradewind::actors {
namespace {

struct run_batch {};

using InferenceImpl = InferenceActor::extend<caf::reacts_to<run_batch>>;

struct InferenceState {
    static inline const char* name = "tradewind.inference";

    explicit InferenceState(InferenceImpl::pointer pointer) : self(pointer) {}
    ~InferenceState() {
        for (auto& waiting : queue) {
            waiting.promise.deliver(caf::make_error(caf::sec::request_receiver_down));
        }
    }

    struct Waiting {
        ForecastRequestPtr request;
        caf::typed_response_promise<ForecastPtr> promise;
    };

    void run() {
        scheduled = false;
        std::vector<Waiting> batch;
        while (!queue.empty() && batch.size() < options.maximum_batch) {
            batch.push_back(std::move(queue.front()));
            queue.pop_front();
        }
        schedule();
        std::vector<ForecastRequest> requests;
        for (const auto& waiting : batch) requests.push_back(*waiting.request);
        try {
            auto answers = forecaster->forecast(requests);
            for (std::size_t i = 0; i < batch.size(); ++i) {
                batch[i].promise.deliver(
                    ForecastPtr(std::make_shared<const Forecast>(std::move(answers.at(i)))));
            }
        } catch (...) {
            failures->keep(std::current_exception());
            const auto error =
                caf::make_error(caf::sec::runtime_error, std::string("the forecaster failed"));
            for (auto& waiting : batch) waiting.promise.deliver(error);
        }
    }

    void schedule() {
        if (scheduled || queue.empty()) return;
        scheduled = true;
        self->send(self, run_batch{});  // lands behind all that is queued: one batch takes it
    }

    InferenceImpl::pointer self;
    std::unique_ptr<model::Forecaster> forecaster;
    InferenceOptions options;
    FailureBoxPtr failures;
    std::deque<Waiting> queue;
    bool scheduled = false;
};

using ForecasterBox = std::shared_ptr<std::unique_ptr<model::Forecaster>>;

InferenceImpl::behavior_type inference(InferenceImpl::stateful_pointer<InferenceState> self,
                                       const ForecasterBox& forecaster, InferenceOptions options,
                                       const FailureBoxPtr& failures) {
    prepare(self, failures);
    self->state.forecaster = std::move(*forecaster);
    self->state.options = options;
    self->state.failures = failures;
    return {
        [self](const ForecastRequestPtr& request) -> caf::result<ForecastPtr> {
            auto& state = self->state;
            if (state.queue.size() >= state.options.maximum_queued) {
                return caf::make_error(caf::sec::runtime_error,
                                       std::string("forecast queue is full"));
            }
            auto promise = self->make_response_promise<ForecastPtr>();
            state.queue.push_back({request, promise});
            state.schedule();
            return promise;
        },
        [self](run_batch) { self->state.run(); },
    };
}

}  // namespace

InferenceActor spawn_inference(caf::actor_system& system,
                               std::unique_ptr<model::Forecaster> forecaster,
                               InferenceOptions options, FailureBoxPtr failures) {
    auto box = std::make_shared<std::unique_ptr<model::Forecaster>>(std::move(forecaster));
    if (options.own_thread) {
        return system.spawn<caf::detached>(inference, box, options, std::move(failures));
    }
    return system.spawn(inference, box, options, std::move(failures));
}

}  // namespace tradewind::actors

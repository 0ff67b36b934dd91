// The inference owner: the one actor of a process that holds the forecaster, and with it the
// device, the queue of requests and the forecast cache.
//
// Runs on its own thread. Between two messages it runs one round of batches, so that a request, a
// cancellation or an exit waits for at most one batch. By default a batch is whatever was queued
// when the last one ended: no timer, no idle cost, and the device's own run time is the time in
// which the next batch forms; a wait can be asked for. Answers are functions of their request alone
// (model/request_queue.hpp): steady time decides when a row runs and whether a deadline is kept,
// never bytes, and requests of a replay have no deadline.
//
// A request whose sender ends is forgotten. Errors: a full queue refuses at once with runtime_error
// and a reason, a deadline that passes is request_timeout, a cancelled request is runtime_error.
// Source: architecture 3 and 4.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>
#include <memory>

#include "actors/inference/inference_probe.hpp"
#include "actors/system/actor_system.hpp"
#include "messages/forecast.hpp"
#include "model/forecast_cache.hpp"
#include "model/forecaster.hpp"
#include "model/request_queue.hpp"

namespace tradewind::actors {

using ForecastRequestPtr = std::shared_ptr<const ForecastRequest>;
using ForecastPtr = std::shared_ptr<const Forecast>;

// Forgets the sender's own waiting requests of this id. Nothing waits under it: nothing happens.
struct CancelForecast {
    std::uint64_t id = 0;
};

// One answer per request; a refused request is answered too (Forecast::refusal).
using InferenceActor = caf::typed_actor<caf::replies_to<ForecastRequestPtr>::with<ForecastPtr>,
                                        caf::reacts_to<CancelForecast>>;

struct InferenceOptions {
    model::RequestQueueOptions queue;             // beyond its bounds: refused with an error
    bool own_thread = true;                       // false in deterministic tests
    std::shared_ptr<model::ForecastCache> cache;  // owned by the actor from here on; null: none
    InferenceProbe probe;
};

InferenceActor spawn_inference(caf::actor_system& system,
                               std::unique_ptr<model::Forecaster> forecaster,
                               InferenceOptions options, FailureBoxPtr failures);

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ForecastRequestPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ForecastPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::CancelForecast)

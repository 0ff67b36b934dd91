// The inference owner: the one actor that holds the forecaster (and with it the device).
//
// Runs on its own thread. A batch is whatever was queued when the last one ended: no timer, no idle
// cost, and the device's own run time is the time in which the next batch forms. Answers are
// functions of their request alone (model/forecaster.hpp). A full queue refuses with an error at
// once. Source: architecture 3 and 4.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <memory>

#include "actors/system/actor_system.hpp"
#include "messages/forecast.hpp"
#include "model/forecaster.hpp"

namespace tradewind::actors {

using ForecastRequestPtr = std::shared_ptr<const ForecastRequest>;
using ForecastPtr = std::shared_ptr<const Forecast>;

// One answer per request; a refused request is answered too (Forecast::refusal).
using InferenceActor = caf::typed_actor<caf::replies_to<ForecastRequestPtr>::with<ForecastPtr>>;

struct InferenceOptions {
    std::size_t maximum_queued = 4096;  // requests; beyond: refused with an error
    std::size_t maximum_batch = 256;    // requests handed to the forecaster at once
    bool own_thread = true;             // false in deterministic tests
};

InferenceActor spawn_inference(caf::actor_system& system,
                               std::unique_ptr<model::Forecaster> forecaster,
                               InferenceOptions options, FailureBoxPtr failures);

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ForecastRequestPtr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::ForecastPtr)

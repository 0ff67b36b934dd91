// One analysis shard as an actor: asks inference for what its cache lacks, then computes the row.
#pragma once

#include <memory>

#include "actors/analysis/analysis_stage.hpp"
#include "actors/inference/inference_actor.hpp"
#include "actors/system/actor_system.hpp"

namespace tradewind::actors {

// The row of one symbol at one pass. Tasks of different symbols may overlap.
using AnalysisActor = caf::typed_actor<caf::replies_to<AnalysisTask>::with<AnalysisReply>>;

AnalysisActor spawn_analysis(caf::actor_system& system, std::shared_ptr<AnalysisStage> stage,
                             InferenceActor inference, FailureBoxPtr failures);

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::AnalysisTask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::AnalysisReply)

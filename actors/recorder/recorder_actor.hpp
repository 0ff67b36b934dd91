// The recorder: writes every step's inputs to disk before the sequencer releases the step.
//
// On its own thread, because it waits for the disk. A failure of the disk goes to the box and to
// the requester as an error: a step that is not recorded is not released. On exit what was appended
// is committed and the session is marked as complete. Source: architecture 3, 5 and 7.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/fwd.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "actors/step/step_data.hpp"
#include "actors/system/actor_system.hpp"
#include "market/catalog/recording.hpp"

namespace tradewind::actors {

struct RecordStep {
    StepInputsPtr inputs;
};
struct StepRecorded {
    std::uint64_t number = 0;
};
struct CommitRecording {};  // the recorder to itself, behind the steps that wait

using RecorderActor = caf::typed_actor<caf::replies_to<RecordStep>::with<StepRecorded>,
                                       caf::reacts_to<CommitRecording>>;

// When a step counts as recorded.
enum class RecordedWhen : std::uint8_t {
    appended,   // before its commit: a kill may lose steps that were already released
    committed,  // a kill loses no released step. One write without a disk flush per group of
                // steps that came together
};

struct RecorderOptions {
    RecordedWhen acknowledge = RecordedWhen::committed;
    std::uint32_t steps_per_commit = 256;  // at most; fewer where no more are waiting
    bool own_thread = true;                // false: on the pool (tests)
    // Given: hears, before the next step is acknowledged, that the recording cannot be written. It
    // ends there, complete up to its last commit, and later steps are not recorded. Not given: the
    // actor fails.
    std::function<void(const std::string& reason)> alarm;
    // Most bytes of steps to record, 0: no limit; the recording ends in order with the step that
    // reaches it, and `ended` hears of it.
    std::uint64_t maximum_bytes = 0;
    std::function<void(const std::string& reason)> ended;
};

// The writer belongs to the actor from here on.
RecorderActor spawn_recorder(caf::actor_system& system,
                             std::unique_ptr<market::RecordingWriter> writer,
                             FailureBoxPtr failures, RecorderOptions options = {});

}  // namespace tradewind::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::RecordStep)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::StepRecorded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(tradewind::actors::CommitRecording)

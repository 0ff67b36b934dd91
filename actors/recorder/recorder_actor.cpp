#include "actors/recorder/recorder_actor.hpp"

#include <caf/all.hpp>
#include <utility>
#include <vector>

#include "actors/recorder/step_codec.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {
namespace {

constexpr std::uint64_t kRowBytes = 96;  // of a recorded step beside its text: hash, numbers

struct RecorderState {
    static inline const char* name = "tradewind.recorder";

    explicit RecorderState(RecorderActor::pointer pointer) : self(pointer) {}
    // In order or not, what was taken is on disk; only an end in order is marked as complete.
    ~RecorderState() {
        try {
            if (failures && !failures->failed()) {
                written([&] { writer->close(); });
                acknowledge();
            }
        } catch (...) {
            failures->keep(std::current_exception());
        }
        const auto error = caf::make_error(caf::sec::runtime_error, std::string("not recorded"));
        for (auto& one : waiting) one.promise.deliver(error);
    }

    struct Waiting {
        std::uint64_t number = 0;
        caf::typed_response_promise<StepRecorded> promise;
    };

    // Runs a write; the disk's refusal ends the recording where somebody hears of it.
    template <class Write>
    void written(Write write) {
        if (!writer) return;
        try {
            write();
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::failed || !options.alarm) throw;
            options.alarm(error.what());
            writer.reset();
        }
    }

    caf::result<StepRecorded> record(const StepInputs& inputs) {
        written([&] { append(inputs); });
        if (!writer) {
            acknowledge();
            return StepRecorded{inputs.step.number};
        }
        caf::typed_response_promise<StepRecorded> promise;
        if (options.acknowledge == RecordedWhen::committed) {
            promise = self->make_response_promise<StepRecorded>();
            waiting.push_back({inputs.step.number, promise});
        }
        // Comes after the steps that wait already: one commit for all of them.
        if (!std::exchange(commit_due, true)) self->send(self, CommitRecording{});
        if (options.acknowledge == RecordedWhen::committed) return promise;
        return StepRecorded{inputs.step.number};
    }

    void append(const StepInputs& inputs) {
        if (writer->appended() - writer->committed() >= options.steps_per_commit) commit();
        if (!writer) return;
        const auto text = encode_step(inputs);
        writer->append(inputs.step.number, inputs.step.time, text);
        bytes += text.size() + kRowBytes;
        if (options.maximum_bytes == 0 || bytes < options.maximum_bytes) return;
        writer->close();
        if (options.ended) {
            options.ended("the recording " + writer->file().filename().string() +
                          " ends: recording.maximum_mib is reached");
        }
        writer.reset();
    }

    void commit() {
        written([&] { writer->commit(); });
        acknowledge();
    }
    void acknowledge() {
        for (auto& one : std::exchange(waiting, {})) {
            one.promise.deliver(StepRecorded{one.number});
        }
    }

    RecorderActor::pointer self;
    std::unique_ptr<market::RecordingWriter> writer;
    FailureBoxPtr failures;
    RecorderOptions options;
    std::vector<Waiting> waiting;
    std::uint64_t bytes = 0;  // of the texts so far
    bool commit_due = false;
};

RecorderActor::behavior_type recorder(
    RecorderActor::stateful_pointer<RecorderState> self,
    const std::shared_ptr<std::unique_ptr<market::RecordingWriter>>& writer,
    const FailureBoxPtr& failures, const RecorderOptions& options) {
    prepare(self, failures);
    auto* state = &self->state;
    state->writer = std::move(*writer);
    state->failures = failures;
    state->options = options;
    return {
        [state, failures](const RecordStep& step) {
            return guarded<caf::result<StepRecorded>>(failures,
                                                      [&] { return state->record(*step.inputs); });
        },
        [state](CommitRecording) {
            state->commit_due = false;
            state->commit();
        },
    };
}

}  // namespace

RecorderActor spawn_recorder(caf::actor_system& system,
                             std::unique_ptr<market::RecordingWriter> writer,
                             FailureBoxPtr failures, RecorderOptions options) {
    // The framework copies spawn arguments: the writer travels in a shared box and is taken out.
    auto box = std::make_shared<std::unique_ptr<market::RecordingWriter>>(std::move(writer));
    if (options.own_thread) {
        return system.spawn<caf::detached>(recorder, box, std::move(failures), options);
    }
    return system.spawn(recorder, box, std::move(failures), options);
}

}  // namespace tradewind::actors

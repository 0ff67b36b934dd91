// The wiring of `replay --recording`: the steps of a recorded session through stages that are
// rebuilt as the session began, into a run folder. Equal recordings give byte-equal decisions,
// orders and fills, and the same as the session had.
//
// Use: open_recorded_session(), make the run folder (initial cash: session.cash), then
// run_recorded_replay(); the caller finishes the folder. Blocking; the caller's thread; no actors:
// steps run fused. Errors: Error data (no recording there, another forecaster than the recorded
// one), corrupt (damaged, with the step). Source: contract 2.1, architecture 5.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "actors/recorder/recorded_session.hpp"
#include "actors/wiring/replay.hpp"
#include "actors/wiring/session_stages.hpp"
#include "ledger/run_folder.hpp"
#include "market/catalog/recording.hpp"

namespace tradewind::actors {

struct OpenedRecording {
    market::RecordingReader reader;
    RecordedSession session;
};

// `path`: a folder of sessions (the newest, or `number`), or one session's file.
[[nodiscard]] OpenedRecording open_recorded_session(
    const std::filesystem::path& path, std::optional<std::uint32_t> number = std::nullopt);

// `progress` is called with steps done and steps in all.
ReplayOutcome run_recorded_replay(
    OpenedRecording recording, ledger::RunFolder& folder,
    const std::function<void(std::uint64_t done, std::uint64_t all)>& progress = {});

}  // namespace tradewind::actors

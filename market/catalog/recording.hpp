// The recording of one session on disk: what the sequencer released, step by step.
//
// A folder holds one file per daemon start, `session-NNNN.db` (SQLite, NNNN ascending from 0001):
//   meta     key, value: `schema`, `header` (opaque text of the recorder's owner), `head` (hash of
//            header and history), `end` (written by close(): number of steps and the last hash)
//   series   one row per series of bars that the session knew when it began
//   history  their bars; decimals and doubles as text, times in ns
//   steps    position (1, 2, ...), number, time_ns, payload (opaque text), hash
// hash = SHA-256 of (previous hash in hex | one line feed | number | one space | time in ns | one
// line feed | payload); the first step follows `head`. A byte that was changed anywhere in it is
// refused.
//
// The file appears under its name complete with header and history. Steps are group-committed:
// append() buffers, commit() hands them to the write-ahead log (synchronous=NORMAL), from where
// they survive a kill of the process at any instant; a power cut may take the newest commits, never
// the order of the rest. A session that ended without close() has no `end` and is read up to its
// last commit. A reader may read while the writer writes: it sees the commits before its opening.
//
// One thread per object; blocking file I/O. Errors: Error data (no recording there, newer schema),
// corrupt (damaged, with the step), failed (I/O, disk full). Source: architecture section 7.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/bar.hpp"
#include "messages/time.hpp"

namespace tradewind::market {

constexpr int kRecordingSchema = 1;

// The sessions of a folder, ascending. Error (data) where it cannot be listed.
[[nodiscard]] std::vector<std::uint32_t> recorded_sessions(const std::filesystem::path& folder);
[[nodiscard]] std::filesystem::path recording_file(const std::filesystem::path& folder,
                                                   std::uint32_t session);
// Removes the oldest sessions until those that stay take at most `most_bytes`; returns what stays.
// Nobody writes to the folder meanwhile. Error (failed) where a file cannot be removed.
std::uint64_t prune_recordings(const std::filesystem::path& folder, std::uint64_t most_bytes);

class RecordingWriter {
  public:
    // Begins the session after the folder's newest one; makes the folder where it is absent.
    RecordingWriter(const std::filesystem::path& folder, std::string_view header,
                    const std::vector<BarSeriesPtr>& history);
    // Without close(): drops what was not committed, as a kill would.
    ~RecordingWriter();
    RecordingWriter(RecordingWriter&&) noexcept;
    RecordingWriter& operator=(RecordingWriter&&) noexcept;

    void append(std::uint64_t number, Timestamp time, std::string_view payload);
    void commit();
    // Commits, marks the session as complete, leaves one file. Idempotent.
    void close();

    [[nodiscard]] std::uint64_t appended() const;
    [[nodiscard]] std::uint64_t committed() const;
    [[nodiscard]] std::uint32_t session() const;
    [[nodiscard]] const std::filesystem::path& file() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

struct RecordedStep {
    std::uint64_t position = 0;  // from 1, without gaps
    std::uint64_t number = 0;
    Timestamp time;
    std::string payload;
};

class RecordingReader {
  public:
    // `path`: a folder (its newest session, or `session`), or one file. The file's pages, header
    // and history are checked here, each step as it is read.
    explicit RecordingReader(const std::filesystem::path& path,
                             std::optional<std::uint32_t> session = std::nullopt);
    ~RecordingReader();
    RecordingReader(RecordingReader&&) noexcept;
    RecordingReader& operator=(RecordingReader&&) noexcept;

    [[nodiscard]] const std::string& header() const;
    [[nodiscard]] const std::vector<BarSeriesPtr>& history() const;  // in the writer's order
    [[nodiscard]] std::uint64_t steps() const;                       // all that the file holds
    [[nodiscard]] bool complete() const;                             // the session ended by close()
    [[nodiscard]] const std::filesystem::path& file() const;

    // The next step; false after the last one (whose number the `end` of a complete session must
    // confirm).
    bool next(RecordedStep& step);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tradewind::market

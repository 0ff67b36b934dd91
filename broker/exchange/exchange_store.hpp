// The durable side of the embedded exchange: one folder with a snapshot of its state and a journal
// of what was accepted since. Knows text only, not what it means.
//
// A record is one line, `CRC32 TEXT\n`. An appended record is on disk when append(…, true)
// returns. The process may be killed at any instant: a torn last line was never acknowledged and is
// cut off; a broken line before the last one is corruption. A new snapshot names a new journal and
// appears by one rename, so that snapshot and journal always belong together. One owner, one
// thread; a second process is kept out by a lock. Source: architecture 3 and 8.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::broker {

class ExchangeStore {
  public:
    // Makes the folder where it is missing and takes its lock. Throws Error: usage (the folder
    // cannot be used), locked (another process has it).
    explicit ExchangeStore(std::filesystem::path folder);
    // Closes the files; writes nothing, so that a drop and a kill are the same.
    ~ExchangeStore();
    ExchangeStore(const ExchangeStore&) = delete;
    ExchangeStore& operator=(const ExchangeStore&) = delete;

    struct Contents {
        std::string snapshot;
        std::vector<std::string> records;  // accepted after it, oldest first
    };
    // Empty: a new store. Throws Error (corrupt) with the place; nothing is changed then.
    [[nodiscard]] std::optional<Contents> open();

    // Before the first append: replace() or a successful open(). `text` holds no line end. Throws
    // Error (failed) when the disk does not take it; the journal is then as before.
    void append(std::string_view text, bool sync);
    // What was appended without it is on disk when this returns. Throws as append does.
    void sync();
    // Starts over from `snapshot` with an empty journal. Throws as append does.
    void replace(std::string_view snapshot);

    [[nodiscard]] std::uint64_t journal_bytes() const { return journal_bytes_; }

  private:
    [[nodiscard]] std::filesystem::path journal_path(std::uint64_t generation) const;
    std::vector<std::string> read_journal();
    void open_journal();

    std::filesystem::path folder_;
    int lock_ = -1;
    int journal_ = -1;
    std::uint64_t generation_ = 0;
    std::uint64_t journal_bytes_ = 0;
};

// The text of one journal line, and back; empty: damaged.
[[nodiscard]] std::string journal_line(std::string_view text);
[[nodiscard]] std::optional<std::string_view> checked_text(std::string_view line);

}  // namespace tradewind::broker

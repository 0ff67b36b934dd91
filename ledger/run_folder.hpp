// The writer of a run folder: the files of a replay's --out, complete or not at all.
//
// The constructor checks the output path (Error usage before any work is done) and makes a sibling
// temporary folder; finish() writes the rest, hashes, syncs and renames it into place; without
// finish() nothing appears. Equity rows are the hot path: formatted into one buffer, hashed and
// written a MiB at a time. Not synchronised: one thread. Source: contract section 4.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ledger/event_store.hpp"
#include "ledger/run_rows.hpp"
#include "ledger/statistics.hpp"

namespace tradewind::ledger {

struct RunFolderOptions {
    bool overwrite = false;  // replace an existing folder of plain files
    Money initial_cash;
    bool any_non_crypto = true;
    bool report = true;  // write report.html too
    bool sync = true;  // wait until the disk has the files, so that a power loss leaves all or none
};

struct SettingEntry {
    std::string key;
    std::string value;
    std::string source;
};

struct DataFileEntry {
    std::string path;
    std::string sha256;
    std::int64_t rows = 0;
    std::int64_t suspect_rows = 0;
    std::int64_t skipped_rows = 0;
};

// What only the caller knows of run.json.
struct RunInfo {
    std::string version;
    std::string commit;
    std::vector<std::string> command;
    std::string strategy;
    std::vector<SettingEntry> settings;
    std::vector<DataFileEntry> data;
    std::string model_id;
    std::uint64_t seed = 0;
    Timestamp wall_start;
    Timestamp wall_end;
    double load_seconds = 0;
    double engine_seconds = 0;
    std::map<std::string, std::int64_t> counts;  // bars, symbols, ...
    std::vector<std::string> notes;              // suspect rows, refused symbols, ...
    std::vector<BenchmarkLeg> benchmark;
};

struct RunResult {
    Statistics statistics;
    Money cash;
    Money equity;
    std::map<std::string, std::string> hashes;  // file -> SHA-256
};

class RunFolder {
  public:
    RunFolder(const std::filesystem::path& out, const RunFolderOptions& options);
    ~RunFolder();  // removes the temporary folder unless finished
    RunFolder(RunFolder&&) noexcept;
    RunFolder& operator=(RunFolder&&) noexcept;

    // Where files appear until finish(): the event store is opened here (buffered) by the caller or
    // by open_store(); a log file may be written here as log.jsonl and must be closed before
    // finish().
    [[nodiscard]] const std::filesystem::path& working_path() const;
    // The run's store, owned by the folder. Opened at the first call.
    [[nodiscard]] EventStore& store();

    // Rows ascend strictly in time (InvariantBroken otherwise).
    void add(const EquityRow& row);
    void add(std::span<const EquityRow> rows);
    // Any order: sorted by (time, symbol, order of arrival) at the end.
    void add(PositionRow row);
    void add(ForecastRecord row);

    // Orders, fills, trades and decisions are taken from the store. Orders that are still open are
    // written as `expired`, reason `end_of_data`, closed at the time of the last equity row.
    // Returns what the caller prints.
    RunResult finish(const RunInfo& info);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace tradewind::ledger

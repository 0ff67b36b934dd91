// The finished trials of a sweep, one JSON line each in `trials.jsonl` of its folder, written and
// synced as they end: a sweep that was interrupted goes on where it stopped.
//
// The folder belongs to one plan (`sweep.json`: options, data hashes, axes, trials); another plan
// is refused. A last line that a kill cut short is dropped. Any thread may add(); the rest is one
// thread's. Errors: Error (usage) for a folder of another plan or of other files, Error (data) for
// lines that are no trials, Error (failed) when the disk refuses.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "messages/money.hpp"

namespace tradewind::tools {

struct Trial {
    std::size_t number = 0;  // position in the plan, from 0
    double total_return = 0;
    std::optional<double> sharpe;  // annual
    double max_drawdown = 0;
    std::int64_t orders = 0;
    std::int64_t fills = 0;
    std::int64_t trades = 0;
    Money fees;
    Money final_equity;
    std::vector<double> daily_returns;
};

class TrialJournal {
  public:
    // `plan`: canonical text of what is swept. Makes the folder, or goes on with it.
    TrialJournal(std::filesystem::path folder, const std::string& plan);
    ~TrialJournal();
    TrialJournal(const TrialJournal&) = delete;
    TrialJournal& operator=(const TrialJournal&) = delete;

    [[nodiscard]] bool has(std::size_t number) const { return trials_.contains(number); }
    void add(Trial trial);
    // By number.
    [[nodiscard]] const std::map<std::size_t, Trial>& trials() const { return trials_; }

  private:
    void read_lines();

    std::filesystem::path folder_;
    std::map<std::size_t, Trial> trials_;
    std::mutex mutex_;
    int file_ = -1;
};

}  // namespace tradewind::tools

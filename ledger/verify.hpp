// Checks of a finished run folder or of a state folder. Nothing is changed. The first difference is
// an Error corrupt (exit code 5) that names the file, and the row where there is one. Any thread.
// Source: contract section 4 and 6.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tradewind::ledger {

struct VerifyResult {
    bool run_folder = false;
    std::uint64_t events = 0;
    std::uint64_t orders = 0;
    std::uint64_t fills = 0;
    std::uint64_t equity_rows = 0;
    std::vector<std::string> checks;  // what was compared, one line each
};

// Decides by SHA256SUMS: a run folder has it. Error usage when the folder is neither.
[[nodiscard]] VerifyResult verify_folder(const std::filesystem::path& folder);

// SHA256SUMS byte for byte, missing and extra files, the store (chain, derived tables), and
// fills -> cash -> equity recomputed from the CSV files.
[[nodiscard]] VerifyResult verify_run_folder(const std::filesystem::path& folder);

// The store of a state folder, also while a daemon runs (a consistent reading is taken).
[[nodiscard]] VerifyResult verify_state_folder(const std::filesystem::path& folder);

}  // namespace tradewind::ledger

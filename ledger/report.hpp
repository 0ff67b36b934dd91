// The HTML page of a run: one file, no external reference, readable offline in light and dark.
// Built from the files of a run folder. Any thread. Errors: Error usage (no run folder, output not
// writable), Error corrupt (files that do not parse).
#pragma once

#include <filesystem>
#include <string>

namespace tradewind::ledger {

// The page as text.
[[nodiscard]] std::string render_report(const std::filesystem::path& run_folder);

// Writes the page to `out` (default: RUN/report.html) and returns the path. A page inside the run
// folder gets its line in SHA256SUMS, so that `verify` goes on to accept the folder; no other line
// of that file is touched.
std::filesystem::path write_report(const std::filesystem::path& run_folder,
                                   const std::filesystem::path& out = {});

}  // namespace tradewind::ledger

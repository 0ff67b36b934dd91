// The bars that a recorded session saw, as series: what `export` makes of a recording.
//
// Minute (or longer) bars that closed during the session, by symbol; late ones take their place in
// time. The daily history that the session began with is not among them: it came from the catalog
// or the exchange. Blocking file I/O; any thread. Errors: Error (data, corrupt) with the step.
// Source: contract 2 (export).
#pragma once

#include <filesystem>
#include <vector>

#include "messages/bar.hpp"

namespace tradewind::actors {

// `path`: a folder of sessions (the newest one), or one session's file. Ascending by symbol;
// symbols without a bar are left out.
[[nodiscard]] std::vector<BarSeriesPtr> recorded_bars(const std::filesystem::path& path);

}  // namespace tradewind::actors

// The series that `model fit` and `model verify` work on: every file is read by itself, so that one
// symbol may come as daily, hourly and minute bars. Bad rows are left out, not refused.
//
// Errors: Error as market::read_catalog throws. Blocking; any thread. Source: training recipe 1.
#pragma once

#include <string>
#include <vector>

#include "messages/bar.hpp"
#include "messages/symbol.hpp"

namespace tradewind::tools {

struct ModelSeries {
    BarSeriesPtr series;
    std::string path;    // of its file
    std::string sha256;  // of its file
};

// In the order of the paths, then of file names. `symbols` empty: all; `excluded` are left out. A
// wanted or excluded symbol that no path has throws Error (data).
[[nodiscard]] std::vector<ModelSeries> read_model_series(const std::vector<std::string>& paths,
                                                         const std::vector<Symbol>& symbols,
                                                         const std::vector<Symbol>& excluded);

}  // namespace tradewind::tools

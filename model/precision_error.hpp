// How far a checkpoint's forecasts in bf16 and f16 lie from those in float32: what BENCHMARKS.md
// shows for each model. Opens the network once per precision; blocks for the time of the forwards.
// Errors as open_network(). Source: forecast-models spec 5.5, 8.3.
#pragma once

#include <string>
#include <vector>

#include "model/network.hpp"

namespace tradewind::model {

// In units of the context's standard deviation (the patch scale), over all rows and steps.
struct PrecisionError {
    Precision precision = Precision::bf16;
    double median_mean = 0;  // of the median decile
    double median_worst = 0;
    double outer_mean = 0;  // of the deciles 0.1 and 0.9
    double outer_worst = 0;
};

// Forecasts `steps` points of seeded random walks with the checkpoint in `folder` on the CPU.
[[nodiscard]] std::vector<PrecisionError> measure_precision(const std::string& folder,
                                                            std::int64_t steps = 32);

// The rows of a Markdown table: `| model | precision | median mean | ... |`.
[[nodiscard]] std::string precision_table(const std::string& model,
                                          const std::vector<PrecisionError>& errors);

}  // namespace tradewind::model

// What stands behind `tradewind model warmup` and `tradewind model bench`: how fast a network is,
// against a plain LibTorch loop over the same weights and against the machine's matrix products.
//
// The measured side is the production path: requests of bars through the request queue. The plain
// loop gets prepared tensors and runs unfolded, unpruned tensor operations, at its best batch size.
// Both run interleaved and give medians. Blocking; any thread, one at a time. Times are reported
// and decide nothing. Errors: as open_forecaster(); failed when results differ from run to run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tradewind::model {

struct NetworkBenchOptions {
    std::string model;  // checkpoint folder; empty: random weights in the embedded model's shape
    unsigned threads =
        0;  // batches at once and LibTorch threads of the plain loop; 0: one per core
    int repeats = 5;
    std::size_t symbols = 30;          // of the pass
    std::size_t days_per_symbol = 77;  // four series each
};

struct BucketRate {
    std::size_t points = 0;
    std::size_t rows_per_batch = 0;
    double rows_per_second = 0;        // production, median; a row is a group of four series
    double gflops = 0;                 // of arithmetic that is done (after pruning)
    double plain_rows_per_second = 0;  // at its best batch size, median
    double plain_gflops = 0;
    std::size_t plain_batch = 0;
};

struct NetworkBenchReport {
    std::string producer;
    std::size_t threads = 1;
    double matrix_gflops = 0;  // of products in the network's own sizes, all threads together
    std::vector<BucketRate> buckets;
    std::size_t pass_forecasts = 0;   // series forecast in one pass
    double pass_seconds = 0;          // median of the pass through the request queue
    double plain_pass_seconds = 0;    // the same rows in the plain loop, median
    double pass_ratio = 0;            // median of the ratios of neighbouring runs
    double pass_processor_ratio = 0;  // the same of processor time, all threads
    std::size_t plain_batch = 0;      // rows
    bool bit_equal = false;           // rows alone, in another order: the same bytes
};

[[nodiscard]] NetworkBenchReport bench_network(const NetworkBenchOptions& options);
[[nodiscard]] std::string to_json(const NetworkBenchReport& report);
[[nodiscard]] std::string to_text(const NetworkBenchReport& report);

struct WarmupReport {
    std::string producer;
    double open_seconds = 0;
    double warmup_seconds = 0;
    double first_forecast_seconds = 0;  // of one row after it
    std::uint64_t resident_bytes = 0;
};

// Opens a model, warms it up and asks for one forecast.
[[nodiscard]] WarmupReport warm_up_model(const std::string& model, unsigned threads);
[[nodiscard]] std::string to_json(const WarmupReport& report);
[[nodiscard]] std::string to_text(const WarmupReport& report);

}  // namespace tradewind::model

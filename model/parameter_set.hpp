// Parameter sets: how a symbol is forecast (model, samples, aggregation, context), one versioned
// JSON file per symbol, checked when it is read and named in every forecast made with it.
//
//   {"version": 1, "symbol": "AAPL", "model": "toto1", "aggregation": "median",
//    "samples": 1024, "samples_per_batch": 16, "context_points": 512}
//
// Optional: "series" (close, high, low, open; absent: all), "pct_return_mae" (how well it did) and
// "note". Values; reading needs no lock. Errors: Error (data) naming file and key.
// Source: strategies spec 5.1, 5.3, 5.6.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/sample_aggregation.hpp"

namespace tradewind::model {

// The version of the file format that this program reads and writes.
constexpr std::int64_t kParameterSetVersion = 1;
// Stored sets reach from 48 to 4096 samples and from 16 to 512 per batch.
constexpr std::int64_t kFewestSamples = 16;
constexpr std::int64_t kMostSamples = 4096;
constexpr std::int64_t kFewestPerBatch = 16;
constexpr std::int64_t kMostPerBatch = 512;

struct ParameterSet {
    std::string symbol;
    std::string series;  // empty: all four
    std::string model;   // family or folder
    AggregationRule aggregation;
    std::int64_t samples = 3072;  // a multiple of samples_per_batch
    std::int64_t samples_per_batch = 384;
    std::int64_t context_points = 512;
    double pct_return_mae = 0;  // 0: not measured
    std::string note;

    // Symbol, version and the first digits of the SHA-256 of what decides a forecast; the error
    // and the note do not: `AAPL-v1-1f2e3d4c`.
    [[nodiscard]] std::string id() const;
    // The file's text; equal sets give equal bytes.
    [[nodiscard]] std::string to_json() const;
};

// Samples that no whole number of batches holds are rounded up to one that does.
[[nodiscard]] ParameterSet parse_parameter_set(const std::string& text, const std::string& where);
[[nodiscard]] ParameterSet read_parameter_set(const std::string& path);
// Writes beside `path`, then renames. Throws Error (usage) when the path cannot be written.
void write_parameter_set(const ParameterSet& set, const std::string& path);

// Every `*.json` of a folder, by symbol and series (`AAPL`, `AAPL/close`), whatever the files are
// called. A folder that is absent holds none; two files for one key are refused.
[[nodiscard]] std::map<std::string, ParameterSet> read_parameter_sets(const std::string& folder);

}  // namespace tradewind::model

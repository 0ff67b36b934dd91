// What stands behind `tradewind model info` and both forms of `tradewind model forecast`: library
// functions that take an option struct, so that the command line only parses and prints.
//
// Errors: tradewind::Error with the exit-code kind of the contract (usage, data, unavailable).
// Any thread; nothing is kept between calls. Source: contract 2.2.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "messages/bar.hpp"
#include "model/forecaster.hpp"

namespace tradewind::model {

// --- tradewind model info DIR|NAME -----------------------------------------------------------

// Everything about a checkpoint folder (or the built-in `ewma`) as a JSON object text: id, family,
// configuration, parameters, dtype and bytes of the weights, hash, metadata, tensors with shapes.
[[nodiscard]] std::string model_info_json(const std::string& model);
// The same for people, several lines.
[[nodiscard]] std::string model_info_text(const std::string& model);

// --- tradewind model forecast --input FILE ---------------------------------------------------

struct TensorForecastOptions {
    std::string model;  // checkpoint folder
    // safetensors: series, optional mask, group; Toto 2.0 known, known_mask, known_group; Toto 1.0
    // future_exogenous
    std::string input;
    // safetensors: levels, quantiles; Toto 1.0 mean and, when sampled, samples; metadata
    std::string output;
    std::int64_t horizon = 1;
    std::string device = "cpu";
    std::string precision;     // f32, bf16, f16; empty: the device's own (f32 on the CPU)
    std::int64_t batch = 0;    // rows per forward; 0: the bucket's own, or all with exact_shape
    bool exact_shape = false;  // the batch as it is, without bucket padding
    bool stages = false;       // adds `stage.NAME` tensors; implies exact_shape
    unsigned threads = 0;
    std::map<std::string, std::string> set;  // decode_block_size, ...; kv_cache, samples, seed, ...
    std::string version;                     // of the program, for the metadata
};

// Writes options.output and returns the metadata that went into it.
std::map<std::string, std::string> forecast_tensors(const TensorForecastOptions& options);

// --- tradewind model forecast --bars PATH... -------------------------------------------------

struct BarForecastOptions {
    ForecasterOptions forecaster;
    std::vector<BarSeriesPtr> series;  // as the catalog read them, wanted symbols only
    std::optional<Timestamp> from;     // first and last bar forecast, by their start, inclusive
    std::optional<Timestamp> to;
    std::uint32_t horizon = 1;
    std::string output;  // CSV
};

struct BarForecastSummary {
    std::string producer;
    std::uint64_t forecasts = 0;  // bars forecast
    std::uint64_t skipped = 0;    // bars in the range with too little history before them
};

// One row per bar in the range, series and step: `time,symbol,series,step,q10,...,q90`, in order of
// time, symbol, series, step. Throws Error (data) when no bar of the range can be forecast.
BarForecastSummary forecast_bars(const BarForecastOptions& options);

}  // namespace tradewind::model

// A checkpoint folder of given shape with random weights: what benchmarks and tests run where a
// trained file is not the point. Every tensor is drawn (biases and scales too, so that none hides a
// fault); equal arguments give equal files. Source: forecast-models spec 8.2, 9.
#pragma once

#include <cstdint>
#include <string>

namespace tradewind::model {

// The config.json of the embedded model: 1.15 million parameters, patches of 32 points.
[[nodiscard]] std::string embedded_shape_config();

// Writes config.json and model.safetensors into `directory`, which exists. Throws Error: data for a
// configuration that is not Toto 2.0's, usage when the folder cannot be written.
void write_random_toto2(const std::string& directory, const std::string& config,
                        std::uint64_t seed);

}  // namespace tradewind::model

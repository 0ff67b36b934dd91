// The parameters of the network that is trained, as one flat array: names, shapes and places,
// initial values, learning rates, and how they become a checkpoint folder. Pure but for the last;
// any thread. Source: training recipe 4.5, forecast-models spec 2.1 to 2.3 and 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/toto2_config.hpp"

namespace tradewind::model {

// Width 128, two heads of 64, four layers in one group, patch 32: 1,151,048 parameters.
[[nodiscard]] Toto2Config embedded_config();

// The text of config.json, keys in order. `config` must be one that the trainer can train: no norm
// gains, no qk_norm, one key per query head, per-dimension scales; else Error (usage).
[[nodiscard]] std::string config_text(const Toto2Config& config);

struct Parameter {
    std::string name;
    Shape shape;
    std::size_t first = 0;  // place of its values in the flat array
    std::size_t count = 0;
    double rate = 1;  // of the learning rate: 1 / sqrt(fan in) of matrices, and depth
};

class ParameterTable {
  public:
    explicit ParameterTable(const Toto2Config& config);

    [[nodiscard]] const std::vector<Parameter>& trained() const { return trained_; }  // by name
    [[nodiscard]] const Parameter& at(const std::string& name) const;
    [[nodiscard]] std::size_t count() const { return count_; }

    // Weights of the two residual connections of a layer; fixed, not in the flat array.
    [[nodiscard]] double attention_tau(std::int64_t layer) const { return taus_.at(2 * layer); }
    [[nodiscard]] double mlp_tau(std::int64_t layer) const { return taus_.at(2 * layer + 1); }

    // Matrices N(0, 1), the rest 0; a function of the seed.
    [[nodiscard]] std::vector<float> initial_values(std::uint64_t seed) const;

    // Writes config.json and model.safetensors (F16, taus F32) into the folder, each file complete
    // or not at all. Returns the SHA-256 of the weights file. Throws Error (usage) when it cannot
    // write, Error (failed) when a value does not fit F16.
    std::string write_checkpoint(const std::string& directory, std::span<const float> values,
                                 const std::map<std::string, std::string>& metadata) const;

  private:
    Toto2Config config_;
    std::vector<Parameter> trained_;
    std::size_t count_ = 0;
    std::vector<double> taus_;
};

// IEEE half precision, rounded to nearest even; overflow becomes infinity.
[[nodiscard]] std::uint16_t to_half(float value);

}  // namespace tradewind::model

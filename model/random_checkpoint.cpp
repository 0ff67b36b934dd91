#include "model/random_checkpoint.hpp"

#include <cmath>
#include <fstream>
#include <span>
#include <vector>

#include "messages/counter_random.hpp"
#include "messages/error.hpp"
#include "model/safetensors.hpp"
#include "model/toto2_config.hpp"

namespace tradewind::model {

namespace {

constexpr std::uint32_t kWeights = 1;  // purpose of the draws

// Mean and deviation of a tensor's values: near those of a trained file of unit-scaled weights.
struct Spread {
    double mean = 0;
    double deviation = 1;
};

Spread spread_of(const std::string& name, const Shape& shape) {
    if (name.ends_with("attn_tau")) return {0.45, 0.05};
    if (name.ends_with("mlp_tau")) return {0.08, 0.01};
    if (name.ends_with("norm.weight") || name.ends_with("norm1.weight") ||
        name.ends_with("norm2.weight")) {
        return {1, 0.3};
    }
    const bool readout = name.starts_with("output_head") && !name.ends_with("linear1.weight");
    if (readout && shape.size() == 2) {
        return {0, 0.5 * std::sqrt(static_cast<double>(shape[1]))};
    }
    return {0, shape.size() == 2 ? 1.0 : 0.3};
}

}  // namespace

std::string embedded_shape_config() {
    return R"({
  "attn_bias": true,
  "d_ff": 344,
  "d_model": 128,
  "dropout_p": 0.0,
  "heads_per_group": 1,
  "layer_group_size": 4,
  "mlp_bias": false,
  "norm_eps": 0.0001,
  "norm_include_weight": false,
  "num_groups": 2,
  "num_heads": 2,
  "num_layers": 4,
  "num_output_patches": 1,
  "num_variate_layers_per_group": 1,
  "patch_size": 32,
  "per_dim_scale": true,
  "pre_norm": true,
  "qk_dim": 64,
  "qk_norm": false,
  "qk_norm_include_weight": false,
  "residual_attn_ratio": 5.136215466577748,
  "residual_mult": 0.75,
  "use_xpos": true,
  "v_dim": 64,
  "variate_layer_first": false
}
)";
}

void write_random_toto2(const std::string& directory, const std::string& config,
                        std::uint64_t seed) {
    const Toto2Config parsed = parse_toto2_config(config, directory + "/config.json");
    std::ofstream file(directory + "/config.json", std::ios::binary);
    file << config;
    file.close();
    if (!file) {
        throw Error(ErrorKind::usage, "cannot write file", directory + "/config.json",
                    "the folder is missing or full", "choose another folder");
    }
    SafeTensorsWriter writer;
    for (const auto& [name, shape] : toto2_tensors(parsed)) {
        const CounterRandom random(seed, name);
        const Spread spread = spread_of(name, shape);
        std::vector<float> values(static_cast<std::size_t>(value_count(shape)));
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = static_cast<float>(spread.mean +
                                           spread.deviation * random.normal(kWeights, Date{}, i));
        }
        writer.add(name, shape, std::span<const float>(values));
    }
    writer.write(directory + "/model.safetensors");
}

}  // namespace tradewind::model

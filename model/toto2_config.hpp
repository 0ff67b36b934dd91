// The configuration of a Toto 2.0 checkpoint: the 25 keys of its config.json, checked, and the
// names and shapes of the tensors that follow from them. Values; pure functions; any thread.
// Source: forecast-models spec 2.1 and 2.2.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/safetensors.hpp"

namespace tradewind::model {

constexpr std::int64_t kToto2Quantiles = 9;

struct Toto2Config {
    std::int64_t d_model = 0;
    std::int64_t num_heads = 0;   // query heads
    std::int64_t num_groups = 0;  // key/value heads
    std::int64_t heads_per_group = 0;
    std::int64_t qk_dim = 0;
    std::int64_t v_dim = 0;
    std::int64_t num_layers = 0;
    std::int64_t layer_group_size = 0;
    std::int64_t num_variate_layers_per_group = 0;
    bool variate_layer_first = false;
    std::int64_t d_ff = 0;
    std::int64_t patch_size = 0;
    double norm_eps = 5e-5;
    bool norm_include_weight = false;
    bool qk_norm = true;
    bool qk_norm_include_weight = false;
    bool per_dim_scale = false;
    bool use_xpos = false;
    bool attn_bias = false;
    bool mlp_bias = false;

    [[nodiscard]] bool is_variate_layer(std::int64_t layer) const {
        const std::int64_t place = layer % layer_group_size;
        return variate_layer_first ? place < num_variate_layers_per_group
                                   : place >= layer_group_size - num_variate_layers_per_group;
    }
};

// Reads the text of a config.json; `where` names it in errors. Throws Error (data): not JSON, a key
// missing without a default, unknown, of a wrong type or out of range, an unsupported combination.
[[nodiscard]] Toto2Config parse_toto2_config(const std::string& text, const std::string& where);

// Every tensor the configuration asks for, with its shape.
[[nodiscard]] std::map<std::string, Shape> toto2_tensors(const Toto2Config& config);

}  // namespace tradewind::model

// The configuration of a Toto 1.0 checkpoint: the keys of its config.json, checked, and the names
// and shapes of the tensors that follow from them. Values; pure functions; any thread.
// Source: forecast-models spec 1.1 and 1.2.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/safetensors.hpp"

namespace tradewind::model {

struct Toto1Config {
    std::int64_t patch_size = 0;
    std::int64_t embed_dim = 0;
    std::int64_t num_layers = 0;
    std::int64_t num_heads = 0;
    std::int64_t mlp_hidden_dim = 0;
    std::int64_t spacewise_every_n_layers = -1;  // -1: never
    bool spacewise_first = true;
    bool stabilize_with_global = true;
    double scale_factor_exponent = 10;
    std::int64_t k_components = 0;          // of the mixture of Student t distributions
    std::vector<std::string> unknown_keys;  // kept and warned about

    [[nodiscard]] std::int64_t head_width() const { return embed_dim / num_heads; }
    [[nodiscard]] bool is_variate_layer(std::int64_t layer) const {
        const std::int64_t every = spacewise_every_n_layers;
        return every > 0 && layer % every == (spacewise_first ? 0 : every - 1);
    }
};

// Reads the text of a config.json; `where` names it in errors. Throws Error (data): not JSON, a key
// missing without a default, of a wrong type or out of range, another scaler or output
// distribution, another format version. Unknown keys are kept in `unknown_keys`.
[[nodiscard]] Toto1Config parse_toto1_config(const std::string& text, const std::string& where);

// Every tensor the configuration asks for, with its shape, by its plain name; with the two variate
// labels of a fine-tuned checkpoint when `labels`.
[[nodiscard]] std::map<std::string, Shape> toto1_tensors(const Toto1Config& config, bool labels);

constexpr const char* kToto1TargetLabel = "model.target_variate_label";
constexpr const char* kToto1ExogenousLabel = "model.exogenous_variate_label";

// The plain name of a tensor that may be stored under its alias of the fused gated MLP
// (`mlp.0.w12`, `mlp.0.w3`); empty: a tensor that is recomputed and ignored.
[[nodiscard]] std::string toto1_plain_name(const std::string& name);

}  // namespace tradewind::model

#include "model/toto2_config.hpp"

#include "model/config_reader.hpp"

namespace tradewind::model {

namespace {

void check_combination(const Toto2Config& config, const ConfigReader& reader) {
    if (config.num_heads != config.num_groups * config.heads_per_group) {
        reader.refuse("num_heads", "is not num_groups x heads_per_group");
    }
    // Half of the channels rotate, in pairs.
    if (config.qk_dim % 4 != 0) reader.refuse("qk_dim", "is not a multiple of 4");
    if (config.num_variate_layers_per_group > config.layer_group_size) {
        reader.refuse("num_variate_layers_per_group", "exceeds layer_group_size");
    }
    if (config.num_layers > 4096) reader.refuse("num_layers", "is too large");
    if (config.patch_size > 4096) reader.refuse("patch_size", "is too large");
    if (config.norm_eps <= 0) reader.refuse("norm_eps", "is not positive");
}

}  // namespace

Toto2Config parse_toto2_config(const std::string& text, const std::string& where) {
    const nlohmann::json json = parse_config_object(text, where);
    ConfigReader reader(json, where);
    Toto2Config config;
    config.d_model = reader.dimension("d_model");
    config.num_heads = reader.dimension("num_heads");
    config.num_groups = reader.dimension("num_groups");
    config.heads_per_group = reader.dimension("heads_per_group");
    config.qk_dim = reader.dimension("qk_dim");
    config.v_dim = reader.dimension("v_dim");
    config.num_layers = reader.dimension("num_layers");
    config.layer_group_size = reader.dimension("layer_group_size");
    config.num_variate_layers_per_group = reader.dimension("num_variate_layers_per_group", 0);
    config.variate_layer_first = reader.flag_or("variate_layer_first", false);
    config.d_ff = reader.dimension_or("d_ff", 8 * ((8 * config.d_model / 3 + 7) / 8));
    config.patch_size = reader.dimension("patch_size");
    if (reader.dimension_or("num_output_patches", 1) != 1) {
        reader.refuse("num_output_patches", "is not 1");
    }
    config.norm_eps = reader.number_or("norm_eps", 5e-5);
    config.norm_include_weight = reader.flag_or("norm_include_weight", false);
    if (!reader.flag_or("pre_norm", true)) reader.refuse("pre_norm", "is not true");
    config.qk_norm = reader.flag_or("qk_norm", true);
    config.qk_norm_include_weight = reader.flag_or("qk_norm_include_weight", false);
    config.per_dim_scale = reader.flag_or("per_dim_scale", false);
    config.use_xpos = reader.flag_or("use_xpos", false);
    config.attn_bias = reader.flag_or("attn_bias", false);
    config.mlp_bias = reader.flag_or("mlp_bias", false);
    // Both only initialise the residual weights, which are stored; read to be checked.
    reader.number_or("residual_mult", 1.0);
    reader.number("residual_attn_ratio");
    if (reader.number_or("dropout_p", 0.0) != 0.0) reader.refuse("dropout_p", "is not 0");
    for (const std::string& key : reader.unknown()) {
        reader.refuse(key, "is not known for Toto 2.0");
    }
    check_combination(config, reader);
    return config;
}

std::map<std::string, Shape> toto2_tensors(const Toto2Config& config) {
    const std::int64_t width = config.d_model;
    const std::int64_t inner = 4 * width;
    std::map<std::string, Shape> tensors;
    const auto linear = [&tensors](const std::string& name, std::int64_t out, std::int64_t in,
                                   bool bias) {
        tensors[name + ".weight"] = {out, in};
        if (bias) tensors[name + ".bias"] = {out};
    };
    const auto residual_mlp = [&](const std::string& name, std::int64_t out, std::int64_t in) {
        linear(name + ".linear1", inner, in, true);
        linear(name + ".linear2", out, inner, true);
        linear(name + ".skip_proj", out, in, true);
    };
    residual_mlp("patch_proj", width, 2 * config.patch_size);
    residual_mlp("output_head.param_projection.proj", kToto2Quantiles * config.patch_size, width);

    const std::int64_t projected =
        (config.num_heads + config.num_groups) * config.qk_dim + config.num_groups * config.v_dim;
    for (std::int64_t n = 0; n < config.num_layers; ++n) {
        const std::string layer = "transformer.layers." + std::to_string(n);
        tensors[layer + ".attn_tau"] = {};
        tensors[layer + ".mlp_tau"] = {};
        linear(layer + ".attn.in_proj", projected, width, config.attn_bias);
        linear(layer + ".attn.out_proj", width, config.num_heads * config.v_dim, config.attn_bias);
        if (config.per_dim_scale) tensors[layer + ".attn._pds.per_dim_scale"] = {config.qk_dim};
        if (config.qk_norm && config.qk_norm_include_weight) {
            tensors[layer + ".attn.q_norm.weight"] = {config.qk_dim};
            tensors[layer + ".attn.k_norm.weight"] = {config.qk_dim};
        }
        linear(layer + ".ffn.fc1", 2 * config.d_ff, width, config.mlp_bias);
        linear(layer + ".ffn.fc2", width, config.d_ff, config.mlp_bias);
        if (config.norm_include_weight) {
            tensors[layer + ".norm1.weight"] = {width};
            tensors[layer + ".norm2.weight"] = {width};
        }
    }
    if (config.norm_include_weight) tensors["transformer.out_norm.weight"] = {width};
    return tensors;
}

}  // namespace tradewind::model

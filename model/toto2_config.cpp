#include "model/toto2_config.hpp"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

// Large enough for any published size, small enough that no shape product overflows.
constexpr std::int64_t kLargestDimension = 1 << 20;

class ConfigReader {
  public:
    ConfigReader(const nlohmann::json& json, const std::string& where)
        : json_(json), where_(where) {}

    [[noreturn]] void refuse(const std::string& key, const std::string& why) const {
        throw Error(ErrorKind::data, "configuration key " + key, where_, why,
                    "take the config.json that belongs to the weights");
    }

    std::int64_t dimension(const std::string& key, std::int64_t lowest = 1) {
        const nlohmann::json& value = require_key(key);
        if (!value.is_number_integer()) refuse(key, "is not a whole number");
        if (value.is_number_unsigned() &&
            value.get<std::uint64_t>() > static_cast<std::uint64_t>(kLargestDimension)) {
            refuse(key, "is too large");
        }
        const auto number = value.get<std::int64_t>();
        if (number < lowest || number > kLargestDimension) {
            refuse(key, "is " + std::to_string(number) + ", outside " + std::to_string(lowest) +
                            " to " + std::to_string(kLargestDimension));
        }
        return number;
    }
    std::int64_t dimension_or(const std::string& key, std::int64_t standard) {
        return json_.contains(key) ? dimension(key) : note(key, standard);
    }
    double number(const std::string& key) {
        const nlohmann::json& value = require_key(key);
        if (!value.is_number()) refuse(key, "is not a number");
        const auto result = value.get<double>();
        if (!std::isfinite(result)) refuse(key, "is not finite");
        return result;
    }
    double number_or(const std::string& key, double standard) {
        return json_.contains(key) ? number(key) : note(key, standard);
    }
    bool flag_or(const std::string& key, bool standard) {
        if (!json_.contains(key)) return note(key, standard);
        const nlohmann::json& value = require_key(key);
        if (!value.is_boolean()) refuse(key, "is not true or false");
        return value.get<bool>();
    }
    void refuse_unknown() const {
        for (const auto& [key, value] : json_.items()) {
            if (!known_.contains(key)) refuse(key, "is not known for Toto 2.0");
        }
    }

  private:
    template <class Value>
    Value note(const std::string& key, Value value) {
        known_.insert(key);
        return value;
    }
    const nlohmann::json& require_key(const std::string& key) {
        known_.insert(key);
        if (!json_.contains(key)) refuse(key, "is missing");
        return json_.at(key);
    }

    const nlohmann::json& json_;
    const std::string& where_;
    std::set<std::string> known_;
};

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
    nlohmann::json json;
    try {
        json = nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::data, "model configuration", where, error.what());
    }
    if (!json.is_object()) {
        throw Error(ErrorKind::data, "model configuration", where, "is not a JSON object");
    }
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
    reader.refuse_unknown();
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

#include "model/training/parameters.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/complete_file.hpp"
#include "model/safetensors.hpp"
#include "model/training/draws.hpp"

namespace tradewind::model {

namespace {

constexpr double kResidualMult = 0.75;
constexpr double kResidualAttentionRatio = 5.136215466577748;  // sqrt(128 / ln 128)

bool ends_with(const std::string& name, const char* suffix) {
    return name.ends_with(suffix);
}

double rate_of(const std::string& name, const Shape& shape, std::int64_t layers) {
    // The two read-outs divide by their whole fan-in already, so they take the full rate.
    const bool readout = ends_with(name, "param_projection.proj.linear2.weight") ||
                         ends_with(name, "param_projection.proj.skip_proj.weight");
    double rate = 1;
    if (shape.size() == 2 && !readout) rate /= std::sqrt(static_cast<double>(shape[1]));
    if (name.starts_with("transformer.layers.")) {
        rate /= std::sqrt(2.0 * static_cast<double>(layers));
    }
    return rate;
}

std::vector<double> residual_taus(std::int64_t layers) {
    const double ratio = kResidualAttentionRatio;
    const double mlp = kResidualMult * std::sqrt(2 / (1 + ratio * ratio));
    const double attention = ratio * mlp;
    std::vector<double> taus;
    for (std::int64_t j = 0; j < 2 * layers; ++j) {
        const auto before_attention = static_cast<double>((j + 1) / 2);
        const auto before_mlp = static_cast<double>(j / 2);
        taus.push_back((j % 2 == 0 ? attention : mlp) /
                       std::sqrt(static_cast<double>(layers) +
                                 before_attention * attention * attention +
                                 before_mlp * mlp * mlp));
    }
    return taus;
}

}  // namespace

Toto2Config embedded_config() {
    Toto2Config config;
    config.d_model = 128;
    config.num_heads = config.num_groups = 2;
    config.heads_per_group = 1;
    config.qk_dim = config.v_dim = 64;
    config.num_layers = config.layer_group_size = 4;
    config.num_variate_layers_per_group = 1;
    config.d_ff = 344;
    config.patch_size = 32;
    config.norm_eps = 1e-4;
    config.qk_norm = false;
    config.per_dim_scale = true;
    config.use_xpos = true;
    config.attn_bias = true;
    return config;
}

std::string config_text(const Toto2Config& config) {
    if (config.norm_include_weight || config.qk_norm || config.heads_per_group != 1 ||
        !config.per_dim_scale || !config.attn_bias || config.mlp_bias) {
        throw Error(ErrorKind::usage, "network configuration", "",
                    "has parts that the trainer does not train",
                    "leave out gains, qk_norm, shared key heads and mlp_bias");
    }
    const nlohmann::json json = {
        {"attn_bias", config.attn_bias},
        {"d_ff", config.d_ff},
        {"d_model", config.d_model},
        {"dropout_p", 0.0},
        {"heads_per_group", config.heads_per_group},
        {"layer_group_size", config.layer_group_size},
        {"mlp_bias", config.mlp_bias},
        {"norm_eps", config.norm_eps},
        {"norm_include_weight", config.norm_include_weight},
        {"num_groups", config.num_groups},
        {"num_heads", config.num_heads},
        {"num_layers", config.num_layers},
        {"num_output_patches", 1},
        {"num_variate_layers_per_group", config.num_variate_layers_per_group},
        {"patch_size", config.patch_size},
        {"per_dim_scale", config.per_dim_scale},
        {"pre_norm", true},
        {"qk_dim", config.qk_dim},
        {"qk_norm", config.qk_norm},
        {"qk_norm_include_weight", config.qk_norm_include_weight},
        {"residual_attn_ratio", kResidualAttentionRatio},
        {"residual_mult", kResidualMult},
        {"use_xpos", config.use_xpos},
        {"v_dim", config.v_dim},
        {"variate_layer_first", config.variate_layer_first},
    };
    return json.dump(2) + "\n";
}

ParameterTable::ParameterTable(const Toto2Config& config)
    : config_(config), taus_(residual_taus(config.num_layers)) {
    for (const auto& [name, shape] : toto2_tensors(config)) {
        if (ends_with(name, "_tau")) continue;
        const auto count = static_cast<std::size_t>(value_count(shape));
        trained_.push_back({name, shape, count_, count, rate_of(name, shape, config.num_layers)});
        count_ += count;
    }
}

const Parameter& ParameterTable::at(const std::string& name) const {
    const auto place = std::lower_bound(trained_.begin(), trained_.end(), name,
                                        [](const Parameter& parameter, const std::string& wanted) {
                                            return parameter.name < wanted;
                                        });
    ensure(place != trained_.end() && place->name == name, "a trained parameter has its name");
    return *place;
}

std::vector<float> ParameterTable::initial_values(std::uint64_t seed) const {
    std::vector<float> values(count_, 0.0F);
    for (std::size_t i = 0; i < trained_.size(); ++i) {
        const Parameter& parameter = trained_[i];
        if (parameter.shape.size() != 2) continue;
        Draws draws(seed, DrawPurpose::weights, 0, static_cast<std::uint32_t>(i));
        for (std::size_t j = 0; j < parameter.count; ++j) {
            values[parameter.first + j] = static_cast<float>(draws.normal());
        }
    }
    return values;
}

std::uint16_t to_half(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = bits >> 16 & 0x8000;
    const std::uint32_t magnitude = bits & 0x7FFFFFFF;
    if (magnitude > 0x7F800000) return static_cast<std::uint16_t>(sign | 0x7E00);  // not a number
    if (magnitude >= 0x47800000) return static_cast<std::uint16_t>(sign | 0x7C00);
    // Adding 2^k rounds to nearest even at the last half-precision digit, subnormals included.
    const auto exponent = std::max<std::uint32_t>(magnitude >> 23, 113);
    const float step = std::bit_cast<float>((exponent + 13) << 23);
    const float rounded = (std::bit_cast<float>(magnitude) + step) - step;
    const auto exact = std::bit_cast<std::uint32_t>(rounded);
    if (exact >= 0x47800000) return static_cast<std::uint16_t>(sign | 0x7C00);
    if (exact < 0x38800000) {  // subnormal: multiples of 2^-24
        return static_cast<std::uint16_t>(sign | static_cast<std::uint32_t>(rounded * 16777216.0F));
    }
    return static_cast<std::uint16_t>(sign | ((exact >> 13) - (112U << 10)));
}

std::string ParameterTable::write_checkpoint(
    const std::string& directory, std::span<const float> values,
    const std::map<std::string, std::string>& metadata) const {
    ensure(values.size() == count_, "a checkpoint holds every parameter");
    SafeTensorsWriter writer;
    for (const auto& [key, value] : metadata) writer.set_metadata(key, value);
    for (const Parameter& parameter : trained_) {
        std::vector<std::uint16_t> halves;
        halves.reserve(parameter.count);
        for (const float value : values.subspan(parameter.first, parameter.count)) {
            halves.push_back(to_half(value));
            if ((halves.back() & 0x7C00) == 0x7C00) {
                throw Error(ErrorKind::failed, "weights of " + parameter.name, directory,
                            "hold a value that is not finite in half precision",
                            "train again with a lower rate");
            }
        }
        writer.add(parameter.name, Dtype::f16, parameter.shape, std::as_bytes(std::span(halves)));
    }
    for (std::int64_t n = 0; n < config_.num_layers; ++n) {
        const std::string layer = "transformer.layers." + std::to_string(n);
        const auto attention = static_cast<float>(attention_tau(n));
        const auto mlp = static_cast<float>(mlp_tau(n));
        writer.add(layer + ".attn_tau", {}, std::span(&attention, 1));
        writer.add(layer + ".mlp_tau", {}, std::span(&mlp, 1));
    }
    std::error_code fault;
    std::filesystem::create_directories(directory, fault);
    write_complete_file(directory + "/config.json", config_text(config_));
    writer.write(directory + "/model.safetensors");
    return SafeTensors::open(directory + "/model.safetensors").sha256();
}

}  // namespace tradewind::model

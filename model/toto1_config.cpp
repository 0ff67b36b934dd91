#include "model/toto1_config.hpp"

#include "model/config_reader.hpp"

namespace tradewind::model {

namespace {

// The class names are printed Python classes whose module path varies.
constexpr const char* kScaler = "CausalPatchStdMeanScaler";
constexpr const char* kDistribution = "MixtureOfStudentTsOutput";

void read_scaler(ConfigReader& reader, Toto1Config& config) {
    if (reader.text("scaler_cls").find(kScaler) == std::string::npos) {
        reader.refuse("scaler_cls", std::string("is not ") + kScaler);
    }
    config.stabilize_with_global = reader.flag_or("stabilize_with_global", true);
    config.scale_factor_exponent = reader.number_or("scale_factor_exponent", 10.0);
    if (config.scale_factor_exponent < 0 || config.scale_factor_exponent > 300) {
        reader.refuse("scale_factor_exponent", "is outside 0 to 300");
    }
}

void read_distribution(ConfigReader& reader, Toto1Config& config, const std::string& where) {
    const nlohmann::json& classes = reader.value("output_distribution_classes");
    if (!classes.is_array() || classes.size() != 1 || !classes[0].is_string() ||
        classes[0].get<std::string>().find(kDistribution) == std::string::npos) {
        reader.refuse("output_distribution_classes",
                      std::string("is not a list of one ") + kDistribution);
    }
    const nlohmann::json& arguments = reader.value("output_distribution_kwargs");
    if (!arguments.is_object()) {
        reader.refuse("output_distribution_kwargs", "is not an object with k_components");
    }
    ConfigReader inner(arguments, where);
    config.k_components = inner.dimension("k_components");
    if (config.k_components > 4096) inner.refuse("k_components", "is too large");
    for (const std::string& key : inner.unknown()) {
        reader.refuse("output_distribution_kwargs", "holds the unknown key " + key);
    }
}

void check_combination(const Toto1Config& config, const ConfigReader& reader) {
    if (config.embed_dim % config.num_heads != 0 || config.head_width() % 2 != 0) {
        reader.refuse("num_heads", "does not divide embed_dim into heads of even width");
    }
    if (config.num_layers > 4096) reader.refuse("num_layers", "is too large");
    if (config.patch_size > 4096) reader.refuse("patch_size", "is too large");
    if (config.spacewise_every_n_layers == 0) {
        reader.refuse("spacewise_every_n_layers", "is 0");
    }
}

}  // namespace

Toto1Config parse_toto1_config(const std::string& text, const std::string& where) {
    const nlohmann::json json = parse_config_object(text, where);
    ConfigReader reader(json, where);
    Toto1Config config;
    config.patch_size = reader.dimension("patch_size");
    if (reader.dimension("stride") != config.patch_size) {
        reader.refuse("stride", "is not the patch size");
    }
    config.embed_dim = reader.dimension("embed_dim");
    config.num_layers = reader.dimension("num_layers");
    config.num_heads = reader.dimension("num_heads");
    config.mlp_hidden_dim = reader.dimension("mlp_hidden_dim");
    config.spacewise_every_n_layers = reader.dimension("spacewise_every_n_layers", -1);
    config.spacewise_first = reader.flag_or("spacewise_first", true);
    // Without effect on a forecast; read to be checked.
    const double dropout = reader.number_or("dropout", 0.0);
    if (dropout < 0 || dropout >= 1) reader.refuse("dropout", "is outside 0 to 1");
    reader.flag_or("use_memory_efficient_attention", true);
    reader.flag_or("pre_xformers_checkpoint", false);
    read_scaler(reader, config);
    read_distribution(reader, config, where);
    check_combination(config, reader);
    config.unknown_keys = reader.unknown();
    for (const std::string& key : config.unknown_keys) {
        // What this format version means is known; what another one means is not.
        if (key.find("version") != std::string::npos) reader.refuse(key, "is not known");
    }
    return config;
}

std::map<std::string, Shape> toto1_tensors(const Toto1Config& config, bool labels) {
    const std::int64_t width = config.embed_dim;
    std::map<std::string, Shape> tensors;
    const auto linear = [&tensors](const std::string& name, std::int64_t out, std::int64_t in) {
        tensors["model." + name + ".weight"] = {out, in};
        tensors["model." + name + ".bias"] = {out};
    };
    linear("patch_embed.projection", width, config.patch_size);
    linear("unembed", config.patch_size * width, width);
    for (const char* part : {"df", "loc_proj", "scale_proj", "mixture_weights"}) {
        linear(std::string("output_distribution.") + part, config.k_components, width);
    }
    for (std::int64_t n = 0; n < config.num_layers; ++n) {
        const std::string layer = "transformer.layers." + std::to_string(n);
        tensors["model." + layer + ".norm1.scale"] = {width};
        tensors["model." + layer + ".norm2.scale"] = {width};
        linear(layer + ".attention.wQKV", 3 * width, width);
        linear(layer + ".attention.wO", width, width);
        linear(layer + ".mlp.0", 2 * config.mlp_hidden_dim, width);
        linear(layer + ".mlp.2", width, config.mlp_hidden_dim);
    }
    if (labels) {
        tensors[kToto1TargetLabel] = {width};
        tensors[kToto1ExogenousLabel] = {width};
    }
    return tensors;
}

std::string toto1_plain_name(const std::string& name) {
    if (name.ends_with("rotary_emb.freqs") || name.ends_with("rotary_emb.scale")) return {};
    for (const auto& [alias, plain] : {std::pair{".mlp.0.w12.", ".mlp.0."},  //
                                       std::pair{".mlp.0.w3.", ".mlp.2."}}) {
        const std::size_t at = name.find(alias);
        if (at == std::string::npos) continue;
        return name.substr(0, at) + plain + name.substr(at + std::string_view(alias).size());
    }
    return name;
}

}  // namespace tradewind::model

#include "model/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "messages/error.hpp"
#include "model/config_reader.hpp"

namespace tradewind::model {

namespace {

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file || text.str().empty()) {
        throw Error(ErrorKind::data, "cannot read model configuration", path,
                    "missing, empty or unreadable",
                    "give a folder with config.json and model.safetensors");
    }
    return text.str();
}

[[noreturn]] void refuse_tensor(const SafeTensors& tensors, const std::string& name,
                                const std::string& why) {
    throw Error(ErrorKind::data, "tensor " + name, tensors.where(), why,
                "take weights that belong to the config.json");
}

// Plain name -> stored name, of the tensors that are not ignored.
std::map<std::string, std::string> stored_names(const SafeTensors& tensors, ModelFamily family) {
    std::map<std::string, std::string> names;
    for (const auto& [name, view] : tensors.tensors()) {
        const std::string plain = family == ModelFamily::toto1 ? toto1_plain_name(name) : name;
        if (plain.empty()) continue;
        if (!names.emplace(plain, name).second) {
            refuse_tensor(tensors, name, "is there under its other name, too");
        }
    }
    return names;
}

void check_tensors(const SafeTensors& tensors, const std::map<std::string, std::string>& names,
                   const std::map<std::string, Shape>& wanted) {
    for (const auto& [plain, shape] : wanted) {
        const auto found = names.find(plain);
        if (found == names.end()) refuse_tensor(tensors, plain, "is missing");
        const std::string& name = found->second;
        const TensorView& view = tensors.at(name);
        if (view.shape != shape) {
            refuse_tensor(tensors, name,
                          "has shape " + to_text(view.shape) + ", wanted " + to_text(shape));
        }
        if (!is_floating(view.dtype)) {
            refuse_tensor(
                tensors, name,
                std::string("has dtype ") + name_of(view.dtype) + ", wanted a floating type");
        }
        for (const float value : view.to_float()) {
            if (!std::isfinite(value)) {
                refuse_tensor(tensors, name, "holds a value that is not finite");
            }
        }
    }
    for (const auto& [plain, name] : names) {
        if (!wanted.contains(plain)) {
            refuse_tensor(tensors, name, "is not part of this configuration");
        }
    }
}

// By the keys that only one family has.
ModelFamily family_of(const std::string& text, const std::string& where) {
    const nlohmann::json json = parse_config_object(text, where);
    const auto has_any = [&json](std::initializer_list<const char*> keys) {
        return std::any_of(keys.begin(), keys.end(),
                           [&json](const char* key) { return json.contains(key); });
    };
    const bool toto1 = has_any({"embed_dim", "scaler_cls", "output_distribution_classes"});
    const bool toto2 = has_any({"d_model", "residual_attn_ratio"});
    if (toto1 == toto2) {
        throw Error(ErrorKind::data, "model configuration", where,
                    toto1 ? "mixes the keys of Toto 1.0 and Toto 2.0"
                          : "has neither the keys of Toto 1.0 (embed_dim, scaler_cls) nor of Toto "
                            "2.0 (d_model, residual_attn_ratio)",
                    "take the config.json that belongs to the weights");
    }
    return toto1 ? ModelFamily::toto1 : ModelFamily::toto2;
}

InputConvention convention_of(const SafeTensors& tensors) {
    InputConvention convention;
    const auto value_of = [&tensors](const char* key) {
        const auto found = tensors.metadata().find(key);
        return found == tensors.metadata().end() ? std::string() : found->second;
    };
    const auto refuse = [&tensors](const std::string& key, const std::string& value) {
        throw Error(ErrorKind::data, "metadata " + key, tensors.where(),
                    "`" + value + "` is not known");
    };
    const std::string form = value_of("input_form");
    if (form == "anchored") {
        convention.form = InputForm::anchored;
    } else if (!form.empty() && form != "own_moves") {
        refuse("input_form", form);
    }
    const std::string code = value_of("channel_code");
    if (code == "prefix_patch") {
        convention.channel_code = true;
    } else if (!code.empty() && code != "none") {
        refuse("channel_code", code);
    }
    const std::string points = value_of("context_points");
    if (!points.empty()) {
        const char* const end = points.data() + points.size();
        const auto [rest, fault] = std::from_chars(points.data(), end, convention.context_points);
        if (fault != std::errc{} || rest != end || convention.context_points == 0) {
            refuse("context_points", points);
        }
    }
    return convention;
}

}  // namespace

const char* name_of(ModelFamily family) {
    return family == ModelFamily::toto1 ? "toto1" : "toto2";
}

const Toto1Config& Checkpoint::toto1() const {
    if (const auto* config = std::get_if<Toto1Config>(&config_)) return *config;
    throw Error(ErrorKind::usage, "model", directory_, "is no Toto 1.0 checkpoint");
}

const Toto2Config& Checkpoint::toto2() const {
    if (const auto* config = std::get_if<Toto2Config>(&config_)) return *config;
    throw Error(ErrorKind::usage, "model", directory_, "is no Toto 2.0 checkpoint");
}

std::int64_t Checkpoint::patch_size() const {
    return family() == ModelFamily::toto1 ? toto1().patch_size : toto2().patch_size;
}

const TensorView& Checkpoint::tensor(const std::string& plain_name) const {
    const auto found = stored_names_.find(plain_name);
    return tensors_.at(found == stored_names_.end() ? plain_name : found->second);
}

Checkpoint Checkpoint::open(const std::string& directory) {
    const std::filesystem::path folder(directory);
    if (!std::filesystem::is_directory(folder)) {
        // A bare word was meant as a name, anything else as a path.
        const bool path = directory.find('/') != std::string::npos;
        throw Error(path ? ErrorKind::data : ErrorKind::usage, "model", directory,
                    path ? "does not exist or is no folder" : "is no known network and no folder",
                    "give a folder with config.json and model.safetensors, or ewma for bars");
    }
    const std::string config_path = (folder / "config.json").string();
    std::string config_text = read_text(config_path);
    const ModelFamily family = family_of(config_text, config_path);
    decltype(config_) config;
    if (family == ModelFamily::toto1) {
        config = parse_toto1_config(config_text, config_path);
    } else {
        config = parse_toto2_config(config_text, config_path);
    }

    Checkpoint checkpoint(SafeTensors::open_checkpoint(directory));
    checkpoint.directory_ = directory;
    checkpoint.config_ = std::move(config);
    checkpoint.stored_names_ = stored_names(checkpoint.tensors_, family);
    std::map<std::string, Shape> wanted;
    if (family == ModelFamily::toto1) {
        const bool labels =
            checkpoint.has_tensor(kToto1TargetLabel) || checkpoint.has_tensor(kToto1ExogenousLabel);
        wanted = toto1_tensors(checkpoint.toto1(), labels);
        for (const std::string& key : checkpoint.toto1().unknown_keys) {
            checkpoint.warnings_.push_back("configuration key " + key + " is not known (" +
                                           config_path + "); it has no effect");
        }
    } else {
        wanted = toto2_tensors(checkpoint.toto2());
    }
    check_tensors(checkpoint.tensors_, checkpoint.stored_names_, wanted);
    checkpoint.convention_ = convention_of(checkpoint.tensors_);
    for (const auto& [name, shape] : wanted) checkpoint.parameters_ += value_count(shape);
    checkpoint.weights_sha256_ = checkpoint.tensors_.sha256();
    checkpoint.id_ = std::string(name_of(checkpoint.family())) + "-" +
                     checkpoint.tensors_.sha256(config_text).substr(0, 16);
    checkpoint.config_text_ = std::move(config_text);
    return checkpoint;
}

}  // namespace tradewind::model

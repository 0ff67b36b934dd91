#include "model/checkpoint.hpp"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "messages/error.hpp"

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

void check_tensors(const SafeTensors& tensors, const std::map<std::string, Shape>& wanted) {
    const auto refuse = [&tensors](const std::string& name, const std::string& why) {
        throw Error(ErrorKind::data, "tensor " + name, tensors.where(), why,
                    "take weights that belong to the config.json");
    };
    for (const auto& [name, shape] : wanted) {
        const TensorView* view = tensors.find(name);
        if (view == nullptr) refuse(name, "is missing");
        if (view->shape != shape) {
            refuse(name, "has shape " + to_text(view->shape) + ", wanted " + to_text(shape));
        }
        if (!is_floating(view->dtype)) {
            refuse(name,
                   std::string("has dtype ") + name_of(view->dtype) + ", wanted a floating type");
        }
        for (const float value : view->to_float()) {
            if (!std::isfinite(value)) refuse(name, "holds a value that is not finite");
        }
    }
    for (const auto& [name, view] : tensors.tensors()) {
        if (!wanted.contains(name)) refuse(name, "is not part of this configuration");
    }
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

const char* name_of(ModelFamily) {
    return "toto2";
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
    const Toto2Config config = parse_toto2_config(config_text, config_path);

    Checkpoint checkpoint(SafeTensors::open_checkpoint(directory));
    checkpoint.directory_ = directory;
    checkpoint.toto2_ = config;
    check_tensors(checkpoint.tensors_, toto2_tensors(config));
    checkpoint.convention_ = convention_of(checkpoint.tensors_);
    for (const auto& [name, view] : checkpoint.tensors_.tensors()) {
        checkpoint.parameters_ += view.count();
    }
    checkpoint.weights_sha256_ = checkpoint.tensors_.sha256();
    checkpoint.id_ = std::string(name_of(checkpoint.family())) + "-" +
                     checkpoint.tensors_.sha256(config_text).substr(0, 16);
    checkpoint.config_text_ = std::move(config_text);
    return checkpoint;
}

}  // namespace tradewind::model

// `tradewind model info`.
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "model/checkpoint.hpp"
#include "model/classical_forecaster.hpp"
#include "model/commands.hpp"
#include "model/ewma.hpp"
#include "model/forecaster.hpp"
#include "model/forecaster_choice.hpp"
#include "model/recursive_forecaster.hpp"
#include "model/shipped_models.hpp"

namespace tradewind::model {

namespace {

nlohmann::ordered_json info_of_ewma() {
    const EwmaOptions options;
    nlohmann::ordered_json info;
    info["id"] = EwmaForecaster(options).id();
    info["family"] = "ewma";
    info["parameters"] = {{"lambda", options.lambda},
                          {"centre", options.zero_centre ? "zero" : "mean"}};
    info["minimum_points"] = kEwmaMinimumPoints;
    info["levels"] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
    return info;
}

nlohmann::ordered_json info_of_classical(ClassicalKind kind) {
    const std::string file = shipped_model_file("classical.json");
    const ClassicalParameters parameters = read_classical_parameters(file);
    nlohmann::ordered_json info;
    info["id"] = make_classical_forecaster(kind, parameters)->id();
    info["family"] = name_of(kind);
    info["file"] = file;
    info["minimum_points"] = kClassicalMinimumPoints;
    info["levels"] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
    info["parameters"] = nlohmann::ordered_json::parse(classical_parameters_json(parameters));
    return info;
}

nlohmann::ordered_json info_of_checkpoint(const Checkpoint& checkpoint) {
    const InputConvention& convention = checkpoint.convention();
    nlohmann::ordered_json info;
    info["id"] = checkpoint.id();
    info["family"] = name_of(checkpoint.family());
    info["directory"] = checkpoint.directory();
    info["parameter_count"] = checkpoint.parameters();
    info["weights_bytes"] = checkpoint.tensors().file_bytes();
    info["weights_sha256"] = checkpoint.weights_sha256();
    std::map<std::string, std::int64_t> dtypes;
    for (const auto& [name, view] : checkpoint.tensors().tensors()) {
        dtypes[name_of(view.dtype)] += view.count();
    }
    info["dtypes"] = dtypes;
    info["levels"] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
    info["input"] = {{"form", convention.form == InputForm::anchored ? "anchored" : "own_moves"},
                     {"channel_code", convention.channel_code ? "prefix_patch" : "none"},
                     {"context_points", convention.context_points}};
    if (checkpoint.family() == ModelFamily::toto1) {
        info["mixture_components"] = checkpoint.toto1().k_components;
    }
    info["patch_size"] = checkpoint.patch_size();
    info["warnings"] = checkpoint.warnings();
    info["config"] = nlohmann::json::parse(checkpoint.config_text());
    info["metadata"] = checkpoint.tensors().metadata();
    nlohmann::ordered_json tensors = nlohmann::ordered_json::array();
    for (const auto& [name, view] : checkpoint.tensors().tensors()) {
        tensors.push_back({{"name", name}, {"dtype", name_of(view.dtype)}, {"shape", view.shape}});
    }
    info["tensors"] = tensors;
    return info;
}

nlohmann::ordered_json info_of_choice() {
    const std::string file = shipped_model_file("choice.json");
    ForecasterOptions options;
    options.model = "auto";
    const auto forecaster = open_forecaster(options);
    nlohmann::ordered_json info;
    info["id"] = forecaster->id();
    info["family"] = "auto";
    info["file"] = file;
    info["levels"] = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};
    const auto choice =
        nlohmann::ordered_json::parse(forecaster_choice_json(read_forecaster_choice(file)));
    info["network"] = choice.at("network");
    for (const auto& [market_class, channels] : choice.at("classes").items()) {
        for (const auto& [channel, chosen] : channels.items()) {
            info["classes"][market_class][channel] = chosen.at("forecaster");
        }
    }
    return info;
}

nlohmann::ordered_json info_of(const std::string& model) {
    if (model == "auto") return info_of_choice();
    if (model == "embedded") return info_of_checkpoint(Checkpoint::open(
            std::filesystem::path(shipped_model_file("config.json")).parent_path().string()));
    if (model == "ewma") return info_of_ewma();
    if (const auto kind = classical_kind_named(model)) return info_of_classical(*kind);
    return info_of_checkpoint(Checkpoint::open(model));
}

}  // namespace

std::string model_info_json(const std::string& model) {
    return info_of(model).dump(2);
}

std::string model_info_text(const std::string& model) {
    const nlohmann::ordered_json info = info_of(model);
    std::string text;
    for (const auto& [key, value] : info.items()) {
        if (key == "tensors") {
            text += "tensors: " + std::to_string(value.size()) + "\n";
            for (const auto& tensor : value) {
                text += "  " + tensor["name"].get<std::string>() + " " +
                        tensor["dtype"].get<std::string>() + " " + tensor["shape"].dump() + "\n";
            }
        } else if (value.is_object()) {
            text += key + ":\n";
            for (const auto& [name, entry] : value.items()) {
                text += "  " + name + ": " +
                        (entry.is_string() ? entry.get<std::string>() : entry.dump()) + "\n";
            }
        } else {
            text +=
                key + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + "\n";
        }
    }
    return text;
}

}  // namespace tradewind::model

#include "model/forecaster.hpp"

#include <charconv>

#include "messages/error.hpp"
#include "model/classical_forecaster.hpp"
#include "model/ewma.hpp"
#include "model/network_forecaster.hpp"
#include "model/routed_forecaster.hpp"
#include "model/shipped_models.hpp"

namespace tradewind::model {

std::string refusal_of(const ForecastRequest& request, std::size_t minimum_points) {
    if (!request.series) return "no series";
    if (request.rows.empty()) return "no rows";
    if (request.horizon < 1 || request.horizon > kMaximumHorizon) {
        return "horizon " + std::to_string(request.horizon) + " is outside 1 to " +
               std::to_string(kMaximumHorizon);
    }
    for (const ForecastRow& row : request.rows) {
        if (row.end_index > request.series->bars.size()) {
            return "row ends at bar " + std::to_string(row.end_index) + " of " +
                   std::to_string(request.series->bars.size());
        }
        const std::size_t points = row.end_index == 0 ? 0 : row.end_index - 1;
        if (points < minimum_points) {
            return "only " + std::to_string(points) + " moves before bar " +
                   std::to_string(row.end_index) + ", needs " + std::to_string(minimum_points);
        }
    }
    return {};
}

namespace {

EwmaOptions ewma_options(const std::map<std::string, std::string>& parameters) {
    EwmaOptions options;
    for (const auto& [key, value] : parameters) {
        if (key == "lambda") {
            const char* end = value.data() + value.size();
            const auto [rest, fault] = std::from_chars(value.data(), end, options.lambda);
            if (fault != std::errc{} || rest != end) {
                throw Error(ErrorKind::usage, "parameter lambda", value, "is not a number",
                            "use a number between 0 and 1");
            }
        } else if (key == "centre") {
            if (value != "mean" && value != "zero") {
                throw Error(ErrorKind::usage, "parameter centre", value, "is not known",
                            "use mean or zero");
            }
            options.zero_centre = value == "zero";
        } else {
            throw Error(ErrorKind::usage, "parameter " + key, "ewma", "is not known",
                        "use lambda or centre");
        }
    }
    return options;
}

void require_cpu(const ForecasterOptions& options) {
    if (!options.precision.empty() && options.precision != "f32") {
        throw Error(ErrorKind::usage, "precision", options.precision,
                    "is an option of networks, not of " + options.model, "leave it out");
    }
    if (options.device != "cpu") {
        throw Error(ErrorKind::usage, "device", options.device, "is not for " + options.model,
                    "use cpu");
    }
}

std::unique_ptr<Forecaster> open_classical(ClassicalKind kind, const ForecasterOptions& options) {
    require_cpu(options);
    std::string file;
    for (const auto& [key, value] : options.parameters) {
        if (key != "file") {
            throw Error(ErrorKind::usage, "parameter " + key, options.model, "is not known",
                        "use file");
        }
        file = value;
    }
    return make_classical_forecaster(
        kind,
        read_classical_parameters(file.empty() ? shipped_model_file("classical.json") : file));
}

// Of the models that ship with the program, unless the parameter `folder` names another one.
std::string folder_of(const ForecasterOptions& options) {
    std::string folder;
    for (const auto& [key, value] : options.parameters) {
        if (key != "folder") {
            throw Error(ErrorKind::usage, "parameter " + key, options.model, "is not known",
                        "use folder");
        }
        folder = value;
    }
    if (folder.empty()) folder = shipped_model_folder();
    if (folder.empty()) {
        throw Error(ErrorKind::data, "no shipped models", "data/model", "the folder is not there",
                    "restore it, or name another model");
    }
    return folder;
}

}  // namespace

std::unique_ptr<Forecaster> open_forecaster(const ForecasterOptions& options) {
    if (options.model == "ewma") {
        require_cpu(options);
        return std::make_unique<EwmaForecaster>(ewma_options(options.parameters));
    }
    if (const auto kind = classical_kind_named(options.model)) {
        return open_classical(*kind, options);
    }
    if (options.model == "auto" || options.model == "embedded") {
        ForecasterOptions shipped = options;
        const std::string folder = folder_of(options);
        if (options.model == "auto") return open_routed_forecaster(folder, shipped);
        shipped.model = folder;
        shipped.parameters.clear();
        return open_network_forecaster(shipped);
    }
    return open_network_forecaster(options);
}

}  // namespace tradewind::model

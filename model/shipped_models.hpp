// Where the models that ship with the program lie: data/model beside the build, or
// share/tradewind/model of an installed tree. Any thread. Source: architecture 2.
//
//   classical.json     parameters of the classical forecasters     (classical_parameters.hpp)
//   choice.json        which forecaster serves which class and channel       (model_choice.hpp)
//   config.json, model.safetensors                                  the trained network
#pragma once

#include <string>

namespace tradewind::model {

// Empty: there is no such folder.
[[nodiscard]] std::string shipped_model_folder();

// A file of it. Throws Error (data) where it is not there.
[[nodiscard]] std::string shipped_model_file(const std::string& name);

}  // namespace tradewind::model

#include "model/shipped_models.hpp"

#include <filesystem>

#include "messages/error.hpp"

namespace tradewind::model {

std::string shipped_model_folder() {
    std::error_code fault;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", fault).parent_path();
    // Of the program in the build folder, of a test program below it, of an installed tree.
    for (const char* place : {"../data/model", "../../data/model", "../share/tradewind/model"}) {
        if (std::filesystem::is_directory(program / place, fault)) {
            return std::filesystem::weakly_canonical(program / place, fault).string();
        }
    }
    return {};
}

std::string shipped_model_file(const std::string& name) {
    const std::string folder = shipped_model_folder();
    std::error_code fault;
    if (folder.empty() || !std::filesystem::exists(folder + "/" + name, fault)) {
        throw Error(ErrorKind::data, "no shipped model", "data/model/" + name, "is not there",
                    "restore data/model, or name another model or file");
    }
    return folder + "/" + name;
}

}  // namespace tradewind::model

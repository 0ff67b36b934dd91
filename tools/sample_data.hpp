// Where the bars that ship with the program lie: data/sample beside the build, or the folder that
// TRADEWIND was built from. Error (data) where there are none.
#pragma once

#include <filesystem>

namespace tradewind::tools {

[[nodiscard]] std::filesystem::path sample_data_folder();

}  // namespace tradewind::tools

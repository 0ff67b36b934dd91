#include "tools/sample_data.hpp"

#include "messages/error.hpp"

namespace tradewind::tools {

std::filesystem::path sample_data_folder() {
    const auto program = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    for (const auto& folder : {program / "../data/sample", program / "../share/tradewind/sample",
                               std::filesystem::path(TRADEWIND_SOURCE_FOLDER) / "data/sample"}) {
        if (std::filesystem::is_directory(folder)) {
            return std::filesystem::weakly_canonical(folder);
        }
    }
    throw Error(ErrorKind::data, "no sample data", program.string(), "data/sample is not there",
                "give bars with --data, or --synthetic SEED");
}

}  // namespace tradewind::tools

#include "model/loadable_module.hpp"

#include <dlfcn.h>

#include <filesystem>
#include <vector>

#include "messages/error.hpp"

namespace tradewind::model {

void* module_symbol(const std::string& name, const char* symbol, const std::string& remedy) {
    std::error_code fault;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", fault).parent_path();
    // Beside the program, one folder above it (test programs), or in an installed tree.
    const std::vector<std::filesystem::path> places = {program / name, program.parent_path() / name,
                                                       program.parent_path() / "lib" / name};
    for (const std::filesystem::path& place : places) {
        if (!std::filesystem::exists(place, fault)) continue;
        // Never closed: LibTorch keeps threads and thread-local state until the process ends.
        void* const module = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) {
            throw Error(ErrorKind::unavailable, "cannot open module", place.string(), ::dlerror(),
                        remedy);
        }
        void* const address = ::dlsym(module, symbol);
        if (address == nullptr) {
            throw Error(ErrorKind::unavailable, "cannot use module", place.string(), ::dlerror(),
                        "build it again");
        }
        return address;
    }
    throw Error(ErrorKind::unavailable, "cannot find module", name, "it is not beside the program",
                remedy);
}

}  // namespace tradewind::model

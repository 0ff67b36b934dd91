#include <dlfcn.h>

#include <filesystem>
#include <mutex>
#include <vector>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/network.hpp"

namespace tradewind::model {

namespace {

constexpr const char* kModuleName = "libtradewind_networks.so";

// Beside the program, one folder above it (test programs), or in ../lib (an installed tree).
std::vector<std::filesystem::path> module_places() {
    std::error_code fault;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", fault).parent_path();
    return {program / kModuleName, program.parent_path() / kModuleName,
            program.parent_path() / "lib" / kModuleName};
}

OpenNetworkFunction load_module() {
    for (const std::filesystem::path& place : module_places()) {
        if (!std::filesystem::exists(place)) continue;
        void* const module = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (module == nullptr) {
            throw Error(ErrorKind::unavailable, "cannot open the network module", place.string(),
                        ::dlerror(), "run tools/setup and build again");
        }
        void* const symbol = ::dlsym(module, kOpenNetworkSymbol);
        if (symbol == nullptr) {
            throw Error(ErrorKind::unavailable, "cannot use the network module", place.string(),
                        ::dlerror(), "build it again");
        }
        // Never closed: LibTorch keeps threads and thread-local state until the process ends.
        return reinterpret_cast<OpenNetworkFunction>(symbol);
    }
    throw Error(ErrorKind::unavailable, "cannot find the network module", kModuleName,
                "it is not beside the program", "build the target tradewind_networks");
}

}  // namespace

std::unique_ptr<Network> open_network(const Checkpoint& checkpoint,
                                      const NetworkPlacement& placement) {
    static std::mutex mutex;
    static OpenNetworkFunction open = nullptr;
    const std::lock_guard lock(mutex);
    if (open == nullptr) open = load_module();
    return std::unique_ptr<Network>(open(checkpoint, placement));
}

}  // namespace tradewind::model

#include <mutex>

#include "model/checkpoint.hpp"
#include "model/loadable_module.hpp"
#include "model/network.hpp"

namespace tradewind::model {

std::unique_ptr<Network> open_network(const Checkpoint& checkpoint,
                                      const NetworkPlacement& placement) {
    static std::mutex mutex;
    static OpenNetworkFunction open = nullptr;
    const std::lock_guard lock(mutex);
    if (open == nullptr) {
        open = reinterpret_cast<OpenNetworkFunction>(
            module_symbol("libtradewind_networks.so", kOpenNetworkSymbol,
                          "run tools/setup and build the target tradewind_networks"));
    }
    return std::unique_ptr<Network>(open(checkpoint, placement));
}

}  // namespace tradewind::model

#include "model/loadable_module.hpp"
#include "model/training/network_trainer.hpp"

namespace tradewind::model {

std::unique_ptr<NetworkTrainer> open_network_trainer(const Toto2Config& config, std::size_t shards,
                                                     std::span<const float> weights) {
    const auto open = reinterpret_cast<OpenTrainerFunction>(
        module_symbol("libtradewind_networks.so", kOpenTrainerSymbol,
                      "run tools/setup and build the target tradewind_networks"));
    return std::unique_ptr<NetworkTrainer>(open(config, shards, weights));
}

}  // namespace tradewind::model

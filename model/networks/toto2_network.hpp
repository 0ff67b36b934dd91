// Toto 2.0 on LibTorch: plain tensor operations in float32, constants unfolded. Lives inside the
// loadable module; seen outside only as model/network.hpp. Source: forecast-models spec 2.
#pragma once

#include <memory>

#include "model/checkpoint.hpp"
#include "model/network.hpp"

namespace tradewind::model {

[[nodiscard]] std::unique_ptr<Network> make_toto2_network(const Checkpoint& checkpoint,
                                                          const NetworkPlacement& placement);

}  // namespace tradewind::model

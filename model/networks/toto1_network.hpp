// Toto 1.0 on LibTorch: plain tensor operations, products in the placement's precision, everything
// else in float32. Lives inside the loadable module; seen outside only as model/network.hpp.
// Source: forecast-models spec 1.
#pragma once

#include <memory>

#include "model/checkpoint.hpp"
#include "model/network.hpp"

namespace tradewind::model {

[[nodiscard]] std::unique_ptr<Network> make_toto1_network(const Checkpoint& checkpoint,
                                                          const NetworkPlacement& placement);

}  // namespace tradewind::model

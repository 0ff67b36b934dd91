#include <ATen/Parallel.h>
#include <c10/core/Device.h>

#include <mutex>
#include <thread>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "model/networks/arithmetic.hpp"
#include "model/networks/toto1_network.hpp"
#include "model/networks/toto2_network.hpp"

namespace tradewind::model {

namespace {

constexpr unsigned kMostThreads = 64;

}  // namespace

extern "C" __attribute__((visibility("default"))) Network* tradewind_open_network(
    const Checkpoint& checkpoint, const NetworkPlacement& placement) {
    if (placement.device != "cpu") {
        throw Error(ErrorKind::unavailable, "device", placement.device,
                    "networks run on the CPU in this build", "use --device cpu");
    }
    if (placement.threads > kMostThreads) {
        throw Error(ErrorKind::usage, "threads", std::to_string(placement.threads), "are too many");
    }
    settle_arithmetic(placement.threads == 0 ? 1 : placement.threads);
    switch (checkpoint.family()) {
        case ModelFamily::toto1:
            return make_toto1_network(checkpoint, placement).release();
        case ModelFamily::toto2:
            break;
    }
    return make_toto2_network(checkpoint, placement).release();
}

}  // namespace tradewind::model

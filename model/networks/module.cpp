#include <ATen/Parallel.h>
#include <c10/core/Device.h>

#include <mutex>
#include <thread>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "model/networks/toto1_network.hpp"
#include "model/networks/toto2_network.hpp"

// MKL's conditional numerical reproducibility, as libtorch_cpu carries MKL inside: the same call
// that the environment variable MKL_CBWR ends in, without touching the environment.
extern "C" int mkl_serv_cbwr_set(int setting);

namespace tradewind::model {

namespace {

constexpr int kCbwrAuto = 2;          // best instruction path of this machine,
constexpr int kCbwrStrict = 0x10000;  // bits independent of alignment and thread count
constexpr unsigned kMostThreads = 64;

// Once per process, before the first matrix product.
void settle_arithmetic(unsigned threads) {
    static std::once_flag once;
    std::call_once(once, [threads] {
        if (mkl_serv_cbwr_set(kCbwrAuto | kCbwrStrict) != 0 && mkl_serv_cbwr_set(kCbwrAuto) != 0) {
            throw Error(ErrorKind::failed, "network module", "MKL",
                        "refused its reproducible mode");
        }
        at::set_num_threads(static_cast<int>(threads));
    });
}

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
    if (placement.precision != Precision::f32) {
        throw Error(ErrorKind::usage, "precision", name_of(placement.precision),
                    "is not available for Toto 2.0", "use f32");
    }
    return make_toto2_network(checkpoint, placement).release();
}

}  // namespace tradewind::model

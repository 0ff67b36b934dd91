#include "model/networks/arithmetic.hpp"

#include <ATen/Parallel.h>

#include <mutex>

#include "messages/error.hpp"

// MKL's conditional numerical reproducibility, as libtorch_cpu carries MKL inside: the same call
// that the environment variable MKL_CBWR ends in, without touching the environment.
extern "C" int mkl_serv_cbwr_set(int setting);

namespace tradewind::model {

namespace {

constexpr int kCbwrAuto = 2;          // best instruction path of this machine,
constexpr int kCbwrStrict = 0x10000;  // bits independent of alignment and thread count

}  // namespace

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

}  // namespace tradewind::model

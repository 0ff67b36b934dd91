// What the program can ask of NVIDIA devices, behind plain types: the loadable module
// `libtradewind_cuda.so` implements it, and is opened only when a device is asked for, so that one
// binary serves machines with and without a GPU.
//
// Not thread-safe: one owner, the inference thread. Errors: Error (unavailable) when the module, a
// library it needs, the driver or a device is absent; Error (failed) when the device failed.
// Source: architecture section 9, forecast-models spec 5.3.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tradewind::model {

struct CudaDeviceInfo {
    int index = 0;
    std::string name;
    int compute_major = 0;
    int compute_minor = 0;
    int multiprocessors = 0;
    std::uint64_t total_memory_bytes = 0;
    std::uint64_t free_memory_bytes = 0;
    int driver_version = 0;  // as CUDA counts: 13000 is 13.0
    int runtime_version = 0;
};

// One captured graph of the forward's last step (read-out product, sinh, scale back), replayed on
// new input and compared with the same operations run one by one.
struct CudaGraphCheck {
    bool bit_equal = false;         // replay against eager, and replay against replay
    double largest_difference = 0;  // against double on the host, relative to the scale
};

class CudaDevices {
  public:
    CudaDevices() = default;
    CudaDevices(const CudaDevices&) = delete;
    CudaDevices& operator=(const CudaDevices&) = delete;
    virtual ~CudaDevices() = default;

    [[nodiscard]] virtual std::vector<CudaDeviceInfo> list() = 0;
    [[nodiscard]] virtual CudaGraphCheck check_graph(int device_index) = 0;
};

[[nodiscard]] std::unique_ptr<CudaDevices> open_cuda_devices();

extern "C" {
using OpenCudaDevicesFunction = CudaDevices* (*)();
}
constexpr const char* kOpenCudaDevicesSymbol = "tradewind_open_cuda_devices";

}  // namespace tradewind::model

#include "model/cuda_device.hpp"
#include "model/loadable_module.hpp"

namespace tradewind::model {

std::unique_ptr<CudaDevices> open_cuda_devices() {
    const auto open = reinterpret_cast<OpenCudaDevicesFunction>(
        module_symbol("libtradewind_cuda.so", kOpenCudaDevicesSymbol,
                      "run tools/setup --cuda, then build with the preset cuda"));
    return std::unique_ptr<CudaDevices>(open());
}

}  // namespace tradewind::model

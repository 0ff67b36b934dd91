// Plain CUDA runtime behind functions that a C++ compiler can call: device list, and the kernel
// that turns head outputs into prices. Throws Error (unavailable, failed).
#pragma once

#include <cstdint>
#include <vector>

#include "model/cuda_device.hpp"

struct CUstream_st;  // what cudaStream_t points to

namespace tradewind::model {

[[nodiscard]] std::vector<CudaDeviceInfo> query_devices();

// values[row, i] = sinh(values[row, i]) * scale[row] + location[row], on `stream`, in place. Device
// pointers; `width` values per row.
void scale_back(float* values, const float* location, const float* scale, std::int64_t rows,
                std::int64_t width, CUstream_st* stream);

}  // namespace tradewind::model

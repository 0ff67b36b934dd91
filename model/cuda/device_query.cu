#include <cuda_runtime.h>

#include <string>

#include "messages/error.hpp"
#include "model/cuda/device_query.hpp"

namespace tradewind::model {

namespace {

void check(cudaError_t status, ErrorKind kind, const char* what) {
    if (status != cudaSuccess) {
        throw Error(kind, what, cudaGetErrorName(status), cudaGetErrorString(status));
    }
}

__global__ void scale_back_kernel(float* values, const float* location, const float* scale,
                                  std::int64_t count, std::int64_t width) {
    const std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (i >= count) return;
    const std::int64_t row = i / width;
    values[i] = sinhf(values[i]) * scale[row] + location[row];
}

}  // namespace

std::vector<CudaDeviceInfo> query_devices() {
    int count = 0;
    check(cudaGetDeviceCount(&count), ErrorKind::unavailable, "no CUDA device");
    int driver = 0;
    int runtime = 0;
    check(cudaDriverGetVersion(&driver), ErrorKind::unavailable, "CUDA driver");
    check(cudaRuntimeGetVersion(&runtime), ErrorKind::unavailable, "CUDA runtime");
    int previous = 0;
    check(cudaGetDevice(&previous), ErrorKind::unavailable, "CUDA device");
    std::vector<CudaDeviceInfo> devices;
    for (int index = 0; index < count; ++index) {
        cudaDeviceProp properties{};
        check(cudaGetDeviceProperties(&properties, index), ErrorKind::failed, "device query");
        CudaDeviceInfo info;
        info.index = index;
        info.name = properties.name;
        info.compute_major = properties.major;
        info.compute_minor = properties.minor;
        info.multiprocessors = properties.multiProcessorCount;
        info.driver_version = driver;
        info.runtime_version = runtime;
        std::size_t free_bytes = 0;
        std::size_t total_bytes = 0;
        check(cudaSetDevice(index), ErrorKind::failed, "device selection");
        check(cudaMemGetInfo(&free_bytes, &total_bytes), ErrorKind::failed, "device memory");
        info.free_memory_bytes = free_bytes;
        info.total_memory_bytes = total_bytes;
        devices.push_back(info);
    }
    check(cudaSetDevice(previous), ErrorKind::failed, "device selection");
    return devices;
}

void scale_back(float* values, const float* location, const float* scale, std::int64_t rows,
                std::int64_t width, CUstream_st* stream) {
    constexpr int kThreads = 256;
    const std::int64_t count = rows * width;
    if (count == 0) return;
    const auto blocks = static_cast<unsigned>((count + kThreads - 1) / kThreads);
    scale_back_kernel<<<blocks, kThreads, 0, stream>>>(values, location, scale, count, width);
    check(cudaGetLastError(), ErrorKind::failed, "kernel launch");
}

}  // namespace tradewind::model

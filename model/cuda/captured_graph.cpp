#include <ATen/ATen.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>
#include <cmath>

#include "messages/error.hpp"
#include "model/cuda/device_query.hpp"
#include "model/cuda_device.hpp"

namespace tradewind::model {

namespace {

constexpr std::int64_t kRows = 64;
constexpr std::int64_t kWidth = 128;
constexpr std::int64_t kOutputs = 288;  // 32 points of nine deciles
constexpr int kWarmUpRuns = 3;          // library handles and workspaces exist before capture

// A read-out of fixed shape: input and output stand still, so that a graph can hold them.
class ReadOut {
  public:
    explicit ReadOut(const c10::Device& device)
        : weight_(at::linspace(-0.1, 0.1, kOutputs * kWidth, device).view({kOutputs, kWidth})),
          location_(at::linspace(90, 110, kRows, device)),
          scale_(at::linspace(0.5, 2, kRows, device)),
          input_(at::zeros({kRows, kWidth}, device)),
          output_(at::zeros({kRows, kOutputs}, device)) {}

    void set_input(const at::Tensor& host) { input_.copy_(host); }
    void run(const c10::cuda::CUDAStream& stream) {
        at::mm_out(output_, input_, weight_.t());
        scale_back(output_.data_ptr<float>(), location_.const_data_ptr<float>(),
                   scale_.const_data_ptr<float>(), kRows, kOutputs, stream.stream());
    }
    [[nodiscard]] at::Tensor output() const { return output_.cpu(); }

    // Against double on the host, in units of each row's scale.
    [[nodiscard]] double difference_of(const at::Tensor& host, const at::Tensor& result) const {
        const at::Tensor product = at::mm(host.to(at::kDouble), weight_.cpu().to(at::kDouble).t());
        const at::Tensor scale = scale_.cpu().to(at::kDouble).unsqueeze(1);
        const at::Tensor location = location_.cpu().to(at::kDouble).unsqueeze(1);
        const at::Tensor exact = product.sinh() * scale + location;
        return ((result.to(at::kDouble) - exact) / scale).abs().max().item<double>();
    }

  private:
    at::Tensor weight_;
    at::Tensor location_;
    at::Tensor scale_;
    at::Tensor input_;
    at::Tensor output_;
};

class LibTorchCudaDevices final : public CudaDevices {
  public:
    std::vector<CudaDeviceInfo> list() override { return query_devices(); }

    CudaGraphCheck check_graph(int device_index) override {
        const auto devices = query_devices();
        if (device_index < 0 || device_index >= static_cast<int>(devices.size())) {
            throw Error(ErrorKind::unavailable, "CUDA device", std::to_string(device_index),
                        "is not there");
        }
        try {
            return captured_against_eager(device_index);
        } catch (const c10::Error& error) {
            throw Error(ErrorKind::failed, "CUDA graph", std::to_string(device_index),
                        error.what_without_backtrace());
        }
    }

  private:
    static CudaGraphCheck captured_against_eager(int device_index) {
        const c10::InferenceMode inference;
        // TF32 would round products to ten bits.
        at::globalContext().setAllowTF32CuBLAS(false);
        const auto index = static_cast<c10::DeviceIndex>(device_index);
        const c10::cuda::CUDAGuard device_guard(index);
        const auto stream = c10::cuda::getStreamFromPool(false, index);
        const c10::cuda::CUDAStreamGuard stream_guard(stream);
        ReadOut read_out(c10::Device(c10::kCUDA, index));
        for (int i = 0; i < kWarmUpRuns; ++i) read_out.run(stream);
        stream.synchronize();

        at::cuda::CUDAGraph graph;
        graph.capture_begin();
        read_out.run(stream);
        graph.capture_end();

        const at::Tensor host = at::linspace(-1, 1, kRows * kWidth).view({kRows, kWidth});
        read_out.set_input(host);
        read_out.run(stream);
        const at::Tensor eager = read_out.output();
        graph.replay();
        const at::Tensor first = read_out.output();
        graph.replay();
        const at::Tensor second = read_out.output();
        return {at::equal(eager, first) && at::equal(first, second),
                read_out.difference_of(host, first)};
    }
};

}  // namespace

extern "C" __attribute__((visibility("default"))) CudaDevices* tradewind_open_cuda_devices() {
    return new LibTorchCudaDevices;
}

}  // namespace tradewind::model

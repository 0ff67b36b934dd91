#include "model/networks/matrix_product.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

#include "model/network.hpp"

extern "C" void sgemm_(const char* transpose_a, const char* transpose_b, const int* m, const int* n,
                       const int* k, const float* alpha, const float* a, const int* a_stride,
                       const float* b, const int* b_stride, const float* beta, float* c,
                       const int* c_stride);

namespace tradewind::model {

void matrix_product(const float* weight, std::int64_t out, std::int64_t in, const float* x,
                    std::int64_t x_stride, float* y, std::int64_t tokens, float keep) {
    // BLAS is column-major: y as it lies there is weight x.
    const int m = static_cast<int>(out);
    const int n = static_cast<int>(tokens);
    const int k = static_cast<int>(in);
    const int stride = static_cast<int>(x_stride);
    const float one = 1;
    sgemm_("T", "N", &m, &n, &k, &one, weight, &k, x, &stride, &keep, y, &m);
}

extern "C" __attribute__((visibility("default"))) double tradewind_measure_products(
    std::int64_t tokens, std::int64_t in, std::int64_t out, int repeats) {
    const std::vector<float> weight(static_cast<std::size_t>(in * out), 0.25F);
    const std::vector<float> x(static_cast<std::size_t>(in * tokens), 0.5F);
    std::vector<float> y(static_cast<std::size_t>(out * tokens));
    const double operations =
        2.0 * static_cast<double>(tokens) * static_cast<double>(in) * static_cast<double>(out);
    const auto once = [&] {
        matrix_product(weight.data(), out, in, x.data(), in, y.data(), tokens, 0);
    };
    once();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < repeats; ++i) once();
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    return operations * repeats / std::max(passed.count(), 1e-12) / 1e9;
}

}  // namespace tradewind::model

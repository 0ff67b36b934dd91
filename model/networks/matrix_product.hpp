// The float32 matrix product of the library that LibTorch calls itself (BLAS), on row-major arrays.
// Any thread; one thread works, as many as LibTorch was told. Source: architecture 5.
#pragma once

#include <cstdint>

namespace tradewind::model {

// y[t] = keep * y[t] + weight x[t] for `tokens` rows: weight [out, in], x rows `x_stride` apart.
void matrix_product(const float* weight, std::int64_t out, std::int64_t in, const float* x,
                    std::int64_t x_stride, float* y, std::int64_t tokens, float keep);

}  // namespace tradewind::model

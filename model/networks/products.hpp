// Matrix products in the precision of a placement. In float32 they are LibTorch's own. In bf16 and
// f16 the operands and the result are rounded to 16 bits and sums run in float32, as matrix units
// do; the result comes back as float32. On the CPU the rounded operands are multiplied by the
// float32 product, so that the numbers do not depend on which 16-bit instructions a machine has.
// Biases are added in float32. Immutable; any thread. Source: forecast-models spec 5.5.
#pragma once

#include <ATen/ATen.h>

#include "model/network.hpp"

namespace tradewind::model {

class Products {
  public:
    Products(Precision precision, bool on_cpu)
        : half_(precision == Precision::bf16 ? at::kBFloat16 : at::kHalf),
          reduced_(precision != Precision::f32),
          on_cpu_(on_cpu) {}

    // A weight as linear() wants it: rounded once.
    [[nodiscard]] at::Tensor stored(const at::Tensor& weight) const {
        return reduced_ ? operand(weight) : weight;
    }
    // x W^T + b, W stored(); b undefined: none.
    [[nodiscard]] at::Tensor linear(const at::Tensor& x, const at::Tensor& weight,
                                    const at::Tensor& bias) const {
        if (!reduced_) {
            return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
        }
        at::Tensor result = rounded(at::linear(operand(x), weight));
        if (bias.defined()) result.add_(bias);
        return result;
    }
    [[nodiscard]] at::Tensor matmul(const at::Tensor& a, const at::Tensor& b) const {
        return reduced_ ? rounded(at::matmul(operand(a), operand(b))) : at::matmul(a, b);
    }

  private:
    [[nodiscard]] at::Tensor operand(const at::Tensor& x) const {
        return on_cpu_ ? x.to(half_).to(at::kFloat) : x.to(half_);
    }
    [[nodiscard]] at::Tensor rounded(const at::Tensor& x) const {
        return x.to(half_).to(at::kFloat);
    }

    at::ScalarType half_;
    bool reduced_;
    bool on_cpu_;
};

}  // namespace tradewind::model

// Pinball loss of the nine deciles in asinh space, with its derivative: the loss of the training.
// Pure; any thread. Source: training recipe 1 and 4.4.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "model/toto2_config.hpp"
#include "model/training/training_batch.hpp"

namespace tradewind::model {

// Sums over the weighted targets of one batch; two batches add up.
struct BatchLoss {
    double weight = 0;
    double loss = 0;             // weight x mean over nine levels
    double recorded_weight = 0;  // the part of real bars
    double recorded_loss = 0;
    double first_steps = 0;                       // targets one step ahead
    std::array<double, kToto2Quantiles> below{};  // of them, at most the decile

    [[nodiscard]] double mean() const { return weight > 0 ? loss / weight : 0; }
    BatchLoss& operator+=(const BatchLoss& other);
};

// `head` [B, V, S, 32, 9]: raw outputs. `gradient`, same shape, becomes d mean() / d head; empty:
// not wanted.
[[nodiscard]] BatchLoss training_loss(const TrainingBatch& batch, std::span<const float> head,
                                      std::span<float> gradient);

}  // namespace tradewind::model

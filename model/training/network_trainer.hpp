// A network that learns, behind plain types: what the loadable module `libtradewind_networks.so`
// implements with LibTorch's automatic differentiation.
//
// Weights, moments and the running average are flat arrays in the order of a ParameterTable.
// accumulate() may run in several threads at once for different shards; everything else needs the
// trainer for itself. Equal calls give equal bytes, whichever threads made them: a shard is
// computed by one thread, and shards are added in their order. Source: training recipe 4.4 and 4.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "model/toto2_config.hpp"
#include "model/training/training_batch.hpp"
#include "model/training/training_loss.hpp"

namespace tradewind::model {

// Everything that learning changes.
struct TrainerState {
    std::int64_t steps = 0;  // taken
    std::vector<float> weights;
    std::vector<float> first_moment;
    std::vector<float> second_moment;
    std::vector<float> average;
};

struct UpdateRates {
    double learning_rate = 0;
    double average_decay = 0;  // average = decay x average + (1 - decay) x weights
};

class NetworkTrainer {
  public:
    NetworkTrainer() = default;
    NetworkTrainer(const NetworkTrainer&) = delete;
    NetworkTrainer& operator=(const NetworkTrainer&) = delete;
    virtual ~NetworkTrainer() = default;

    // Loss of the shard; its gradient is kept until update().
    virtual BatchLoss accumulate(std::size_t shard, const TrainingBatch& batch) = 0;

    // One step of Adam (0.9, 0.98, 1e-10) with the mean of the shards' gradients.
    virtual void update(const UpdateRates& rates) = 0;

    // Raw head outputs [B, V, S, 32, 9] of the weights or of their average.
    [[nodiscard]] virtual std::vector<float> head_outputs(const TrainingBatch& batch,
                                                          bool average) = 0;

    // Gradient of a shard's mean loss by every parameter, after accumulate().
    [[nodiscard]] virtual std::vector<float> gradient(std::size_t shard) const = 0;

    [[nodiscard]] virtual TrainerState state() const = 0;
    virtual void restore(const TrainerState& state) = 0;
};

// A trainer that starts from `weights` (of ParameterTable::initial_values). Opens the module at the
// first call in the process. Throws Error: unavailable when it cannot be opened, usage for a
// configuration that cannot be trained.
[[nodiscard]] std::unique_ptr<NetworkTrainer> open_network_trainer(const Toto2Config& config,
                                                                   std::size_t shards,
                                                                   std::span<const float> weights);

extern "C" {
using OpenTrainerFunction = NetworkTrainer* (*)(const Toto2Config&, std::size_t,
                                                std::span<const float>);
}
constexpr const char* kOpenTrainerSymbol = "tradewind_open_trainer";

}  // namespace tradewind::model

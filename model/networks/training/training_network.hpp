// The Toto 2.0 network as it is trained: float32, constants folded into the weights inside the
// graph, differentiable. Built anew for every forward from the leaves of one shard. Only inside
// the loadable module. Source: forecast-models spec 2.3 to 2.5, training recipe 4.4 and 4.5.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "model/toto2_config.hpp"
#include "model/training/parameters.hpp"
#include "model/training/training_batch.hpp"

namespace tradewind::model {

class TrainingNetwork {
  public:
    // `leaves`: one tensor for each of table.trained(), in that order and shape.
    TrainingNetwork(const Toto2Config& config, const ParameterTable& table,
                    std::span<const at::Tensor> leaves);

    // Raw head outputs of every token: [B x V x S, 32 x 9].
    [[nodiscard]] at::Tensor forward(const TrainingBatch& batch) const;

  private:
    struct Linear {
        at::Tensor weight;
        at::Tensor bias;  // undefined: none
        [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
    };
    struct ResidualMlp {
        Linear linear1, linear2, skip;
        [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const;
    };
    struct Layer {
        bool across_variates = false;
        Linear in_proj;  // rows: rotating channels of q and k, other channels, then v
        Linear out_proj, fc1, fc2;
        double attention_trunk = 1, mlp_trunk = 1;  // what is left of the trunk at each join
    };
    struct Masks {
        at::Tensor time;      // [B V, 1, S, S], 0 or -inf
        at::Tensor variates;  // [B S, 1, V, V]; undefined: all visible
    };

    [[nodiscard]] at::Tensor leaf(const std::string& name) const;
    [[nodiscard]] Linear linear(const std::string& name, double factor, double bias_factor) const;
    [[nodiscard]] ResidualMlp residual_mlp(const std::string& name, bool readout) const;
    [[nodiscard]] Linear in_projection(const std::string& name) const;
    [[nodiscard]] Masks masks_of(const TrainingBatch& batch) const;
    [[nodiscard]] at::Tensor attention(const Layer& layer, const at::Tensor& x,
                                       const TrainingBatch& batch, const Masks& masks) const;
    [[nodiscard]] at::Tensor rotation(std::int64_t tokens) const;

    const Toto2Config& config_;
    const ParameterTable& table_;
    std::span<const at::Tensor> leaves_;
    ResidualMlp embedding_;
    ResidualMlp head_;
    std::vector<Layer> layers_;
};

}  // namespace tradewind::model

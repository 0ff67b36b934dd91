// The transformer of Toto 1.0: from scaled patches to the hidden state of the newest token, with or
// without a key/value cache. One owner; weights immutable. Inside the module, so torch types show.
// Source: forecast-models spec 1.5, 1.8, 1.9, 2.9.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "model/networks/products.hpp"

namespace tradewind::model {

// Keys (rotated and scaled) and values of the time layers by layer number: [R, V, H, S, d].
struct Toto1Cache {
    std::vector<at::Tensor> keys;
    std::vector<at::Tensor> values;

    [[nodiscard]] bool empty() const { return keys.empty(); }
    [[nodiscard]] std::int64_t tokens() const;
    // The cache of `paths` copies of every row, the path as the slow axis.
    [[nodiscard]] Toto1Cache replicated(std::int64_t paths) const;
};

class Toto1Transformer {
  public:
    using Stages = std::vector<NamedTensor>;

    Toto1Transformer(const Checkpoint& checkpoint, const NetworkPlacement& placement);

    // `tokens` [R, V, S, patch] of one call, the first behind the cached ones; `groups` [R, V]; the
    // last `exogenous` variates carry the exogenous label where the checkpoint has labels.
    // `cache` null: none is kept. Returns the newest token's hidden state [R, V, D]; with
    // `stages`, every layer runs on every token and records its tensors.
    [[nodiscard]] at::Tensor newest(const at::Tensor& tokens, const at::Tensor& groups,
                                    std::int64_t exogenous, Toto1Cache* cache,
                                    Stages* stages) const;

  private:
    struct Layer {
        bool across_variates = false;
        at::Tensor norm1_gain;
        at::Tensor norm2_gain;
        at::Tensor qkv_weight;  // rows as part, head, channel
        at::Tensor qkv_bias;
        at::Tensor out_weight;
        at::Tensor out_bias;
        at::Tensor gate_weight;
        at::Tensor gate_bias;
        at::Tensor down_weight;
        at::Tensor down_bias;
    };
    // Rotation and scaling of the tokens of one call: [S, d / 2] and [S, d].
    struct Positions {
        at::Tensor cosine;
        at::Tensor sine;
        at::Tensor decay;
    };
    struct Call {
        Positions positions;
        at::Tensor variate_mask;  // [R, 1, 1, V, V], true = visible; undefined: all
        Toto1Cache* cache = nullptr;
        Stages* stages = nullptr;
    };

    Layer load_layer(const Checkpoint& checkpoint, std::int64_t n) const;
    [[nodiscard]] at::Tensor head_major(const at::Tensor& stored) const;
    [[nodiscard]] Positions positions(std::int64_t start, std::int64_t count) const;
    [[nodiscard]] at::Tensor with_labels(const at::Tensor& hidden, std::int64_t exogenous) const;
    [[nodiscard]] at::Tensor attention(std::size_t n, const at::Tensor& x, bool newest_only,
                                       const Call& call) const;
    [[nodiscard]] at::Tensor mlp(const Layer& layer, const at::Tensor& x) const;
    [[nodiscard]] static at::Tensor norm(const at::Tensor& x, const at::Tensor& gain);
    [[nodiscard]] static at::Tensor rotate(const at::Tensor& x, const Positions& positions,
                                           bool is_query);
    void record_qkv(Stages* stages, const std::string& name, const at::Tensor& projected,
                    bool across_variates) const;

    Toto1Config config_;
    Products products_;
    at::Tensor embed_weight_;
    at::Tensor embed_bias_;
    at::Tensor target_label_;  // unit length; undefined: the checkpoint has no labels
    at::Tensor exogenous_label_;
    std::vector<Layer> layers_;
    std::size_t newest_from_ = 0;  // from this layer on only the newest token's output is read
};

// A tensor of the checkpoint as float32.
[[nodiscard]] at::Tensor float_weight(const Checkpoint& checkpoint, const std::string& plain_name);
// Appends a copy under a name; nothing where `stages` is null.
void record(std::vector<NamedTensor>* stages, const std::string& name, const at::Tensor& tensor);

}  // namespace tradewind::model

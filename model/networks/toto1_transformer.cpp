#include "model/networks/toto1_transformer.hpp"

#include <cmath>
#include <limits>

namespace tradewind::model {

namespace {

constexpr double kNormEpsilon = 1e-8;
constexpr double kRotaryBase = 10000;
constexpr double kXposBase = 512;

}  // namespace

at::Tensor float_weight(const Checkpoint& checkpoint, const std::string& plain_name) {
    const TensorView& view = checkpoint.tensor(plain_name);
    std::vector<float> values = view.to_float();
    return at::from_blob(values.data(), view.shape, at::kFloat).clone();
}

void record(std::vector<NamedTensor>* stages, const std::string& name, const at::Tensor& tensor) {
    if (stages == nullptr) return;
    const at::Tensor plain = tensor.to(at::kFloat).contiguous();
    const auto* values = plain.const_data_ptr<float>();
    stages->push_back({name, plain.sizes().vec(), {values, values + plain.numel()}});
}

std::int64_t Toto1Cache::tokens() const {
    for (const at::Tensor& key : keys) {
        if (key.defined()) return key.size(3);
    }
    return 0;
}

Toto1Cache Toto1Cache::replicated(std::int64_t paths) const {
    Toto1Cache result;
    const auto copy = [paths](const at::Tensor& tensor) {
        return tensor.defined() ? tensor.repeat({paths, 1, 1, 1, 1}) : tensor;
    };
    for (const at::Tensor& key : keys) result.keys.push_back(copy(key));
    for (const at::Tensor& value : values) result.values.push_back(copy(value));
    return result;
}

Toto1Transformer::Toto1Transformer(const Checkpoint& checkpoint, const NetworkPlacement& placement)
    : config_(checkpoint.toto1()), products_(placement.precision, placement.device == "cpu") {
    embed_weight_ =
        products_.stored(float_weight(checkpoint, "model.patch_embed.projection.weight"));
    embed_bias_ = float_weight(checkpoint, "model.patch_embed.projection.bias");
    if (checkpoint.has_tensor(kToto1TargetLabel)) {
        const auto unit_length = [&checkpoint](const char* name) {
            const at::Tensor label = float_weight(checkpoint, name);
            return label / label.norm().clamp_min(1e-12);
        };
        target_label_ = unit_length(kToto1TargetLabel);
        exogenous_label_ = unit_length(kToto1ExogenousLabel);
    }
    for (std::int64_t n = 0; n < config_.num_layers; ++n) {
        layers_.push_back(load_layer(checkpoint, n));
        if (!layers_.back().across_variates) newest_from_ = static_cast<std::size_t>(n);
    }
}

// Stored rows run part, channel, head (the head fastest); ours part, head, channel.
at::Tensor Toto1Transformer::head_major(const at::Tensor& stored) const {
    const at::Tensor parts = stored.unflatten(0, {3, config_.head_width(), config_.num_heads});
    return parts.transpose(1, 2).contiguous().flatten(0, 2);
}

Toto1Transformer::Layer Toto1Transformer::load_layer(const Checkpoint& checkpoint,
                                                     std::int64_t n) const {
    const std::string name = "model.transformer.layers." + std::to_string(n);
    const auto weight = [&](const char* part) {
        return products_.stored(float_weight(checkpoint, name + part));
    };
    Layer layer;
    layer.across_variates = config_.is_variate_layer(n);
    layer.norm1_gain = float_weight(checkpoint, name + ".norm1.scale");
    layer.norm2_gain = float_weight(checkpoint, name + ".norm2.scale");
    layer.qkv_weight = head_major(weight(".attention.wQKV.weight"));
    layer.qkv_bias = head_major(float_weight(checkpoint, name + ".attention.wQKV.bias"));
    layer.out_weight = weight(".attention.wO.weight");
    layer.out_bias = float_weight(checkpoint, name + ".attention.wO.bias");
    layer.gate_weight = weight(".mlp.0.weight");
    layer.gate_bias = float_weight(checkpoint, name + ".mlp.0.bias");
    layer.down_weight = weight(".mlp.2.weight");
    layer.down_bias = float_weight(checkpoint, name + ".mlp.2.bias");
    return layer;
}

Toto1Transformer::Positions Toto1Transformer::positions(std::int64_t start,
                                                        std::int64_t count) const {
    const auto width = static_cast<double>(config_.head_width());
    const std::int64_t half = config_.head_width() / 2;
    const std::int64_t centre = (start + count - 1) / 2;
    std::vector<float> cosine;
    std::vector<float> sine;
    std::vector<float> decay;
    for (std::int64_t t = start; t < start + count; ++t) {
        const auto power = static_cast<double>(t - centre) / kXposBase;
        for (std::int64_t i = 0; i < half; ++i) {
            const double angle =
                static_cast<double>(t) * std::pow(kRotaryBase, -2 * static_cast<double>(i) / width);
            cosine.push_back(static_cast<float>(std::cos(angle)));
            sine.push_back(static_cast<float>(std::sin(angle)));
        }
        // Two halves, although the rotation pairs neighbours: the weights were trained so.
        for (std::int64_t i = 0; i < 2 * half; ++i) {
            const double zeta = (2 * static_cast<double>(i % half) + 0.4 * width) / (1.4 * width);
            decay.push_back(static_cast<float>(std::pow(zeta, power)));
        }
    }
    const auto table = [count](std::vector<float>& values, std::int64_t columns) {
        return at::from_blob(values.data(), {count, columns}, at::kFloat).clone();
    };
    return {table(cosine, half), table(sine, half), table(decay, 2 * half)};
}

at::Tensor Toto1Transformer::norm(const at::Tensor& x, const at::Tensor& gain) {
    const at::Tensor mean_square = x.square().mean(-1, /*keepdim=*/true);
    return (x / mean_square.add_(kNormEpsilon).sqrt_()).mul_(gain);
}

at::Tensor Toto1Transformer::rotate(const at::Tensor& x, const Positions& positions,
                                    bool is_query) {
    // A query of the newest token alone takes the last row of the tables.
    const std::int64_t count = x.size(-2);
    const auto rows = [count](const at::Tensor& table) {
        return table.slice(0, table.size(0) - count);
    };
    const at::Tensor pairs = x.unflatten(-1, {-1, 2});
    const at::Tensor first = pairs.select(-1, 0);
    const at::Tensor second = pairs.select(-1, 1);
    const at::Tensor cosine = rows(positions.cosine);
    const at::Tensor sine = rows(positions.sine);
    const at::Tensor turned =
        at::stack({first * cosine - second * sine, second * cosine + first * sine}, -1).flatten(-2);
    return is_query ? turned * rows(positions.decay) : turned / rows(positions.decay);
}

void Toto1Transformer::record_qkv(Stages* stages, const std::string& name,
                                  const at::Tensor& projected, bool across_variates) const {
    if (stages == nullptr) return;
    // Back to the stored order of features, and to sequences as rows.
    const at::Tensor features = projected.unflatten(-1, {3, config_.num_heads, -1})
                                    .transpose(-1, -2)
                                    .contiguous()
                                    .flatten(-3);
    record(stages, name, (across_variates ? features.transpose(1, 2) : features).flatten(0, 1));
}

at::Tensor Toto1Transformer::attention(std::size_t n, const at::Tensor& x, bool newest_only,
                                       const Call& call) const {
    const Layer& layer = layers_[n];
    const std::int64_t width = config_.embed_dim;
    at::Tensor query;
    at::Tensor rest;
    if (newest_only) {
        query = products_.linear(x.slice(2, x.size(2) - 1), layer.qkv_weight.slice(0, 0, width),
                                 layer.qkv_bias.slice(0, 0, width));
        rest =
            products_.linear(x, layer.qkv_weight.slice(0, width), layer.qkv_bias.slice(0, width));
    } else {
        const at::Tensor projected = products_.linear(x, layer.qkv_weight, layer.qkv_bias);
        record_qkv(call.stages, "layer." + std::to_string(n) + ".wQKV", projected,
                   layer.across_variates);
        query = projected.slice(-1, 0, width);
        rest = projected.slice(-1, width);
    }
    const auto heads = [&](const at::Tensor& features) {
        const at::Tensor split = features.unflatten(-1, {config_.num_heads, -1});
        return layer.across_variates ? split.permute({0, 2, 3, 1, 4})
                                     : split.permute({0, 1, 3, 2, 4});
    };
    query = heads(query);
    at::Tensor key = heads(rest.slice(-1, 0, width));
    at::Tensor value = heads(rest.slice(-1, width));
    at::Tensor mask = call.variate_mask;
    if (!layer.across_variates) {
        query = rotate(query, call.positions, true);
        key = rotate(key, call.positions, false);
        const std::int64_t own = key.size(3);
        if (call.cache != nullptr) {
            at::Tensor& keys = call.cache->keys[n];
            at::Tensor& values = call.cache->values[n];
            keys = keys.defined() ? at::cat({keys, key}, 3) : key;
            values = values.defined() ? at::cat({values, value}, 3) : value.contiguous();
            key = keys;
            value = values;
        }
        // One query sees all keys; several, each the keys up to its own.
        mask = query.size(3) == 1 ? at::Tensor()
                                  : at::ones({own, key.size(3)}, at::kBool).tril(key.size(3) - own);
    }
    const double scale = 1 / std::sqrt(static_cast<double>(config_.head_width()));
    at::Tensor scores = products_.matmul(query * scale, key.transpose(-1, -2));
    if (mask.defined()) {
        scores.masked_fill_(mask.logical_not(), -std::numeric_limits<float>::infinity());
    }
    const at::Tensor mixed = products_.matmul(at::softmax(scores, -1), value);
    const at::Tensor joined =
        layer.across_variates ? mixed.permute({0, 3, 1, 2, 4}) : mixed.permute({0, 1, 3, 2, 4});
    return products_.linear(joined.flatten(3), layer.out_weight, layer.out_bias);
}

at::Tensor Toto1Transformer::mlp(const Layer& layer, const at::Tensor& x) const {
    const at::Tensor wide = products_.linear(x, layer.gate_weight, layer.gate_bias);
    const at::Tensor gated = at::silu(wide.slice(-1, 0, config_.mlp_hidden_dim))
                                 .mul_(wide.slice(-1, config_.mlp_hidden_dim));
    return products_.linear(gated, layer.down_weight, layer.down_bias);
}

at::Tensor Toto1Transformer::with_labels(const at::Tensor& hidden, std::int64_t exogenous) const {
    const std::int64_t variates = hidden.size(1);
    const at::Tensor labels = at::cat({target_label_.expand({variates - exogenous, -1}),
                                       exogenous_label_.expand({exogenous, -1})});
    const at::Tensor front = labels.unsqueeze(1).expand({hidden.size(0), -1, -1, -1});
    return at::cat({front, hidden}, 2);
}

at::Tensor Toto1Transformer::newest(const at::Tensor& tokens, const at::Tensor& groups,
                                    std::int64_t exogenous, Toto1Cache* cache,
                                    Stages* stages) const {
    const bool first_call = cache == nullptr || cache->empty();
    at::Tensor hidden = products_.linear(tokens, embed_weight_, embed_bias_);
    record(stages, "patch_embed", hidden);
    const std::int64_t labels = first_call && target_label_.defined() ? 1 : 0;
    if (labels != 0) hidden = with_labels(hidden, exogenous);
    if (cache != nullptr && cache->empty()) {
        cache->keys.resize(layers_.size());
        cache->values.resize(layers_.size());
    }
    Call call;
    call.cache = cache;
    call.stages = stages;
    call.positions = positions(cache == nullptr ? 0 : cache->tokens(), hidden.size(2));
    if (groups.size(1) > 1) {
        call.variate_mask = groups.unsqueeze(-1).eq(groups.unsqueeze(-2)).unsqueeze(1).unsqueeze(1);
    }
    const auto record_tokens = [&](const std::string& name, const at::Tensor& tensor) {
        record(stages, name, tensor.slice(2, labels));
    };
    for (std::size_t n = 0; n < layers_.size(); ++n) {
        const Layer& layer = layers_[n];
        const std::string name = "layer." + std::to_string(n);
        const bool narrow = stages == nullptr && n == newest_from_ && hidden.size(2) > 1;
        at::Tensor normed = norm(hidden, layer.norm1_gain);
        record_tokens(name + ".norm1", normed);
        if (narrow && layer.across_variates) normed = normed.slice(2, normed.size(2) - 1);
        const bool newest_query = narrow && !layer.across_variates;
        const at::Tensor mixed = attention(n, normed, newest_query, call);
        record_tokens(name + ".attn", mixed);
        if (narrow) hidden = hidden.slice(2, hidden.size(2) - 1);
        hidden = hidden + mixed;
        normed = norm(hidden, layer.norm2_gain);
        record_tokens(name + ".norm2", normed);
        const at::Tensor branch = mlp(layer, normed);
        record_tokens(name + ".mlp", branch);
        hidden = hidden + branch;
        record_tokens(name + ".out", hidden);
    }
    return hidden.select(2, hidden.size(2) - 1);
}

}  // namespace tradewind::model

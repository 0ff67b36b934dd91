#include "model/networks/training/training_network.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <complex>
#include <limits>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

constexpr double kSiluGain = 1.7667829483123283;
constexpr double kXposBase = 256;
const double kRootTwo = std::sqrt(2.0);

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// x / sqrt(mean(x^2) + eps), with the derivative in four passes instead of ten.
struct RootMeanSquareNorm : torch::autograd::Function<RootMeanSquareNorm> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x, double epsilon) {
        const at::Tensor reciprocal = x.square().mean(-1, /*keepdim=*/true).add_(epsilon).rsqrt_();
        at::Tensor result = x * reciprocal;
        context->save_for_backward({result, reciprocal});
        return result;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const at::Tensor& gradient = gradients[0];
        const at::Tensor along = (gradient * saved[0]).mean(-1, /*keepdim=*/true);
        return {at::addcmul(gradient, saved[0], along, -1).mul_(saved[1]), at::Tensor()};
    }
};

// First half times silu of the second half.
struct GatedSilu : torch::autograd::Function<GatedSilu> {
    static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
        const std::int64_t width = x.size(-1) / 2;
        const at::Tensor active = at::silu(x.narrow(-1, width, width));
        context->save_for_backward({x, active});
        return x.narrow(-1, 0, width) * active;
    }
    static variable_list backward(AutogradContext* context, const variable_list& gradients) {
        const variable_list saved = context->get_saved_variables();
        const std::int64_t width = saved[1].size(-1);
        at::Tensor result = at::empty_like(saved[0]);
        at::Tensor gate = result.narrow(-1, 0, width);
        at::Tensor activated = result.narrow(-1, width, width);
        at::mul_out(gate, gradients[0], saved[1]);
        at::silu_backward_out(activated, gradients[0] * saved[0].narrow(-1, 0, width),
                              saved[0].narrow(-1, width, width));
        return {result};
    }
};

at::Tensor normalised(const at::Tensor& x, double epsilon) {
    return RootMeanSquareNorm::apply(x, epsilon);
}

}  // namespace

at::Tensor TrainingNetwork::Linear::operator()(const at::Tensor& x) const {
    return bias.defined() ? at::addmm(bias, x, weight.t()) : at::mm(x, weight.t());
}

at::Tensor TrainingNetwork::ResidualMlp::operator()(const at::Tensor& x) const {
    return at::addmm(linear2(at::silu(linear1(x))), x, skip.weight.t()) + skip.bias;
}

TrainingNetwork::TrainingNetwork(const Toto2Config& config, const ParameterTable& table,
                                 std::span<const at::Tensor> leaves)
    : config_(config), table_(table), leaves_(leaves) {
    embedding_ = residual_mlp("patch_proj", false);
    head_ = residual_mlp("output_head.param_projection.proj", true);
    for (std::int64_t n = 0; n < config.num_layers; ++n) {
        const std::string name = "transformer.layers." + std::to_string(n);
        const auto join = [](double tau) { return tau / std::sqrt(1 + tau * tau); };
        const auto trunk = [](double tau) { return 1 / std::sqrt(1 + tau * tau); };
        Layer layer;
        layer.across_variates = config.is_variate_layer(n);
        layer.in_proj = in_projection(name + ".attn");
        const double out = join(table.attention_tau(n)) /
                           std::sqrt(static_cast<double>(config.num_heads * config.v_dim));
        layer.out_proj = linear(name + ".attn.out_proj", out, out);
        layer.fc1 = linear(name + ".ffn.fc1", 1 / std::sqrt(config.d_model), 0);
        layer.fc2 = linear(name + ".ffn.fc2", join(table.mlp_tau(n)) / std::sqrt(config.d_ff), 0);
        layer.attention_trunk = trunk(table.attention_tau(n));
        layer.mlp_trunk = trunk(table.mlp_tau(n));
        layers_.push_back(std::move(layer));
    }
}

at::Tensor TrainingNetwork::leaf(const std::string& name) const {
    const auto place = static_cast<std::size_t>(&table_.at(name) - table_.trained().data());
    return leaves_[place];
}

TrainingNetwork::Linear TrainingNetwork::linear(const std::string& name, double factor,
                                                double bias_factor) const {
    Linear result;
    result.weight = leaf(name + ".weight") * factor;
    if (bias_factor != 0) result.bias = leaf(name + ".bias") * bias_factor;
    return result;
}

TrainingNetwork::ResidualMlp TrainingNetwork::residual_mlp(const std::string& name,
                                                           bool readout) const {
    const auto divisor = [readout](const at::Tensor& weight) {
        const auto fan_in = static_cast<double>(weight.size(1));
        return kRootTwo * (readout ? fan_in : std::sqrt(fan_in));
    };
    const double first = 1 / std::sqrt(static_cast<double>(leaf(name + ".linear1.weight").size(1)));
    const double second = 1 / divisor(leaf(name + ".linear2.weight"));
    const double skip = 1 / divisor(leaf(name + ".skip_proj.weight"));
    return {linear(name + ".linear1", first, first),
            linear(name + ".linear2", kSiluGain * second, second),
            linear(name + ".skip_proj", skip, skip)};
}

// Rows in the order in which attention() cuts them; the scale of the scores goes into the queries.
TrainingNetwork::Linear TrainingNetwork::in_projection(const std::string& name) const {
    const std::int64_t heads = config_.num_heads;
    const std::int64_t width = config_.qk_dim;
    const std::int64_t rotating = width / 2;
    const at::Tensor weight = leaf(name + ".in_proj.weight");
    std::vector<std::int64_t> order;
    for (const std::int64_t half : {std::int64_t{0}, rotating}) {
        for (std::int64_t head = 0; head < 2 * heads; ++head) {  // queries, then keys
            for (std::int64_t i = 0; i < rotating; ++i) order.push_back(head * width + half + i);
        }
    }
    for (std::int64_t i = 2 * heads * width; i < weight.size(0); ++i) order.push_back(i);
    const at::Tensor rows = at::tensor(order, at::kLong);
    const double factor = 1 / std::sqrt(static_cast<double>(weight.size(1)));
    const at::Tensor scale = at::softplus(leaf(name + "._pds.per_dim_scale")) *
                             (factor / (std::log(2.0) * static_cast<double>(width)));
    const at::Tensor other = at::full({weight.size(0) - heads * width}, factor, at::kFloat);
    const at::Tensor row_factor = at::cat({scale.repeat({heads}), other}).index_select(0, rows);
    return {weight.index_select(0, rows) * row_factor.unsqueeze(1),
            leaf(name + ".in_proj.bias").index_select(0, rows) * row_factor};
}

TrainingNetwork::Masks TrainingNetwork::masks_of(const TrainingBatch& batch) const {
    constexpr float kHidden = -std::numeric_limits<float>::infinity();
    const std::size_t tokens = batch.tokens;
    const std::size_t sequences = batch.rows * batch.variates;
    Masks masks;
    masks.time = at::empty({static_cast<std::int64_t>(sequences), 1,
                            static_cast<std::int64_t>(tokens), static_cast<std::int64_t>(tokens)},
                           at::kFloat);
    auto* out = masks.time.data_ptr<float>();
    for (std::size_t row = 0; row < sequences; ++row) {
        const std::uint8_t* const empty = batch.empty.data() + row * tokens;
        for (std::size_t a = 0; a < tokens; ++a) {
            for (std::size_t b = 0; b < tokens; ++b) {
                *out++ = b <= a && empty[a] == empty[b] ? 0.0F : kHidden;
            }
        }
    }
    if (batch.variates == 1) return masks;
    std::vector<float> across;
    bool any_hidden = false;
    for (std::size_t row = 0; row < batch.rows; ++row) {
        const std::uint8_t* const empty = batch.empty.data() + row * batch.variates * tokens;
        for (std::size_t s = 0; s < tokens; ++s) {
            for (std::size_t a = 0; a < batch.variates; ++a) {
                for (std::size_t b = 0; b < batch.variates; ++b) {
                    const bool seen = empty[a * tokens + s] == empty[b * tokens + s];
                    across.push_back(seen ? 0.0F : kHidden);
                    any_hidden = any_hidden || !seen;
                }
            }
        }
    }
    if (any_hidden) {
        const auto variates = static_cast<std::int64_t>(batch.variates);
        masks.variates = at::tensor(across).view(
            {static_cast<std::int64_t>(batch.rows * tokens), 1, variates, variates});
    }
    return masks;
}

// Unit vectors times the xPos factor, as complex numbers: [S, 2 x heads, pairs].
at::Tensor TrainingNetwork::rotation(std::int64_t tokens) const {
    const std::int64_t heads = config_.num_heads;
    const std::int64_t pairs = config_.qk_dim / 4;
    const auto channels = static_cast<double>(2 * pairs);
    const auto centre = static_cast<double>((tokens + 1) / 2);
    at::Tensor table = at::empty({tokens, 2 * heads, pairs}, at::kComplexFloat);
    auto* out = table.data_ptr<c10::complex<float>>();
    for (std::int64_t s = 0; s < tokens; ++s) {
        for (std::int64_t head = 0; head < 2 * heads; ++head) {
            for (std::int64_t i = 0; i < pairs; ++i) {
                const double channel = static_cast<double>(2 * i);
                const double angle =
                    static_cast<double>(s) * std::pow(10000.0, -channel / channels);
                double factor = 1;
                if (config_.use_xpos) {
                    const double zeta = (channel + 0.4 * channels) / (1.4 * channels);
                    const double exponent = (static_cast<double>(s) - centre) / kXposBase;
                    factor = std::pow(zeta, head < heads ? exponent : -exponent);
                }
                *out++ = {static_cast<float>(std::cos(angle) * factor),
                          static_cast<float>(std::sin(angle) * factor)};
            }
        }
    }
    return table;
}

at::Tensor TrainingNetwork::attention(const Layer& layer, const at::Tensor& x,
                                      const TrainingBatch& batch, const Masks& masks) const {
    const std::int64_t heads = config_.num_heads;
    const std::int64_t half = config_.qk_dim / 2;
    const auto rows = static_cast<std::int64_t>(batch.rows);
    const auto variates = static_cast<std::int64_t>(batch.variates);
    const auto tokens = static_cast<std::int64_t>(batch.tokens);
    if (layer.across_variates && variates == 1) {
        // A softmax over one variate is one: the values pass through.
        const std::int64_t first = 4 * heads * half;
        const Linear values = {layer.in_proj.weight.slice(0, first),
                               layer.in_proj.bias.slice(0, first)};
        return layer.out_proj(values(x));
    }
    const auto parts = layer.in_proj(x).split_with_sizes(
        {2 * heads * half, 2 * heads * half, heads * config_.v_dim}, -1);
    at::Tensor rotating = parts[0].view({rows * variates, tokens, 2 * heads, half});
    const at::Tensor resting = parts[1].view({rows * variates, tokens, 2 * heads, half});
    if (!layer.across_variates) {
        const at::Tensor complex =
            at::view_as_complex(rotating.unflatten(-1, {half / 2, 2})) * rotation(tokens);
        rotating = at::view_as_real(complex).flatten(-2);
    }
    at::Tensor both = at::cat({rotating, resting}, -1);  // [B V, S, q and k heads, qk]
    at::Tensor value = parts[2].view({rows * variates, tokens, heads, config_.v_dim});
    const auto arranged = [&](const at::Tensor& tensor) {
        if (!layer.across_variates) return tensor.transpose(1, 2);
        return tensor.unflatten(0, {rows, variates}).permute({0, 2, 3, 1, 4}).flatten(0, 1);
    };
    const at::Tensor query = arranged(both.narrow(2, 0, heads));
    const at::Tensor key = arranged(both.narrow(2, heads, heads));
    value = arranged(value);
    at::Tensor scores = at::matmul(query, key.transpose(-1, -2));
    const at::Tensor& mask = layer.across_variates ? masks.variates : masks.time;
    if (mask.defined()) scores = scores + mask;
    at::Tensor mixed = at::matmul(at::softmax(scores, -1), value);
    if (layer.across_variates) {
        mixed = mixed.unflatten(0, {rows, tokens}).permute({0, 3, 1, 2, 4});
    } else {
        mixed = mixed.transpose(1, 2);
    }
    return layer.out_proj(mixed.reshape({rows * variates * tokens, heads * config_.v_dim}));
}

at::Tensor TrainingNetwork::forward(const TrainingBatch& batch) const {
    const auto count = static_cast<std::int64_t>(batch.rows * batch.variates * batch.tokens);
    const at::Tensor inputs =
        at::from_blob(const_cast<float*>(batch.inputs.data()),
                      {count, static_cast<std::int64_t>(2 * kTrainingPatch)}, at::kFloat);
    const Masks masks = masks_of(batch);
    at::Tensor hidden = embedding_(inputs);
    for (const Layer& layer : layers_) {
        at::Tensor branch = attention(layer, normalised(hidden, config_.norm_eps), batch, masks);
        hidden = at::add(branch, hidden, layer.attention_trunk);
        branch = layer.fc2(GatedSilu::apply(layer.fc1(normalised(hidden, config_.norm_eps))));
        hidden = at::add(branch, hidden, layer.mlp_trunk);
    }
    return head_(normalised(hidden, config_.norm_eps));
}

}  // namespace tradewind::model

#include "model/networks/toto2_network.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <limits>
#include <mutex>
#include <optional>

#include "messages/error.hpp"
#include "model/networks/products.hpp"
#include "model/networks/toto2_folded.hpp"
#include "model/networks/toto2_series.hpp"

namespace tradewind::model {

namespace {

// exp(0.2 ln 2 + 0.4 ln(2 / (1 - 1/pi))): keeps the variance of silu at one.
constexpr double kSiluGain = 1.7667829483123283;
constexpr double kXposBase = 256;

struct Linear {
    at::Tensor weight;  // [out, in]
    at::Tensor bias;    // undefined: none
    double divisor = 1;
    Products products{Precision::f32, true};

    [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const {
        return products.linear(x, weight, bias).div_(divisor);
    }
};

struct ResidualMlp {
    Linear linear1;
    Linear linear2;
    Linear skip;

    [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const {
        const at::Tensor inner = at::silu(linear1(x)).mul_(kSiluGain);
        return linear2(inner).add_(skip(x)).div_(std::sqrt(2.0));
    }
};

struct Layer {
    bool across_variates = false;
    double attention_tau = 0;
    double mlp_tau = 0;
    Linear in_proj;
    Linear out_proj;
    at::Tensor query_scale;  // [qk]; undefined: none
    at::Tensor query_gain;   // of qk_norm
    at::Tensor key_gain;
    Linear fc1;
    Linear fc2;
    at::Tensor norm1_gain;
    at::Tensor norm2_gain;
};

// Keys and values of the tokens that stay, per time layer: [B, N, G, S, .].
struct Cache {
    std::vector<at::Tensor> keys;
    std::vector<at::Tensor> values;
    at::Tensor nonempty;  // [B, N, S] bool
};

// One pass over `count` tokens of every row, the first at absolute position `start`.
struct Pass {
    at::Tensor tokens;        // [B, N, S, 2 patch]
    at::Tensor time_mask;     // [B, N, 1, S, cached + S], true = visible
    at::Tensor variate_mask;  // [B, S, 1, N, N]; undefined: all visible
    std::int64_t start = 0;
    std::int64_t largest_position = 0;  // that decides the xPos centre
    std::int64_t keep = 0;              // tokens that enter the cache
};

at::Tensor float_tensor(const std::vector<float>& values, at::IntArrayRef shape) {
    return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat).clone();
}

// LibTorch's own threads, for as long as a measurement asks for them.
class ThreadsInside {
  public:
    explicit ThreadsInside(std::int64_t count) : before_(at::get_num_threads()) {
        if (count > 0) at::set_num_threads(static_cast<int>(count));
    }
    ThreadsInside(const ThreadsInside&) = delete;
    ThreadsInside& operator=(const ThreadsInside&) = delete;
    ~ThreadsInside() {
        if (at::get_num_threads() != before_) at::set_num_threads(before_);
    }

  private:
    int before_;
};

class Toto2Network final : public Network {
  public:
    Toto2Network(const Checkpoint& checkpoint, const NetworkPlacement& placement);

    NetworkOutput run(const NetworkInput& input, const NetworkOptions& options) override;
    [[nodiscard]] std::string description() const override { return description_; }
    [[nodiscard]] NetworkTraits traits() const override { return {true, folded_.has_value()}; }
    [[nodiscard]] NetworkWork work() const override {
        return folded_ ? folded_->work() : NetworkWork{};
    }

  private:
    using Stages = std::vector<NamedTensor>;

    void load_plain();
    at::Tensor load(const SafeTensors& tensors, const std::string& name) const;
    Linear load_linear(const SafeTensors& tensors, const std::string& name,
                       const Products& products, bool readout = false) const;
    ResidualMlp load_mlp(const SafeTensors& tensors, const std::string& name, bool readout) const;
    Layer load_layer(const SafeTensors& tensors, std::int64_t n) const;

    [[nodiscard]] at::Tensor norm(const at::Tensor& x, const at::Tensor& gain) const;
    void rotate(at::Tensor& x, const Pass& pass, bool is_query) const;
    at::Tensor attention(const Layer& layer, std::int64_t n, const at::Tensor& x, const Pass& pass,
                         Cache* cache, Stages* stages) const;
    at::Tensor forward(const Pass& pass, Cache* cache, Stages* stages) const;
    std::vector<float> read_out(const at::Tensor& hidden, std::int64_t first, std::int64_t count,
                                Stages* stages) const;
    void single_pass(Toto2Series& series, const NetworkOptions& options, Stages* stages) const;
    void block_passes(Toto2Series& series, const NetworkOptions& options) const;

    Checkpoint checkpoint_;
    Toto2Config config_;
    Products products_;
    std::optional<Toto2Folded> folded_;
    std::once_flag plain_loaded_;
    ResidualMlp embedding_;
    ResidualMlp head_;
    std::vector<Layer> layers_;
    at::Tensor out_norm_gain_;
    std::string description_;
};

void record(std::vector<NamedTensor>* stages, const std::string& name, const at::Tensor& tensor) {
    if (stages == nullptr) return;
    const at::Tensor plain = tensor.to(at::kFloat).contiguous();
    const auto* values = plain.const_data_ptr<float>();
    stages->push_back({name, plain.sizes().vec(), {values, values + plain.numel()}});
}

Toto2Network::Toto2Network(const Checkpoint& checkpoint, const NetworkPlacement& placement)
    : checkpoint_(checkpoint),
      config_(checkpoint.toto2()),
      products_(placement.precision, placement.device == "cpu") {
    const bool plain_only = placement.precision != Precision::f32;
    if (!plain_only && Toto2Folded::supports(config_)) folded_.emplace(checkpoint);
    description_ = "toto2 on " + placement.device + ", " + name_of(placement.precision) + ", " +
                   std::to_string(at::get_num_threads()) + " thread(s)";
}

// The weights as they are stored, for what the folded form does not do.
void Toto2Network::load_plain() {
    const SafeTensors& tensors = checkpoint_.tensors();
    embedding_ = load_mlp(tensors, "patch_proj", false);
    head_ = load_mlp(tensors, "output_head.param_projection.proj", true);
    for (std::int64_t n = 0; n < config_.num_layers; ++n) layers_.push_back(load_layer(tensors, n));
    if (config_.norm_include_weight) out_norm_gain_ = load(tensors, "transformer.out_norm.weight");
}

at::Tensor Toto2Network::load(const SafeTensors& tensors, const std::string& name) const {
    const TensorView& view = tensors.at(name);
    return float_tensor(view.to_float(), view.shape);
}

Linear Toto2Network::load_linear(const SafeTensors& tensors, const std::string& name,
                                 const Products& products, bool readout) const {
    Linear linear;
    linear.products = products;
    linear.weight = products.stored(load(tensors, name + ".weight"));
    if (tensors.find(name + ".bias") != nullptr) linear.bias = load(tensors, name + ".bias");
    const auto fan_in = static_cast<double>(linear.weight.size(1));
    linear.divisor = readout ? fan_in : std::sqrt(fan_in);
    return linear;
}

ResidualMlp Toto2Network::load_mlp(const SafeTensors& tensors, const std::string& name,
                                   bool readout) const {
    // The head stays in float32: sinh would magnify its rounding.
    const Products products = readout ? Products(Precision::f32, true) : products_;
    return {load_linear(tensors, name + ".linear1", products),
            load_linear(tensors, name + ".linear2", products, readout),
            load_linear(tensors, name + ".skip_proj", products, readout)};
}

Layer Toto2Network::load_layer(const SafeTensors& tensors, std::int64_t n) const {
    const std::string name = "transformer.layers." + std::to_string(n);
    Layer layer;
    layer.across_variates = config_.is_variate_layer(n);
    layer.attention_tau = tensors.at(name + ".attn_tau").to_double().at(0);
    layer.mlp_tau = tensors.at(name + ".mlp_tau").to_double().at(0);
    layer.in_proj = load_linear(tensors, name + ".attn.in_proj", products_);
    layer.out_proj = load_linear(tensors, name + ".attn.out_proj", products_);
    layer.fc1 = load_linear(tensors, name + ".ffn.fc1", products_);
    layer.fc2 = load_linear(tensors, name + ".ffn.fc2", products_);
    if (config_.per_dim_scale) {
        const at::Tensor stored = load(tensors, name + ".attn._pds.per_dim_scale");
        layer.query_scale = at::softplus(stored.to(at::kDouble)).div_(std::log(2.0)).to(at::kFloat);
    }
    if (config_.qk_norm && config_.qk_norm_include_weight) {
        layer.query_gain = load(tensors, name + ".attn.q_norm.weight");
        layer.key_gain = load(tensors, name + ".attn.k_norm.weight");
    }
    if (config_.norm_include_weight) {
        layer.norm1_gain = load(tensors, name + ".norm1.weight");
        layer.norm2_gain = load(tensors, name + ".norm2.weight");
    }
    return layer;
}

at::Tensor Toto2Network::norm(const at::Tensor& x, const at::Tensor& gain) const {
    const at::Tensor mean_square = x.square().mean(-1, /*keepdim=*/true);
    at::Tensor result = x / mean_square.add_(config_.norm_eps).sqrt_();
    if (gain.defined()) result.mul_(gain);
    return result;
}

// Rotation and xPos on the first half of the channels of x [B, N, heads, S, qk], in place.
void Toto2Network::rotate(at::Tensor& x, const Pass& pass, bool is_query) const {
    const std::int64_t channels = config_.qk_dim / 2;
    const std::int64_t pairs = channels / 2;
    const std::int64_t tokens = x.size(3);
    const auto centre = static_cast<double>((pass.largest_position + 1) / 2);
    at::Tensor cosine = at::empty({tokens, pairs}, at::kFloat);
    at::Tensor sine = at::empty({tokens, pairs}, at::kFloat);
    auto* const cosines = cosine.data_ptr<float>();
    auto* const sines = sine.data_ptr<float>();
    for (std::int64_t s = 0; s < tokens; ++s) {
        const auto position = static_cast<double>(pass.start + s);
        for (std::int64_t i = 0; i < pairs; ++i) {
            const auto channel = static_cast<double>(2 * i);
            const auto width = static_cast<double>(channels);
            const double angle = position * std::pow(10000.0, -channel / width);
            double factor = 1;
            if (config_.use_xpos) {
                const double zeta = (channel + 0.4 * width) / (1.4 * width);
                const double exponent = (position - centre) / kXposBase;
                factor = std::pow(zeta, is_query ? exponent : -exponent);
            }
            cosines[s * pairs + i] = static_cast<float>(std::cos(angle) * factor);
            sines[s * pairs + i] = static_cast<float>(std::sin(angle) * factor);
        }
    }
    at::Tensor even = x.slice(-1, 0, channels, 2);
    at::Tensor odd = x.slice(-1, 1, channels, 2);
    const at::Tensor rotated_even = even * cosine - odd * sine;
    const at::Tensor rotated_odd = odd * cosine + even * sine;
    even.copy_(rotated_even);
    odd.copy_(rotated_odd);
}

at::Tensor Toto2Network::attention(const Layer& layer, std::int64_t n, const at::Tensor& x,
                                   const Pass& pass, Cache* cache, Stages* stages) const {
    const std::string name = "layer." + std::to_string(n);
    const std::int64_t heads = config_.num_heads;
    const std::int64_t groups = config_.num_groups;
    const at::Tensor projected = layer.in_proj(x);
    record(stages, name + ".in_proj", projected);
    const std::int64_t query_width = heads * config_.qk_dim;
    const std::int64_t key_width = groups * config_.qk_dim;
    const auto split = [&](std::int64_t from, std::int64_t count, std::int64_t channels) {
        // [B, N, S, count x channels]: time layers want [B, N, count, S, .], the others [B, S,
        // ...].
        const at::Tensor part =
            projected.slice(-1, from, from + count * channels).unflatten(-1, {count, channels});
        return layer.across_variates ? part.permute({0, 2, 3, 1, 4}).contiguous()
                                     : part.permute({0, 1, 3, 2, 4}).contiguous();
    };
    at::Tensor query = split(0, heads, config_.qk_dim);
    at::Tensor key = split(query_width, groups, config_.qk_dim);
    at::Tensor value = split(query_width + key_width, groups, config_.v_dim);
    if (config_.qk_norm) {
        query = norm(query, layer.query_gain);
        key = norm(key, layer.key_gain);
    }
    if (layer.query_scale.defined()) query.mul_(layer.query_scale);
    at::Tensor mask = pass.variate_mask;
    if (!layer.across_variates) {
        rotate(query, pass, true);
        rotate(key, pass, false);
        record(stages, name + ".q_rot", query);
        record(stages, name + ".k_rot", key);
        mask = pass.time_mask;
        if (cache != nullptr) {
            const auto place = static_cast<std::size_t>(n);
            const at::Tensor kept_key = key.slice(3, 0, pass.keep);
            const at::Tensor kept_value = value.slice(3, 0, pass.keep);
            const bool first = !cache->keys[place].defined();
            const at::Tensor all_keys = first ? key : at::cat({cache->keys[place], key}, 3);
            const at::Tensor all_values = first ? value : at::cat({cache->values[place], value}, 3);
            cache->keys[place] = first ? kept_key : at::cat({cache->keys[place], kept_key}, 3);
            cache->values[place] =
                first ? kept_value : at::cat({cache->values[place], kept_value}, 3);
            key = all_keys;
            value = all_values;
        }
    }
    if (config_.heads_per_group > 1) {
        key = key.repeat_interleave(config_.heads_per_group, 2);
        value = value.repeat_interleave(config_.heads_per_group, 2);
    }
    at::Tensor scores =
        products_.matmul(query, key.transpose(-1, -2)).div_(static_cast<double>(config_.qk_dim));
    if (mask.defined()) {
        scores.masked_fill_(mask.logical_not(), -std::numeric_limits<float>::infinity());
    }
    at::Tensor mixed = products_.matmul(at::softmax(scores, -1), value);
    mixed = layer.across_variates ? mixed.permute({0, 3, 1, 2, 4}) : mixed.permute({0, 1, 3, 2, 4});
    at::Tensor result = layer.out_proj(mixed.flatten(3));
    record(stages, name + ".attn", result);
    return result;
}

at::Tensor Toto2Network::forward(const Pass& pass, Cache* cache, Stages* stages) const {
    record(stages, "patch_input", pass.tokens);
    at::Tensor hidden = embedding_(pass.tokens);
    record(stages, "patch_embed", hidden);
    const auto join = [](const at::Tensor& branch, const at::Tensor& trunk, double tau) {
        return (branch * tau).add_(trunk).div_(std::sqrt(1 + tau * tau));
    };
    for (std::size_t n = 0; n < layers_.size(); ++n) {
        const Layer& layer = layers_[n];
        const std::string name = "layer." + std::to_string(n);
        at::Tensor normed = norm(hidden, layer.norm1_gain);
        record(stages, name + ".norm1", normed);
        hidden = join(attention(layer, static_cast<std::int64_t>(n), normed, pass, cache, stages),
                      hidden, layer.attention_tau);
        normed = norm(hidden, layer.norm2_gain);
        record(stages, name + ".norm2", normed);
        const at::Tensor wide = layer.fc1(normed);
        const at::Tensor branch =
            layer.fc2(wide.slice(-1, 0, config_.d_ff) * at::silu(wide.slice(-1, config_.d_ff)));
        record(stages, name + ".ffn", branch);
        hidden = join(branch, hidden, layer.mlp_tau);
        record(stages, name + ".out", hidden);
    }
    hidden = norm(hidden, out_norm_gain_);
    record(stages, "out_norm", hidden);
    return hidden;
}

// Head outputs of tokens [first, first + count): [B, N, count, patch, 9] in a plain vector.
std::vector<float> Toto2Network::read_out(const at::Tensor& hidden, std::int64_t first,
                                          std::int64_t count, Stages* stages) const {
    const at::Tensor raw = head_(hidden.slice(2, first, first + count).contiguous())
                               .unflatten(-1, {config_.patch_size, kToto2Quantiles});
    record(stages, "head_raw", raw.permute({4, 0, 1, 2, 3}));
    const at::Tensor plain = raw.contiguous();
    const auto* values = plain.const_data_ptr<float>();
    return {values, values + plain.numel()};
}

at::Tensor token_tensor(const Toto2Series& series, std::int64_t first, std::int64_t count,
                        std::int64_t patch_size) {
    return float_tensor(series.tokens(first, count),
                        {series.batch(), series.rows(), count, 2 * patch_size});
}

at::Tensor group_tensor(const Toto2Series& series, std::int64_t first, std::int64_t count) {
    const std::vector<std::int64_t> groups = series.groups(first, count);
    return at::from_blob(const_cast<std::int64_t*>(groups.data()),
                         {series.batch(), series.rows(), count}, at::kLong)
        .clone();
}

// Among the variates of one time step: equal group.
at::Tensor variate_mask_of(const at::Tensor& groups) {
    if (groups.size(1) == 1) return {};
    const at::Tensor by_step = groups.permute({0, 2, 1});  // [B, S, N]
    return by_step.unsqueeze(-1).eq(by_step.unsqueeze(-2)).unsqueeze(2);
}

// Along time: causal and, with missing values, of equal group.
at::Tensor time_mask_of(const at::Tensor& groups, bool has_missing_values) {
    const std::int64_t tokens = groups.size(2);
    const at::Tensor causal = at::ones({tokens, tokens}, at::kBool).tril();
    if (!has_missing_values) return causal.expand({1, 1, 1, tokens, tokens});
    const at::Tensor equal = groups.unsqueeze(-1).eq(groups.unsqueeze(-2));
    return equal.logical_and(causal).unsqueeze(2);
}

void Toto2Network::single_pass(Toto2Series& series, const NetworkOptions& options,
                               Stages* stages) const {
    const std::int64_t context = series.context_patches();
    const std::int64_t predicted = series.horizon_patches();
    // Nothing reads the last masked token; it is left out unless its stages are wanted.
    const std::int64_t count = context + predicted - (stages == nullptr ? 1 : 0);
    series.update_statistics();
    if (stages != nullptr) {
        const Shape shape = {series.batch(), series.rows(), context + predicted};
        stages->push_back({"scaler.loc", shape, series.locations(context + predicted)});
        stages->push_back({"scaler.scale", shape, series.scales(context + predicted)});
    }
    Pass pass;
    pass.tokens = token_tensor(series, 0, count, config_.patch_size);
    const at::Tensor groups = group_tensor(series, 0, count);
    pass.time_mask = time_mask_of(groups, options.has_missing_values);
    pass.variate_mask = variate_mask_of(groups);
    pass.largest_position = context + predicted - 1;
    const at::Tensor hidden = forward(pass, nullptr, stages);
    series.accept(read_out(hidden, context - 1, predicted, stages), 0, predicted);
}

void Toto2Network::block_passes(Toto2Series& series, const NetworkOptions& options) const {
    const std::int64_t context = series.context_patches();
    const std::int64_t predicted = series.horizon_patches();
    const std::int64_t block = options.decode_block_size / config_.patch_size;
    Cache cache;
    cache.keys.resize(layers_.size());
    cache.values.resize(layers_.size());
    std::int64_t done = 0;
    while (done < predicted) {
        const std::int64_t next = std::min(block, predicted - done);
        const bool first_pass = done == 0;
        series.update_statistics();
        Pass pass;
        pass.start = first_pass ? 0 : context + done - block;
        pass.keep = first_pass ? context : block;
        const std::int64_t count = pass.keep + next;
        pass.largest_position = pass.start + count - 1;
        pass.tokens = token_tensor(series, pass.start, count, config_.patch_size);
        // Later passes take the groups of the oldest context tokens, as the reference does.
        pass.variate_mask = variate_mask_of(group_tensor(series, 0, count));
        const at::Tensor groups = group_tensor(series, pass.start, count);
        if (first_pass) {
            pass.time_mask = time_mask_of(groups, options.has_missing_values);
            cache.nonempty = groups.slice(2, 0, context).ge(0);
        } else {
            const at::Tensor own = at::ones({count, count}, at::kBool)
                                       .tril()
                                       .expand({series.batch(), series.rows(), 1, count, count});
            const at::Tensor visible =
                options.has_missing_values ? cache.nonempty : at::ones_like(cache.nonempty);
            const at::Tensor cached =
                visible.unsqueeze(2).unsqueeze(2).expand({-1, -1, 1, count, -1});
            pass.time_mask = at::cat({cached, own}, -1);
            const at::Tensor kept = at::ones({series.batch(), series.rows(), pass.keep}, at::kBool);
            cache.nonempty = at::cat({cache.nonempty, kept}, 2);
        }
        const at::Tensor hidden = forward(pass, &cache, nullptr);
        series.accept(read_out(hidden, pass.keep - 1, next, nullptr), done, next);
        if (done + next < predicted) series.feed_back(done, next);
        done += next;
    }
}

NetworkOutput Toto2Network::run(const NetworkInput& input, const NetworkOptions& options) {
    const c10::InferenceMode guard;
    at::init_num_threads();  // a thread that runs a network for the first time
    try {
        Toto2Series series(input, options, config_.patch_size);
        NetworkOutput output;
        const std::int64_t block = options.decode_block_size / config_.patch_size;
        const bool in_blocks = block > 0 && block < series.horizon_patches();
        if (in_blocks && options.stages) {
            throw Error(ErrorKind::usage, "stages", "", "are defined for a single pass only",
                        "leave decode_block_size at 0");
        }
        const bool folded = folded_ && !in_blocks && !options.stages && options.plain_threads == 0;
        if (!folded) std::call_once(plain_loaded_, [this] { load_plain(); });
        const ThreadsInside threads(options.plain_threads);
        if (folded) {
            series.update_statistics();
            series.accept(folded_->forward(series, options.has_missing_values), 0,
                          series.horizon_patches());
        } else if (in_blocks) {
            block_passes(series, options);
        } else {
            single_pass(series, options, options.stages ? &output.stages : nullptr);
        }
        for (std::int64_t q = 1; q <= kToto2Quantiles; ++q) {
            output.levels.push_back(static_cast<double>(q) / 10);
        }
        output.quantiles = series.quantiles();
        return output;
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::failed, "network", "LibTorch", error.what_without_backtrace());
    }
}

}  // namespace

std::unique_ptr<Network> make_toto2_network(const Checkpoint& checkpoint,
                                            const NetworkPlacement& placement) {
    const c10::InferenceMode guard;
    try {
        return std::make_unique<Toto2Network>(checkpoint, placement);
    } catch (const c10::Error& error) {
        throw Error(ErrorKind::failed, "network", "LibTorch", error.what_without_backtrace());
    }
}

}  // namespace tradewind::model

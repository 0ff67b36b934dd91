#include "model/networks/toto2_folded.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>
#include <utility>

#include "messages/error.hpp"
#include "model/networks/matrix_product.hpp"
#include "model/networks/token_kernels.hpp"

namespace tradewind::model {

namespace {

constexpr double kSiluGain = 1.7667829483123283;  // exp(0.2 ln 2 + 0.4 ln(2 / (1 - 1/pi)))
constexpr double kXposBase = 256;
// Tokens of one product: enough to keep the processor busy, few enough that what lies between two
// products stays in its cache.
constexpr std::int64_t kChunkTokens = 128;
constexpr std::int64_t kTailTokens = 64;

enum Buffer : std::uint8_t {
    kInput,
    kInner,
    kJoined,
    kHidden,
    kNormed,
    kProjected,
    kQueries,
    kMixed,
    kWide,
    kGated,
    kScores,
    kTurns,
    kTailHidden,
    kTailMixed,
    kTailHead,
    kBuffers
};

// Rotation and xPos of every position: [tokens, (cosine, sine of queries, cosine, sine of keys)].
void fill_turns(const Toto2Config& config, std::int64_t tokens, std::int64_t largest_position,
                float* turns) {
    const std::int64_t pairs = config.qk_dim / 4;
    const auto width = static_cast<double>(2 * pairs);
    const auto centre = static_cast<double>((largest_position + 1) / 2);
    for (std::int64_t t = 0; t < tokens; ++t) {
        const auto position = static_cast<double>(t);
        float* const turn = turns + t * 4 * pairs;
        for (std::int64_t i = 0; i < pairs; ++i) {
            const auto channel = static_cast<double>(2 * i);
            const double angle = position * std::pow(10000.0, -channel / width);
            double growth = 1;
            if (config.use_xpos) {
                const double zeta = (channel + 0.4 * width) / (1.4 * width);
                growth = std::pow(zeta, (position - centre) / kXposBase);
            }
            turn[i] = static_cast<float>(std::cos(angle) * growth);
            turn[pairs + i] = static_cast<float>(std::sin(angle) * growth);
            turn[2 * pairs + i] = static_cast<float>(std::cos(angle) / growth);
            turn[3 * pairs + i] = static_cast<float>(std::sin(angle) / growth);
        }
    }
}

}  // namespace

// One call of forward(), in blocks: `block` rows go through the tail at once, `chunk` rows through
// the layers before it.
struct Toto2Folded::Shape {
    std::int64_t variates = 0;
    std::int64_t tokens = 0;   // of one series
    std::int64_t outputs = 0;  // the last tokens of a series, which are read
    std::int64_t chunk = 0;
    std::int64_t block = 0;

    Shape(std::int64_t variate_count, std::int64_t token_count, std::int64_t output_count)
        : variates(variate_count), tokens(token_count), outputs(output_count) {
        chunk = std::max<std::int64_t>(1, kChunkTokens / (variates * tokens));
        const std::int64_t chunk_outputs = chunk * variates * outputs;
        block = chunk * ((kTailTokens + chunk_outputs - 1) / chunk_outputs);
    }
    [[nodiscard]] std::int64_t chunk_tokens() const { return chunk * variates * tokens; }
    [[nodiscard]] std::int64_t chunk_outputs() const { return chunk * variates * outputs; }
    [[nodiscard]] std::int64_t block_outputs() const { return block * variates * outputs; }
};

struct Toto2Folded::Workspace {
    std::array<std::vector<float>, kBuffers> buffers;
    std::vector<std::int64_t> group;       // of the chunk's tokens
    std::vector<std::int64_t> tail_group;  // of the block's output tokens
    bool time_masked = true;
    std::uint64_t allocations = 0;

    float* get(Buffer which, std::int64_t count) {
        auto& buffer = buffers[which];
        if (buffer.size() < static_cast<std::size_t>(count)) {
            buffer.resize(static_cast<std::size_t>(count));
            ++allocations;
        }
        return buffer.data();
    }
};

// Every thread keeps the buffers it has: what one warm-up on it allocated serves all later calls.
Toto2Folded::Workspace& Toto2Folded::workspace_of_thread() const {
    const std::lock_guard lock(workspaces_mutex_);
    auto& workspace = workspaces_[std::this_thread::get_id()];
    if (!workspace) workspace = std::make_unique<Workspace>();
    return *workspace;
}

Toto2Folded::~Toto2Folded() = default;

// --- weights ------------------------------------------------------------------------------------

Toto2Folded::Toto2Folded(const Checkpoint& checkpoint) : config_(checkpoint.toto2()) {
    const SafeTensors& tensors = checkpoint.tensors();
    std::vector<float> out_gain;
    if (config_.norm_include_weight) {
        out_gain = tensors.at("transformer.out_norm.weight").to_float();
    }
    embedding_ = fold_mlp(tensors, "patch_proj", false, {});
    head_ = fold_mlp(tensors, "output_head.param_projection.proj", true, out_gain);
    for (std::int64_t n = 0; n < config_.num_layers; ++n) {
        layers_.push_back(fold_layer(tensors, n));
        if (!layers_.back().across_variates) last_time_layer_ = n;
    }
}

// `gain` of the norm in front, per input; empty: none.
Toto2Folded::Linear Toto2Folded::fold(const SafeTensors& tensors, const std::string& name,
                                      double factor, const std::vector<float>& gain) const {
    const TensorView& stored = tensors.at(name + ".weight");
    Linear linear;
    linear.out = stored.shape.at(0);
    linear.in = stored.shape.at(1);
    linear.weight = stored.to_float();
    for (std::int64_t row = 0; row < linear.out; ++row) {
        for (std::int64_t column = 0; column < linear.in; ++column) {
            float& weight = linear.weight[row * linear.in + column];
            const double scale = gain.empty() ? factor : factor * gain[column];
            weight = static_cast<float>(weight * scale);
        }
    }
    if (const TensorView* bias = tensors.find(name + ".bias")) {
        linear.bias = bias->to_float();
        for (float& value : linear.bias) value = static_cast<float>(value * factor);
    }
    return linear;
}

Toto2Folded::ResidualMlp Toto2Folded::fold_mlp(const SafeTensors& tensors, const std::string& name,
                                               bool readout, const std::vector<float>& gain) const {
    const auto divisor = [&](const std::string& part) {
        const auto fan_in = static_cast<double>(tensors.at(name + part + ".weight").shape.at(1));
        return readout ? fan_in : std::sqrt(fan_in);
    };
    const auto fan_in = static_cast<double>(tensors.at(name + ".linear1.weight").shape.at(1));
    ResidualMlp mlp;
    mlp.first = fold(tensors, name + ".linear1", 1 / std::sqrt(fan_in), gain);
    const double inner = 1 / divisor(".linear2") / std::sqrt(2.0);
    const double skip = 1 / divisor(".skip_proj") / std::sqrt(2.0);
    const Linear second = fold(tensors, name + ".linear2", inner * kSiluGain, {});
    const Linear beside = fold(tensors, name + ".skip_proj", skip, gain);
    const std::vector<float> bias = tensors.at(name + ".linear2.bias").to_float();
    mlp.second.in = second.in + beside.in;
    mlp.second.out = second.out;
    for (std::int64_t row = 0; row < second.out; ++row) {
        const auto append = [&](const Linear& from) {
            const auto begin = from.weight.begin() + row * from.in;
            mlp.second.weight.insert(mlp.second.weight.end(), begin, begin + from.in);
        };
        append(second);
        append(beside);
        mlp.second.bias.push_back(static_cast<float>(bias[row] * inner) + beside.bias.at(row));
    }
    return mlp;
}

// Rows of the queries take the per-dimension scale and the score scale; of turned queries and keys
// the even channels move in front of the odd ones, which no product of the two notices.
void Toto2Folded::fold_queries(Linear& projection, const SafeTensors& tensors,
                               const std::string& name, bool rotated) const {
    const std::int64_t width = config_.qk_dim;
    std::vector<double> scale(static_cast<std::size_t>(width), 1.0 / static_cast<double>(width));
    if (config_.per_dim_scale) {
        const auto stored = tensors.at(name + ".attn._pds.per_dim_scale").to_double();
        for (std::int64_t c = 0; c < width; ++c) {
            scale[c] *= std::log1p(std::exp(stored[c])) / std::log(2.0);
        }
    }
    const Linear stored = projection;
    const std::int64_t heads = config_.num_heads + config_.num_groups;  // queries, then keys
    const std::int64_t pairs = rotated ? width / 4 : 0;
    for (std::int64_t head = 0; head < heads; ++head) {
        for (std::int64_t c = 0; c < width; ++c) {
            std::int64_t from = c;
            if (c < pairs) from = 2 * c;
            if (c >= pairs && c < 2 * pairs) from = 2 * (c - pairs) + 1;
            const double factor = head < config_.num_heads ? scale[from] : 1.0;
            const std::int64_t source = head * width + from;
            const std::int64_t target = head * width + c;
            for (std::int64_t i = 0; i < stored.in; ++i) {
                projection.weight[target * stored.in + i] =
                    static_cast<float>(stored.weight[source * stored.in + i] * factor);
            }
            if (!stored.bias.empty()) {
                projection.bias[target] = static_cast<float>(stored.bias[source] * factor);
            }
        }
    }
}

Toto2Folded::Layer Toto2Folded::fold_layer(const SafeTensors& tensors, std::int64_t n) const {
    const std::string name = "transformer.layers." + std::to_string(n);
    const auto gain = [&](const char* norm) {
        return config_.norm_include_weight ? tensors.at(name + norm).to_float()
                                           : std::vector<float>();
    };
    const auto per_input = [&](const std::string& part) {
        return 1 / std::sqrt(static_cast<double>(tensors.at(name + part + ".weight").shape.at(1)));
    };
    const double attention = tensors.at(name + ".attn_tau").to_double().at(0);
    const double mlp = tensors.at(name + ".mlp_tau").to_double().at(0);
    const double attention_norm = std::sqrt(1 + attention * attention);
    const double mlp_norm = std::sqrt(1 + mlp * mlp);
    Layer layer;
    layer.across_variates = config_.is_variate_layer(n);
    layer.attention_trunk = static_cast<float>(1 / attention_norm);
    layer.mlp_trunk = static_cast<float>(1 / mlp_norm);
    layer.query_key_value =
        fold(tensors, name + ".attn.in_proj", per_input(".attn.in_proj"), gain(".norm1.weight"));
    fold_queries(layer.query_key_value, tensors, name, !layer.across_variates);
    layer.out = fold(tensors, name + ".attn.out_proj",
                     attention / attention_norm * per_input(".attn.out_proj"), {});
    layer.wide = fold(tensors, name + ".ffn.fc1", per_input(".ffn.fc1"), gain(".norm2.weight"));
    layer.narrow = fold(tensors, name + ".ffn.fc2", mlp / mlp_norm * per_input(".ffn.fc2"), {});
    if (layer.across_variates) return layer;
    const auto part = [&](std::int64_t from, std::int64_t to) {
        const Linear& whole = layer.query_key_value;
        Linear linear{whole.in, to - from, {}, {}};
        linear.weight.assign(whole.weight.begin() + from * whole.in,
                             whole.weight.begin() + to * whole.in);
        if (!whole.bias.empty()) {
            linear.bias.assign(whole.bias.begin() + from, whole.bias.begin() + to);
        }
        return linear;
    };
    const std::int64_t queries = config_.num_heads * config_.qk_dim;
    layer.query = part(0, queries);
    layer.key_value = part(queries, layer.query_key_value.out);
    return layer;
}

// --- one pass -----------------------------------------------------------------------------------

// y = keep y + W x + b, for `tokens` rows of x, `x_stride` apart.
void Toto2Folded::product(const Linear& linear, const float* x, std::int64_t x_stride, float* y,
                          std::int64_t tokens, float keep) const {
    matrix_product(linear.weight.data(), linear.out, linear.in, x, x_stride, y, tokens, keep);
    ++products_;
    if (!linear.bias.empty()) kernels::add_bias(y, linear.bias.data(), tokens, linear.out);
}

void Toto2Folded::embed(const ResidualMlp& mlp, const float* x, float* y, std::int64_t tokens,
                        Workspace& work) const {
    const std::int64_t inner = mlp.first.out;
    const std::int64_t joined = mlp.second.in;
    float* const wide = work.get(kInner, tokens * inner);
    float* const both = work.get(kJoined, tokens * joined);
    const Linear& first = mlp.first;
    matrix_product(first.weight.data(), inner, first.in, x, first.in, wide, tokens, 0);
    ++products_;
    kernels::silu_rows(wide, first.bias.data(), both, tokens, inner, joined);
    for (std::int64_t t = 0; t < tokens; ++t) {
        std::copy_n(x + t * first.in, first.in, both + t * joined + inner);
    }
    product(mlp.second, both, joined, y, tokens, 0);
}

void Toto2Folded::feed_forward(const Layer& layer, float* hidden, std::int64_t tokens,
                               Workspace& work) const {
    const std::int64_t width = config_.d_model;
    float* const normed = work.get(kNormed, tokens * width);
    float* const wide = work.get(kWide, tokens * 2 * config_.d_ff);
    float* const gated = work.get(kGated, tokens * config_.d_ff);
    kernels::rms_normalise(hidden, normed, tokens, width, static_cast<float>(config_.norm_eps));
    product(layer.wide, normed, width, wide, tokens, 0);
    kernels::gated_silu(wide, gated, tokens, config_.d_ff);
    product(layer.narrow, gated, config_.d_ff, hidden, tokens, layer.mlp_trunk);
}

// Time attention of every series of a chunk, queries from token `first_query` on. Keys stand first
// in `key_value`, values behind them.
void Toto2Folded::attend_time(const Shape& shape, Workspace& work, const float* query,
                              std::int64_t query_stride, const float* key_value,
                              std::int64_t stride, float* out, std::int64_t first_query) const {
    const std::int64_t queries = shape.tokens - first_query;
    const std::int64_t out_width = config_.num_heads * config_.v_dim;
    float* const scores = work.get(kScores, std::max(shape.tokens, shape.variates));
    kernels::Sequence sequence;
    sequence.query_stride = query_stride;
    sequence.stride = stride;
    sequence.out_stride = out_width;
    sequence.group_stride = 1;
    sequence.first_query = first_query;
    sequence.count = shape.tokens;
    sequence.causal = true;
    sequence.query_width = config_.qk_dim;
    sequence.value_width = config_.v_dim;
    for (std::int64_t row = 0; row < shape.chunk * shape.variates; ++row) {
        const std::int64_t* group = nullptr;
        if (work.time_masked) {
            group = work.group.data() + row * shape.tokens;
            const bool even = std::all_of(group, group + shape.tokens,
                                          [group](std::int64_t id) { return id == *group; });
            if (even) group = nullptr;
        }
        sequence.group = group;
        const float* const keys = key_value + row * shape.tokens * stride;
        const float* const values = keys + config_.num_groups * config_.qk_dim;
        for (std::int64_t head = 0; head < config_.num_heads; ++head) {
            const std::int64_t shared = head / config_.heads_per_group;
            sequence.query = query + row * queries * query_stride + head * config_.qk_dim;
            sequence.key = keys + shared * config_.qk_dim;
            sequence.value = values + shared * config_.v_dim;
            sequence.out = out + row * queries * out_width + head * config_.v_dim;
            kernels::attend(sequence, scores);
        }
    }
}

// Attention among the variates of every step. `projected` [rows, variates, steps, q k v].
void Toto2Folded::attend_variates(const Shape& shape, Workspace& work, std::int64_t rows,
                                  std::int64_t steps, const std::int64_t* group,
                                  const float* projected, float* out) const {
    const std::int64_t query_width = config_.num_heads * config_.qk_dim;
    const std::int64_t key_width = config_.num_groups * config_.qk_dim;
    const std::int64_t width = query_width + key_width + config_.num_groups * config_.v_dim;
    const std::int64_t out_width = config_.num_heads * config_.v_dim;
    float* const scores = work.get(kScores, std::max(shape.tokens, shape.variates));
    kernels::Sequence sequence;
    sequence.query_stride = steps * width;
    sequence.stride = steps * width;
    sequence.out_stride = steps * out_width;
    sequence.group_stride = steps;
    sequence.count = shape.variates;
    sequence.query_width = config_.qk_dim;
    sequence.value_width = config_.v_dim;
    for (std::int64_t row = 0; row < rows; ++row) {
        for (std::int64_t step = 0; step < steps; ++step) {
            const std::int64_t first = row * shape.variates * steps + step;
            sequence.group = shape.variates == 1 ? nullptr : group + first;
            for (std::int64_t head = 0; head < config_.num_heads; ++head) {
                const std::int64_t shared = head / config_.heads_per_group;
                const float* const token = projected + first * width;
                sequence.query = token + head * config_.qk_dim;
                sequence.key = token + query_width + shared * config_.qk_dim;
                sequence.value = token + query_width + key_width + shared * config_.v_dim;
                sequence.out = out + first * out_width + head * config_.v_dim;
                kernels::attend(sequence, scores);
            }
        }
    }
}

// A layer before the last time layer: every token of the chunk.
void Toto2Folded::full_layer(const Layer& layer, const Shape& shape, Workspace& work) const {
    const std::int64_t tokens = shape.chunk_tokens();
    const std::int64_t width = config_.d_model;
    const std::int64_t projected_width = layer.query_key_value.out;
    const std::int64_t query_width = config_.num_heads * config_.qk_dim;
    const std::int64_t pairs = config_.qk_dim / 4;
    float* const hidden = work.get(kHidden, tokens * width);
    float* const normed = work.get(kNormed, tokens * width);
    float* const projected = work.get(kProjected, tokens * projected_width);
    float* const mixed = work.get(kMixed, tokens * config_.num_heads * config_.v_dim);
    kernels::rms_normalise(hidden, normed, tokens, width, static_cast<float>(config_.norm_eps));
    product(layer.query_key_value, normed, width, projected, tokens, 0);
    if (layer.across_variates) {
        attend_variates(shape, work, shape.chunk, shape.tokens, work.group.data(), projected,
                        mixed);
    } else {
        const float* const turns = work.get(kTurns, shape.tokens * 4 * pairs);
        for (std::int64_t t = 0; t < tokens; ++t) {
            const float* const turn = turns + t % shape.tokens * 4 * pairs;
            float* const token = projected + t * projected_width;
            kernels::rotate(token, turn, turn + pairs, config_.num_heads, config_.qk_dim, pairs);
            kernels::rotate(token + query_width, turn + 2 * pairs, turn + 3 * pairs,
                            config_.num_groups, config_.qk_dim, pairs);
        }
        attend_time(shape, work, projected, projected_width, projected + query_width,
                    projected_width, mixed, 0);
    }
    product(layer.out, mixed, layer.out.in, hidden, tokens, layer.attention_trunk);
    feed_forward(layer, hidden, tokens, work);
}

// The attention of the last time layer, for the tokens that are read only; their hidden state and
// what attention mixed for them go to place `chunk` of the tail block.
void Toto2Folded::output_queries(const Layer& layer, const Shape& shape, Workspace& work,
                                 std::int64_t chunk) const {
    const std::int64_t tokens = shape.chunk_tokens();
    const std::int64_t outputs = shape.chunk_outputs();
    const std::int64_t width = config_.d_model;
    const std::int64_t key_width = layer.key_value.out;
    const std::int64_t query_width = layer.query.out;
    const std::int64_t pairs = config_.qk_dim / 4;
    const std::int64_t first_query = shape.tokens - shape.outputs;
    const std::int64_t mixed_width = config_.num_heads * config_.v_dim;
    float* const hidden = work.get(kHidden, tokens * width);
    float* const normed = work.get(kNormed, tokens * width);
    float* const key_value = work.get(kProjected, tokens * key_width);
    float* const chosen = work.get(kInput, outputs * width);
    float* const queries = work.get(kQueries, outputs * query_width);
    float* const mixed =
        work.get(kTailMixed, shape.block_outputs() * mixed_width) + chunk * outputs * mixed_width;
    const float* const turns = work.get(kTurns, shape.tokens * 4 * pairs);
    kernels::rms_normalise(hidden, normed, tokens, width, static_cast<float>(config_.norm_eps));
    product(layer.key_value, normed, width, key_value, tokens, 0);
    for (std::int64_t t = 0; t < tokens; ++t) {
        const float* const turn = turns + t % shape.tokens * 4 * pairs;
        kernels::rotate(key_value + t * key_width, turn + 2 * pairs, turn + 3 * pairs,
                        config_.num_groups, config_.qk_dim, pairs);
    }
    for (std::int64_t i = 0; i < outputs; ++i) {
        const std::int64_t token =
            i / shape.outputs * shape.tokens + first_query + i % shape.outputs;
        std::copy_n(normed + token * width, width, chosen + i * width);
    }
    product(layer.query, chosen, width, queries, outputs, 0);
    for (std::int64_t i = 0; i < outputs; ++i) {
        const float* const turn = turns + (first_query + i % shape.outputs) * 4 * pairs;
        kernels::rotate(queries + i * query_width, turn, turn + pairs, config_.num_heads,
                        config_.qk_dim, pairs);
    }
    attend_time(shape, work, queries, query_width, key_value, key_width, mixed, first_query);
}

// Rows [first_row, first_row + chunk) of the batch up to the last time layer's attention.
void Toto2Folded::main_block(const Toto2Series& series, const Shape& shape, Workspace& work,
                             std::int64_t first_row, std::int64_t chunk) const {
    const std::int64_t width = config_.d_model;
    const std::int64_t tokens = shape.chunk_tokens();
    const std::int64_t outputs = shape.chunk_outputs();
    const std::int64_t input_width = 2 * config_.patch_size;
    const std::int64_t rows =
        std::clamp<std::int64_t>(series.batch() - first_row, 0, shape.chunk) * shape.variates;
    float* const input =
        work.get(kInput, std::max(tokens * input_width, shape.block_outputs() * width));
    float* const hidden = work.get(kHidden, tokens * width);
    series.fill_tokens(first_row * shape.variates, rows, shape.tokens, input);
    std::fill(input + rows * shape.tokens * input_width, input + tokens * input_width, 0.0F);
    embed(embedding_, input, hidden, tokens, work);
    for (std::int64_t n = 0; n < last_time_layer_; ++n) full_layer(layers_[n], shape, work);
    const auto last = static_cast<std::size_t>(last_time_layer_);
    if (last_time_layer_ >= 0) output_queries(layers_[last], shape, work, chunk);
    float* const kept =
        work.get(kTailHidden, shape.block_outputs() * width) + chunk * outputs * width;
    const std::int64_t first_output = shape.tokens - shape.outputs;
    for (std::int64_t row = 0; row < shape.chunk * shape.variates; ++row) {
        std::copy_n(hidden + (row * shape.tokens + first_output) * width, shape.outputs * width,
                    kept + row * shape.outputs * width);
    }
}

void Toto2Folded::variate_layer(const Layer& layer, const Shape& shape, Workspace& work) const {
    const std::int64_t tokens = shape.block_outputs();
    const std::int64_t width = config_.d_model;
    float* const hidden = work.get(kTailHidden, tokens * width);
    float* const normed = work.get(kNormed, tokens * width);
    float* const projected = work.get(kProjected, tokens * layer.query_key_value.out);
    float* const mixed = work.get(kTailMixed, tokens * layer.out.in);
    kernels::rms_normalise(hidden, normed, tokens, width, static_cast<float>(config_.norm_eps));
    product(layer.query_key_value, normed, width, projected, tokens, 0);
    attend_variates(shape, work, shape.block, shape.outputs, work.tail_group.data(), projected,
                    mixed);
    product(layer.out, mixed, layer.out.in, hidden, tokens, layer.attention_trunk);
    feed_forward(layer, hidden, tokens, work);
}

// What is left for the tokens that are read: [block outputs, patch x 9] in kTailHead.
void Toto2Folded::tail_block(const Shape& shape, Workspace& work) const {
    const std::int64_t tokens = shape.block_outputs();
    const std::int64_t width = config_.d_model;
    float* const hidden = work.get(kTailHidden, tokens * width);
    if (last_time_layer_ >= 0) {
        const Layer& layer = layers_[static_cast<std::size_t>(last_time_layer_)];
        const float* const mixed = work.get(kTailMixed, tokens * layer.out.in);
        product(layer.out, mixed, layer.out.in, hidden, tokens, layer.attention_trunk);
        feed_forward(layer, hidden, tokens, work);
    }
    for (auto n = static_cast<std::size_t>(last_time_layer_ + 1); n < layers_.size(); ++n) {
        variate_layer(layers_[n], shape, work);
    }
    float* const normed = work.get(kNormed, tokens * width);
    kernels::rms_normalise(hidden, normed, tokens, width, static_cast<float>(config_.norm_eps));
    embed(head_, normed, work.get(kTailHead, tokens * head_.second.out), tokens, work);
}

// Groups of the tokens [first, first + count) of rows [row, row + rows); rows beyond the batch: 0.
void Toto2Folded::take_groups(const std::vector<std::int64_t>& groups, const Shape& shape,
                              std::int64_t row, std::int64_t rows, std::int64_t first,
                              std::vector<std::int64_t>& to) {
    const std::int64_t count = shape.tokens - first;
    to.assign(static_cast<std::size_t>(rows * shape.variates * count), 0);
    for (std::int64_t i = 0; i < rows * shape.variates; ++i) {
        const std::int64_t from = (row * shape.variates + i) * shape.tokens + first;
        if (from >= static_cast<std::int64_t>(groups.size())) return;
        std::copy_n(groups.begin() + from, count, to.begin() + i * count);
    }
}

std::vector<float> Toto2Folded::forward(const Toto2Series& series, bool has_missing_values) const {
    const std::int64_t predicted = series.horizon_patches();
    const std::int64_t positions = series.context_patches() + predicted;
    const Shape shape(series.rows(), positions - 1, predicted);
    const std::int64_t row_outputs = shape.variates * predicted;
    const std::int64_t head_width = head_.second.out;
    const std::int64_t width = config_.d_model;
    const std::vector<std::int64_t> groups = series.groups(0, shape.tokens);
    std::vector<float> head(static_cast<std::size_t>(series.batch() * row_outputs * head_width));

    Workspace& work = workspace_of_thread();
    work.time_masked = has_missing_values;
    fill_turns(config_, shape.tokens, positions - 1,
               work.get(kTurns, shape.tokens * 4 * (config_.qk_dim / 4)));
    for (std::int64_t first = 0; first < series.batch(); first += shape.block) {
        const std::int64_t rows = std::min(shape.block, series.batch() - first);
        take_groups(groups, shape, first, shape.block, shape.tokens - predicted, work.tail_group);
        std::int64_t chunk = 0;
        for (; chunk * shape.chunk < rows; ++chunk) {
            const std::int64_t row = first + chunk * shape.chunk;
            take_groups(groups, shape, row, shape.chunk, 0, work.group);
            main_block(series, shape, work, row, chunk);
        }
        // Whole chunks of inert rows need no layers: zeros do.
        const std::int64_t mixed_width = config_.num_heads * config_.v_dim;
        const std::int64_t filled = chunk * shape.chunk_outputs();
        for (const auto& [buffer, values] :
             {std::pair{kTailHidden, width}, std::pair{kTailMixed, mixed_width}}) {
            float* const tail = work.get(buffer, shape.block_outputs() * values);
            std::fill(tail + filled * values, tail + shape.block_outputs() * values, 0.0F);
        }
        tail_block(shape, work);
        std::copy_n(work.get(kTailHead, shape.block_outputs() * head_width),
                    rows * row_outputs * head_width,
                    head.begin() + first * row_outputs * head_width);
    }
    allocations_ += std::exchange(work.allocations, 0);
    return head;
}

NetworkWork Toto2Folded::work() const {
    return {products_.load(), allocations_.load()};
}

}  // namespace tradewind::model

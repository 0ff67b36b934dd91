// Loops over the tokens of a network between its matrix products: normalisation, rotation,
// attention of short sequences, gates. Plain arrays, row-major, float32; no state; any thread.
//
// One element's arithmetic never depends on where it stands, so a token has the same bits at every
// place of a batch. Compiled for several instruction sets, chosen once when the module is opened.
// Source: forecast-models spec 1.5, 2.3, 2.5.
#pragma once

#include <cstdint>

namespace tradewind::model::kernels {

// out[t] = x[t] / sqrt(mean(x[t]^2) + eps), for rows of `width`; may work in place.
void rms_normalise(const float* x, float* out, std::int64_t tokens, std::int64_t width, float eps);

// x[t] += bias, for rows of `width`.
void add_bias(float* x, const float* bias, std::int64_t tokens, std::int64_t width);

// Rows of `width` values in `from`, `stride` values apart in `to`: to = silu(from + bias).
void silu_rows(const float* from, const float* bias, float* to, std::int64_t tokens,
               std::int64_t width, std::int64_t stride);

// wide[t] = [g, a], each of `width`; out[t] = g * silu(a).
void gated_silu(const float* wide, float* out, std::int64_t tokens, std::int64_t width);

// Turns the first 2 x pairs channels of every head of one token: the first `pairs` are the even
// channels of the rotation, the next `pairs` the odd ones.
void rotate(float* token, const float* cosine, const float* sine, std::int64_t heads,
            std::int64_t head_width, std::int64_t pairs);

// One head over one short sequence. Token j of keys and values stands `stride` floats after token
// j - 1, of groups `group_stride` after; a query sees a token of equal group, and no later one when
// `causal`. Queries are tokens [first_query, count) of the sequence, the first one at `query`, and
// their results stand `out_stride` apart.
struct Sequence {
    const float* query = nullptr;
    const float* key = nullptr;
    const float* value = nullptr;
    const std::int64_t* group = nullptr;  // of token 0; nullptr: all equal
    float* out = nullptr;
    std::int64_t query_stride = 0;
    std::int64_t stride = 0;
    std::int64_t group_stride = 0;
    std::int64_t out_stride = 0;
    std::int64_t first_query = 0;
    std::int64_t count = 0;
    bool causal = false;
    std::int64_t query_width = 0;
    std::int64_t value_width = 0;
};
// `scores`: room for `count` floats.
void attend(const Sequence& sequence, float* scores);

}  // namespace tradewind::model::kernels

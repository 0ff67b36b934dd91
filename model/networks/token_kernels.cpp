#include "model/networks/token_kernels.hpp"

#include <bit>
#include <cmath>
#include <limits>

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define TRADEWIND_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define TRADEWIND_CLONES
#endif
#define TRADEWIND_INLINE inline __attribute__((always_inline))

namespace tradewind::model::kernels {

namespace {

constexpr std::int64_t kLanes = 8;

// e^x within 2 units of the last place: whole powers of two apart, the rest by a polynomial.
TRADEWIND_INLINE float exponential(float x) {
    constexpr float kHighest = 88.0F;
    constexpr float kLowest = -87.0F;
    constexpr float kRound = 12582912.0F;  // 1.5 x 2^23: adding it rounds to a whole number
    x = x < kHighest ? x : kHighest;
    x = x > kLowest ? x : kLowest;
    const float whole = (x * 1.44269504F + kRound) - kRound;
    const float rest = (x - whole * 0.693359375F) - whole * -2.12194440e-4F;
    float sum = 1.9875691500e-4F;
    sum = sum * rest + 1.3981999507e-3F;
    sum = sum * rest + 8.3334519073e-3F;
    sum = sum * rest + 4.1665795894e-2F;
    sum = sum * rest + 1.6666665459e-1F;
    sum = sum * rest + 5.0000001201e-1F;
    sum = sum * (rest * rest) + rest + 1.0F;
    const auto exponent = static_cast<std::int32_t>(whole) + 127;
    return sum * std::bit_cast<float>(exponent << 23);
}

TRADEWIND_INLINE float silu(float x) {
    return x / (1.0F + exponential(-x));
}

// Sums of products in a fixed order: eight lanes, then the lanes in turn, then what is left over.
TRADEWIND_INLINE float dot(const float* a, const float* b, std::int64_t width) {
    float lanes[kLanes] = {};
    std::int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) {
        for (std::int64_t lane = 0; lane < kLanes; ++lane) lanes[lane] += a[i + lane] * b[i + lane];
    }
    float sum = ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) +
                ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]));
    for (; i < width; ++i) sum += a[i] * b[i];
    return sum;
}

TRADEWIND_INLINE void attend_widths(const Sequence& s, float* scores, std::int64_t query_width,
                                    std::int64_t value_width) {
    constexpr float kHidden = -std::numeric_limits<float>::infinity();
    for (std::int64_t q = s.first_query; q < s.count; ++q) {
        const float* const query = s.query + (q - s.first_query) * s.query_stride;
        const std::int64_t visible = s.causal ? q + 1 : s.count;
        const std::int64_t own = s.group == nullptr ? 0 : s.group[q * s.group_stride];
        float highest = kHidden;
        for (std::int64_t j = 0; j < visible; ++j) {
            const bool seen = s.group == nullptr || s.group[j * s.group_stride] == own;
            scores[j] = seen ? dot(query, s.key + j * s.stride, query_width) : kHidden;
            highest = scores[j] > highest ? scores[j] : highest;
        }
        float sum = 0;
        for (std::int64_t j = 0; j < visible; ++j) {
            const float weight = exponential(scores[j] - highest);
            scores[j] = scores[j] == kHidden ? 0.0F : weight;
        }
        for (std::int64_t j = 0; j < visible; ++j) sum += scores[j];
        const float share = 1.0F / sum;
        float* const out = s.out + (q - s.first_query) * s.out_stride;
        for (std::int64_t c = 0; c < value_width; ++c) out[c] = 0;
        for (std::int64_t j = 0; j < visible; ++j) {
            const float weight = scores[j] * share;
            const float* const value = s.value + j * s.stride;
            for (std::int64_t c = 0; c < value_width; ++c) out[c] += weight * value[c];
        }
    }
}

}  // namespace

TRADEWIND_CLONES
void rms_normalise(const float* x, float* out, std::int64_t tokens, std::int64_t width, float eps) {
    for (std::int64_t t = 0; t < tokens; ++t) {
        const float* const row = x + t * width;
        const float mean = dot(row, row, width) / static_cast<float>(width);
        const float factor = 1.0F / std::sqrt(mean + eps);
        float* const to = out + t * width;
        for (std::int64_t c = 0; c < width; ++c) to[c] = row[c] * factor;
    }
}

TRADEWIND_CLONES
void add_bias(float* x, const float* bias, std::int64_t tokens, std::int64_t width) {
    for (std::int64_t t = 0; t < tokens; ++t) {
        float* const row = x + t * width;
        for (std::int64_t c = 0; c < width; ++c) row[c] += bias[c];
    }
}

TRADEWIND_CLONES
void silu_rows(const float* from, const float* bias, float* to, std::int64_t tokens,
               std::int64_t width, std::int64_t stride) {
    for (std::int64_t t = 0; t < tokens; ++t) {
        const float* const row = from + t * width;
        float* const result = to + t * stride;
        for (std::int64_t c = 0; c < width; ++c) result[c] = silu(row[c] + bias[c]);
    }
}

TRADEWIND_CLONES
void gated_silu(const float* wide, float* out, std::int64_t tokens, std::int64_t width) {
    for (std::int64_t t = 0; t < tokens; ++t) {
        const float* const gate = wide + t * 2 * width;
        const float* const active = gate + width;
        float* const result = out + t * width;
        for (std::int64_t c = 0; c < width; ++c) result[c] = gate[c] * silu(active[c]);
    }
}

TRADEWIND_CLONES
void rotate(float* token, const float* cosine, const float* sine, std::int64_t heads,
            std::int64_t head_width, std::int64_t pairs) {
    for (std::int64_t head = 0; head < heads; ++head) {
        float* const even = token + head * head_width;
        float* const odd = even + pairs;
        for (std::int64_t i = 0; i < pairs; ++i) {
            const float a = even[i];
            const float b = odd[i];
            even[i] = a * cosine[i] - b * sine[i];
            odd[i] = b * cosine[i] + a * sine[i];
        }
    }
}

TRADEWIND_CLONES
void attend(const Sequence& sequence, float* scores) {
    constexpr std::int64_t kUsualWidth = 64;
    if (sequence.query_width == kUsualWidth && sequence.value_width == kUsualWidth) {
        attend_widths(sequence, scores, kUsualWidth, kUsualWidth);
    } else {
        attend_widths(sequence, scores, sequence.query_width, sequence.value_width);
    }
}

}  // namespace tradewind::model::kernels

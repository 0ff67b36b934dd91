// The numeric frame around the Toto 2.0 network, in double and without LibTorch: padding and
// filling of the input, patch statistics, token values, and the way from head outputs back to
// quantiles. One Toto2Series serves one call of run(). Source: forecast-models spec 2.4, 2.6, 2.7.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/network.hpp"

namespace tradewind::model {

class Toto2Series {
  public:
    // Checks shapes and values; throws Error (usage, data).
    Toto2Series(const NetworkInput& input, const NetworkOptions& options, std::int64_t patch_size);

    [[nodiscard]] std::int64_t batch() const { return batch_; }
    [[nodiscard]] std::int64_t rows() const { return targets_ + known_; }  // variates per batch row
    [[nodiscard]] std::int64_t targets() const { return targets_; }
    [[nodiscard]] std::int64_t context_patches() const { return context_; }
    [[nodiscard]] std::int64_t horizon_patches() const { return horizon_patches_; }

    // Recomputes the statistics of every patch from the points observed by now.
    void update_statistics();

    // Token inputs of patches [first, first + count): [B, rows, count, 2 patch_size], first the
    // asinh values, then flags 1 = not observed.
    [[nodiscard]] std::vector<float> tokens(std::int64_t first, std::int64_t count) const;

    // The same of series [first_series, first_series + series) of the B x rows, patches [0, count).
    void fill_tokens(std::int64_t first_series, std::int64_t series, std::int64_t count,
                     float* out) const;

    // Group of every token of patches [first, first + count): [B, rows, count]; -1 for a context
    // patch without an observed point.
    [[nodiscard]] std::vector<std::int64_t> groups(std::int64_t first, std::int64_t count) const;

    // Location and scale of patches [0, count) as float: [B, rows, count].
    [[nodiscard]] std::vector<float> locations(std::int64_t count) const;
    [[nodiscard]] std::vector<float> scales(std::int64_t count) const;

    // Head outputs [B, rows, count, patch_size, 9] that predict horizon patches [first, first +
    // count) become quantiles: scaled back, made finite, capped, sorted.
    void accept(const std::vector<float>& head, std::int64_t first, std::int64_t count);

    // The medians of horizon patches [first, first + count) become observed points of the targets.
    void feed_back(std::int64_t first, std::int64_t count);

    // [9, B, V, H].
    [[nodiscard]] std::vector<float> quantiles() const;

  private:
    struct Bounds {
        double lowest = 0;
        double highest = 0;
    };
    void load_targets(const NetworkInput& input);
    void load_known(const NetworkInput& input);
    bool scale_back(const float* head, std::span<double> values, std::size_t place) const;
    void fill_last_patch(std::int64_t row);
    float* write_token(std::int64_t row, std::int64_t patch, float* out) const;
    [[nodiscard]] std::int64_t row_of(std::int64_t batch, std::int64_t variate) const {
        return batch * rows() + variate;
    }
    [[nodiscard]] Bounds bounds_of(std::int64_t row) const;

    NetworkOptions options_;
    std::int64_t patch_size_;
    std::int64_t batch_;
    std::int64_t targets_;
    std::int64_t known_;
    std::int64_t context_ = 0;          // patches
    std::int64_t horizon_patches_ = 0;  // patches
    std::int64_t length_ = 0;           // points of context and horizon
    std::vector<double> values_;        // [B, rows, length]
    std::vector<std::uint8_t> mask_;
    std::vector<std::int64_t> ids_;       // [B, rows]
    std::vector<std::uint8_t> nonempty_;  // [B, rows, context]
    std::vector<double> location_;        // [B, rows, patches]
    std::vector<double> scale_;
    std::vector<double> quantiles_;  // [B, V, horizon patches, patch_size, 9]
};

}  // namespace tradewind::model

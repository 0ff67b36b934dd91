// One shard of a training batch, ready for the network: token inputs, what each token is to
// predict, and how much that counts. A batch is a function of (settings, seed, step, shard), never
// of the batches before it. Pure; any thread. Source: training recipe 4.2, 4.4.
//
// Shapes are row-major. B rows, V variates of one group, S tokens that are read: the code patch and
// T / 32 patches of context. Token i predicts patch i + 1; the last one predicts the 32 points
// after the context.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/checkpoint.hpp"
#include "model/training/bar_window.hpp"
#include "model/training/draws.hpp"
#include "model/training/real_windows.hpp"

namespace tradewind::model {

constexpr std::size_t kTrainingPatch = 32;

struct TrainingBatch {
    std::size_t rows = 0;                // B
    std::size_t variates = 0;            // V
    std::size_t tokens = 0;              // S
    std::vector<float> inputs;           // [B, V, S, 64]: asinh values, then flags 1 = not observed
    std::vector<std::uint8_t> empty;     // [B, V, S]: no observed point at all
    std::vector<float> targets;          // [B, V, S, 32]: asinh of the standardised next patch
    std::vector<float> weights;          // [B, V, S, 32]: 0 where nothing is to be learnt
    std::vector<double> location;        // [B, V, S]: mean and scale of the token, for the way back
    std::vector<double> scale;           // to moves
    std::vector<std::uint8_t> recorded;  // [B]: 1 = real bars, 0 = synthetic
};

// What all shards of one step have in common.
struct BatchShape {
    std::size_t rows = 0;
    std::size_t variates = 1;  // 4: the channels of one symbol as a group; 1: single channels
    std::size_t points = 512;  // T
    InputForm form = InputForm::anchored;
};

// Drawn for `step`: half groups and half single channels, T of 512, 256, 128 with rows in inverse
// proportion, so that every batch has `shard_rows` x 512 points; form anchored 0.65, own moves
// 0.35.
[[nodiscard]] BatchShape draw_shape(std::uint64_t seed, std::uint32_t step, std::size_t shard_rows);

// Moves of one channel (0 close, 1 high, 2 low, 3 open): moves.size() = window.size() - 1. A move
// is not observed when one of its two bars is unusable. The same arithmetic as prepare_channels().
void channel_moves(const BarWindow& window, InputForm form, std::size_t channel,
                   std::span<double> moves, std::span<std::uint8_t> observed);

// Where the moves of a window stand in its row, and which are hidden.
struct WindowPlan {
    std::size_t moves = 0;       // wanted: T - padding + 32
    std::size_t gap_first = 0;   // of the wanted moves, counted from the newest
    std::size_t gap_length = 0;  // 0: none
    bool coded = true;           // false: the code patch is left empty
};
[[nodiscard]] WindowPlan draw_plan(std::size_t points, Draws& draws);

// Builds batches whose rows are filled one by one; `shape` decides the sizes.
class BatchBuilder {
  public:
    explicit BatchBuilder(const BatchShape& shape);

    // Row `row` from `window`. `channels` names the channel of each variate. Only the last token is
    // weighted when `last_token_only`.
    void set_row(std::size_t row, const BarWindow& window, const WindowPlan& plan,
                 std::span<const std::size_t> channels, bool recorded, bool last_token_only);

    [[nodiscard]] TrainingBatch take() { return std::move(batch_); }

  private:
    void set_variate(std::size_t row, std::size_t variate, bool last_token_only);

    BatchShape shape_;
    TrainingBatch batch_;
    std::vector<double> values_;  // code patch, T points, 32 targets of one variate
    std::vector<std::uint8_t> mask_;
    std::vector<double> location_;
    std::vector<double> scale_;
};

// The shard `shard` of step `step`.
[[nodiscard]] TrainingBatch make_batch(const RealWindows& windows, const BatchShape& shape,
                                       double synthetic_share, std::uint64_t seed,
                                       std::uint32_t step, std::size_t shard);

}  // namespace tradewind::model

#include "model/training/training_batch.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "messages/error.hpp"
#include "model/causal_patch_scaler.hpp"
#include "model/input_preparation.hpp"
#include "model/training/synthetic_bars.hpp"

namespace tradewind::model {

namespace {

constexpr std::size_t kPatch = kTrainingPatch;
constexpr double kLargestStandardised = 60;
constexpr std::size_t kFewObserved = 8;    // fewer before a target: nothing is learnt
constexpr std::size_t kSomeObserved = 96;  // fewer: it counts less
constexpr double kSomeObservedWeight = 0.3;

double step_weight(std::size_t step) {
    if (step == 0) return 0.5;
    return step < 8 ? 0.05 : 0.00625;
}

double channel_of(const LogBar& bar, std::size_t channel) {
    const std::array<double, kSeriesCount> prices = {bar.close, bar.high, bar.low, bar.open};
    return prices[channel];
}

std::size_t draw_channel(Draws& draws) {
    const double u = draws.uniform();
    if (u < 0.4) return 0;
    return std::min<std::size_t>(1 + static_cast<std::size_t>((u - 0.4) / 0.2), 3);
}

}  // namespace

BatchShape draw_shape(std::uint64_t seed, std::uint32_t step, std::size_t shard_rows) {
    Draws draws(seed, DrawPurpose::batch_shape, step, 0);
    BatchShape shape;
    const double length = draws.uniform();
    shape.points = length < 0.5 ? 512 : length < 0.75 ? 256 : 128;
    shape.variates = draws.chance(0.5) ? kSeriesCount : 1;
    shape.rows = std::max<std::size_t>(shard_rows * 512 / shape.points / shape.variates, 1);
    shape.form = draws.chance(0.65) ? InputForm::anchored : InputForm::own_moves;
    return shape;
}

void channel_moves(const BarWindow& window, InputForm form, std::size_t channel,
                   std::span<double> moves, std::span<std::uint8_t> observed) {
    ensure(moves.size() + 1 == window.size() && observed.size() == moves.size(),
           "a window of n + 1 bars gives n moves");
    for (std::size_t i = 0; i < moves.size(); ++i) {
        const LogBar& before = window[i];
        const LogBar& bar = window[i + 1];
        const double from =
            form == InputForm::anchored ? before.close : channel_of(before, channel);
        observed[i] = before.usable && bar.usable ? 1 : 0;
        moves[i] = observed[i] != 0 ? std::expm1(channel_of(bar, channel) - from) : 0;
    }
}

WindowPlan draw_plan(std::size_t points, Draws& draws) {
    WindowPlan plan;
    const std::size_t longest =
        std::max<std::size_t>(points > 97 ? points - 97 : 0, kPatch);  // of the wide padding
    const std::size_t padding = draws.chance(0.8) ? draws.below(kPatch) : draws.below(longest + 1);
    plan.moves = points - padding + kPatch;
    if (draws.chance(0.05)) {
        plan.gap_length = 1 + draws.below(11);
        plan.gap_first = draws.below(plan.moves - plan.gap_length + 1);
    }
    plan.coded = !draws.chance(0.05);
    return plan;
}

BatchBuilder::BatchBuilder(const BatchShape& shape) : shape_(shape) {
    ensure(shape.points % kPatch == 0 && shape.rows > 0, "a batch has whole patches and rows");
    batch_.rows = shape.rows;
    batch_.variates = shape.variates;
    batch_.tokens = 1 + shape.points / kPatch;
    const std::size_t count = shape.rows * shape.variates * batch_.tokens;
    batch_.inputs.assign(count * 2 * kPatch, 0);
    batch_.empty.assign(count, 0);
    batch_.targets.assign(count * kPatch, 0);
    batch_.weights.assign(count * kPatch, 0);
    batch_.location.assign(count, 0);
    batch_.scale.assign(count, 0);
    batch_.recorded.assign(shape.rows, 0);
    values_.resize((batch_.tokens + 1) * kPatch);
    mask_.resize(values_.size());
    location_.resize(batch_.tokens + 1);
    scale_.resize(batch_.tokens + 1);
}

void BatchBuilder::set_row(std::size_t row, const BarWindow& window, const WindowPlan& plan,
                           std::span<const std::size_t> channels, bool recorded,
                           bool last_token_only) {
    ensure(channels.size() == shape_.variates && window.size() >= 2, "a row has its channels");
    const std::size_t moves = std::min(window.size() - 1, shape_.points + kPatch);
    const std::size_t start = values_.size() - moves;
    for (std::size_t v = 0; v < channels.size(); ++v) {
        std::fill(values_.begin(), values_.end(), 0.0);
        std::fill(mask_.begin(), mask_.end(), std::uint8_t{0});
        channel_moves(window, shape_.form, channels[v], std::span(values_).subspan(start),
                      std::span(mask_).subspan(start));
        for (std::size_t i = 0; i < plan.gap_length; ++i) {
            const std::size_t from_end = plan.gap_first + i;
            if (from_end >= moves) break;
            values_[values_.size() - 1 - from_end] = 0;
            mask_[values_.size() - 1 - from_end] = 0;
        }
        if (plan.coded) mask_[code_position(channels[v], shape_.form)] = 1;
        set_variate(row, v, last_token_only);
    }
    batch_.recorded[row] = recorded ? 1 : 0;
}

void BatchBuilder::set_variate(std::size_t row, std::size_t variate, bool last_token_only) {
    causal_patch_statistics(values_, mask_, kPatch, 0, location_, scale_);
    std::size_t observed = 0;
    for (std::size_t s = 0; s < batch_.tokens; ++s) {
        const std::size_t token = (row * shape_.variates + variate) * batch_.tokens + s;
        float* const input = batch_.inputs.data() + token * 2 * kPatch;
        const std::size_t before = observed;
        for (std::size_t p = 0; p < kPatch; ++p) {
            const std::size_t point = s * kPatch + p;
            const bool seen = mask_[point] != 0;
            observed += seen ? 1 : 0;
            input[p] =
                seen ? static_cast<float>(std::asinh((values_[point] - location_[s]) / scale_[s]))
                     : 0.0F;
            input[kPatch + p] = seen ? 0.0F : 1.0F;
        }
        batch_.empty[token] = observed == before ? 1 : 0;
        batch_.location[token] = location_[s];
        batch_.scale[token] = scale_[s];
        // A series without any spread has no unit to learn in.
        if (observed < kFewObserved || scale_[s] <= kScaleFloor) continue;
        if (last_token_only && s + 1 < batch_.tokens) continue;
        const double weight = observed < kSomeObserved ? kSomeObservedWeight : 1;
        for (std::size_t p = 0; p < kPatch; ++p) {
            const std::size_t point = (s + 1) * kPatch + p;
            if (mask_[point] == 0) continue;
            const double z = std::clamp((values_[point] - location_[s]) / scale_[s],
                                        -kLargestStandardised, kLargestStandardised);
            batch_.targets[token * kPatch + p] = static_cast<float>(std::asinh(z));
            batch_.weights[token * kPatch + p] = static_cast<float>(weight * step_weight(p));
        }
    }
}

TrainingBatch make_batch(const RealWindows& windows, const BatchShape& shape,
                         double synthetic_share, std::uint64_t seed, std::uint32_t step,
                         std::size_t shard) {
    BatchBuilder builder(shape);
    for (std::size_t row = 0; row < shape.rows; ++row) {
        const auto item = static_cast<std::uint32_t>(shard * shape.rows + row);
        Draws draws(seed, DrawPurpose::window, step, item);
        const WindowPlan plan = draw_plan(shape.points, draws);
        std::array<std::size_t, kSeriesCount> channels = {0, 1, 2, 3};
        if (shape.variates == 1) channels[0] = draw_channel(draws);
        const bool recorded = !draws.chance(synthetic_share);
        const BarWindow window = recorded
                                     ? windows.draw(plan.moves, draws)
                                     : synthetic_bars(draw_market(draws), plan.moves + 1, draws);
        builder.set_row(row, window, plan, std::span(channels).first(shape.variates), recorded,
                        false);
    }
    return builder.take();
}

}  // namespace tradewind::model

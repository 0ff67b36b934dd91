// Batches: their shapes, channels, codes, padding, gaps, targets and weights; the loss.
#include <algorithm>
#include <cmath>

#include "model/causal_patch_scaler.hpp"
#include "model/input_preparation.hpp"
#include "model/training/training_batch.hpp"
#include "model/training/training_loss.hpp"
#include "tests/catch.hpp"
#include "tests/model/training/random_market.hpp"

namespace tradewind::model::test {

namespace {

constexpr std::array<std::size_t, 4> kAll = {0, 1, 2, 3};

RealWindows some_windows() {
    TrainingSeries series;
    series.name = "A";
    series.bars = random_window(900, 4);
    return RealWindows({series});
}

}  // namespace

TEST_CASE("shapes are drawn as the recipe says and hold the same number of points") {
    constexpr std::uint32_t kSteps = 4000;
    std::array<double, 5> counts{};  // 512, 256, 128, groups, anchored
    for (std::uint32_t step = 0; step < kSteps; ++step) {
        const BatchShape shape = draw_shape(7, step, 64);
        CHECK(shape.rows * shape.variates * shape.points == 64 * 512);
        counts[0] += shape.points == 512 ? 1 : 0;
        counts[1] += shape.points == 256 ? 1 : 0;
        counts[2] += shape.points == 128 ? 1 : 0;
        counts[3] += shape.variates == 4 ? 1 : 0;
        counts[4] += shape.form == InputForm::anchored ? 1 : 0;
    }
    const std::array<double, 5> shares = {0.5, 0.25, 0.25, 0.5, 0.65};
    for (std::size_t i = 0; i < shares.size(); ++i) {
        CHECK(counts[i] / kSteps == Approx(shares[i]).margin(0.035));
    }
}

TEST_CASE("plans pad as the recipe says and leave a target") {
    std::size_t wide = 0;
    std::size_t gaps = 0;
    std::size_t uncoded = 0;
    for (std::uint32_t i = 0; i < 4000; ++i) {
        Draws draws(1, DrawPurpose::window, 0, i);
        const WindowPlan plan = draw_plan(512, draws);
        CHECK(plan.moves >= 97 + 32);
        CHECK(plan.moves <= 512 + 32);
        CHECK(plan.gap_length <= 11);
        CHECK(plan.gap_first + plan.gap_length <= plan.moves);
        wide += plan.moves < 512 + 32 - 31 ? 1 : 0;
        gaps += plan.gap_length > 0 ? 1 : 0;
        uncoded += plan.coded ? 0 : 1;
        Draws short_draws(1, DrawPurpose::window, 1, i);
        CHECK(draw_plan(128, short_draws).moves >= 128);  // at most a whole patch of padding
    }
    CHECK(static_cast<double>(wide) == Approx(4000 * 0.2 * 384 / 416).margin(80));
    CHECK(static_cast<double>(gaps) == Approx(200).margin(56));
    CHECK(static_cast<double>(uncoded) == Approx(200).margin(56));
}

TEST_CASE("channels and codes are those of the production path") {
    BarWindow window = random_window(130, 3);
    window[60].usable = false;
    const BarSeries series = series_of(window);
    for (const InputForm form : {InputForm::anchored, InputForm::own_moves}) {
        InputConvention convention;
        convention.form = form;
        convention.channel_code = true;
        const std::size_t points = prepared_points(256, kTrainingPatch, convention);
        std::vector<double> values(4 * points);
        std::vector<std::uint8_t> mask(values.size());
        REQUIRE(prepare_channels(series, 130, 256, kTrainingPatch, convention, values, mask));
        for (const std::size_t channel : kAll) {
            std::vector<double> moves(129);
            std::vector<std::uint8_t> observed(129);
            channel_moves(window, form, channel, moves, observed);
            for (std::size_t i = 0; i < moves.size(); ++i) {
                const std::size_t place = (channel + 1) * points - 129 + i;
                CHECK(observed[i] == mask[place]);
                CHECK(moves[i] == Approx(values[place]).margin(1e-9));
            }
            for (std::size_t p = 0; p < kTrainingPatch; ++p) {
                CHECK(mask[channel * points + p] == (p == code_position(channel, form) ? 1 : 0));
            }
        }
    }
}

TEST_CASE("codes stand where the recipe puts them") {
    const std::array<std::size_t, 4> own = {0, 4, 8, 12};
    const std::array<std::size_t, 4> anchored = {0, 16, 20, 24};
    for (const std::size_t channel : kAll) {
        CHECK(code_position(channel, InputForm::own_moves) == own[channel]);
        CHECK(code_position(channel, InputForm::anchored) == anchored[channel]);
    }
}

TEST_CASE("a token sees its patch and is to predict the next in its own units") {
    const BarWindow window = random_window(128 + 32 + 1 - 20, 6);  // 20 points of padding
    const std::size_t moves = window.size() - 1;
    BatchBuilder builder({1, 4, 128, InputForm::anchored});
    WindowPlan plan;
    plan.moves = moves;
    builder.set_row(0, window, plan, kAll, true, false);
    const TrainingBatch batch = builder.take();
    REQUIRE(batch.tokens == 5);
    REQUIRE(batch.targets.size() == 4 * 5 * 32);
    for (const std::size_t channel : kAll) {
        std::vector<double> values(32 + 128 + 32, 0.0);
        std::vector<std::uint8_t> mask(values.size(), 0);
        channel_moves(window, InputForm::anchored, channel,
                      std::span(values).subspan(values.size() - moves),
                      std::span(mask).subspan(values.size() - moves));
        mask[code_position(channel, InputForm::anchored)] = 1;
        std::vector<double> location(6);
        std::vector<double> scale(6);
        causal_patch_statistics(values, mask, 32, 0, location, scale);
        for (std::size_t s = 0; s < 5; ++s) {
            const std::size_t token = channel * 5 + s;
            CHECK(batch.location[token] == location[s]);
            CHECK(batch.scale[token] == scale[s]);
            for (std::size_t p = 0; p < 32; ++p) {
                const std::size_t point = s * 32 + p;
                const float* const input = batch.inputs.data() + token * 64;
                CHECK(input[32 + p] == (mask[point] == 0 ? 1.0F : 0.0F));
                const double z = std::asinh((values[point] - location[s]) / scale[s]);
                CHECK(input[p] == Approx(mask[point] == 0 ? 0.0 : z).margin(1e-6));
                const double target = std::asinh((values[point + 32] - location[s]) / scale[s]);
                const float weight = batch.weights[token * 32 + p];
                if (s == 0) {
                    CHECK(weight == 0);  // the code alone teaches nothing
                } else {
                    const double step = p == 0 ? 0.5 : p < 8 ? 0.05 : 0.00625;
                    // The code counts as an observed point: 13, 45, 77 and 109 at the ends.
                    CHECK(weight == Approx(s < 4 ? 0.3 * step : step));
                    CHECK(batch.targets[token * 32 + p] == Approx(target).margin(1e-5));
                }
            }
        }
    }
}

TEST_CASE("gaps, hidden bars and unspread series carry no weight") {
    BarWindow window = random_window(128 + 32 + 1, 8);
    window.back().usable = false;
    BatchBuilder builder({2, 1, 128, InputForm::own_moves});
    WindowPlan plan;
    plan.moves = window.size() - 1;
    plan.gap_first = 5;
    plan.gap_length = 3;
    const std::array<std::size_t, 1> close = {0};
    builder.set_row(0, window, plan, close, true, true);
    BarWindow still(window.size());  // a price that never moves
    builder.set_row(1, still, {}, close, false, false);
    const TrainingBatch batch = builder.take();
    const float* const last = batch.weights.data() + 4 * 32;
    for (std::size_t p = 0; p < 32; ++p) {
        const std::size_t from_end = 31 - p;
        const bool hidden = from_end == 0 || (from_end >= 5 && from_end < 8);
        CHECK((last[p] == 0) == hidden);
    }
    for (std::size_t i = 0; i < 4 * 32; ++i) CHECK(batch.weights[i] == 0);  // only the last token
    for (std::size_t i = 5 * 32; i < 10 * 32; ++i) CHECK(batch.weights[i] == 0);
    CHECK(batch.recorded == std::vector<std::uint8_t>{1, 0});
}

TEST_CASE("extreme targets are cut at sixty deviations") {
    BarWindow window = random_window(128 + 32 + 1, 8);
    for (std::size_t i = 129; i < window.size(); ++i) window[i].close += 40;
    BatchBuilder builder({1, 1, 128, InputForm::own_moves});
    const std::array<std::size_t, 1> close = {0};
    builder.set_row(0, window, {}, close, true, true);
    const TrainingBatch batch = builder.take();
    CHECK(batch.targets[4 * 32] == Approx(std::asinh(60.0)));
}

TEST_CASE("a batch is a function of its key") {
    const RealWindows windows = some_windows();
    const BatchShape shape = {16, 4, 128, InputForm::anchored};
    const TrainingBatch one = make_batch(windows, shape, 0.5, 9, 3, 1);
    const TrainingBatch two = make_batch(windows, shape, 0.5, 9, 3, 1);
    CHECK(one.inputs == two.inputs);
    CHECK(one.weights == two.weights);
    CHECK(one.inputs != make_batch(windows, shape, 0.5, 9, 3, 0).inputs);
    CHECK(one.inputs != make_batch(windows, shape, 0.5, 9, 4, 1).inputs);
    CHECK(one.inputs != make_batch(windows, shape, 0.5, 8, 3, 1).inputs);
    const auto recorded = std::count(one.recorded.begin(), one.recorded.end(), 1);
    CHECK(recorded > 2);
    CHECK(recorded < 14);
    const auto all = make_batch(windows, shape, 0, 9, 3, 1).recorded;
    CHECK(std::count(all.begin(), all.end(), 1) == 16);
    for (const float value : one.inputs) CHECK(std::isfinite(value));
}

TEST_CASE("the loss is the weighted pinball of nine deciles, with its slope") {
    TrainingBatch batch;
    batch.rows = 2;
    batch.variates = 1;
    batch.tokens = 1;
    batch.targets.assign(64, 0.0F);
    batch.weights.assign(64, 0.0F);
    batch.recorded = {1, 0};
    batch.targets[0] = 1;
    batch.weights[0] = 0.5F;
    batch.targets[33] = -2;
    batch.weights[33] = 0.25F;
    std::vector<float> head(64 * 9, 0.0F);
    std::vector<float> slope(head.size(), 7.0F);
    const BatchLoss loss = training_loss(batch, head, slope);
    // Mean of k x 1 over k = 0.1 ... 0.9 is 0.5; of (1 - k) x 2 it is 1.
    CHECK(loss.weight == Approx(0.75));
    CHECK(loss.loss == Approx(0.5 * 0.5 + 0.25 * 1.0));
    CHECK(loss.recorded_loss == Approx(0.25));
    CHECK(loss.recorded_weight == Approx(0.5));
    CHECK(loss.mean() == Approx(2.0 / 3));
    CHECK(loss.first_steps == 1);
    CHECK(loss.below[4] == 0);  // the target lies above every decile
    for (std::size_t i = 0; i < 64; ++i) {
        for (std::size_t q = 0; q < 9; ++q) {
            std::vector<float> moved = head;
            moved[i * 9 + q] += 0.01F;
            const double change = (training_loss(batch, moved, {}).mean() - loss.mean()) / 0.01;
            CHECK(slope[i * 9 + q] == Approx(change).margin(1e-5));
        }
    }
}

}  // namespace tradewind::model::test

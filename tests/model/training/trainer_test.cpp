// The network in training: the same forecasts as the network in use, slopes that are slopes,
// learning, and runs that do not depend on threads or interruptions.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/input_preparation.hpp"
#include "model/network.hpp"
#include "model/training/network_trainer.hpp"
#include "model/training/training_run.hpp"
#include "tests/catch.hpp"
#include "tests/model/scratch_folder.hpp"
#include "tests/model/training/random_market.hpp"

namespace tradewind::model::test {

namespace {

constexpr std::array<std::size_t, 4> kAll = {0, 1, 2, 3};

float rounded_to_half(float value) {
    const std::uint16_t half = to_half(value);
    return TensorView{Dtype::f16, {1}, std::as_bytes(std::span(&half, 1))}.to_float().front();
}

// Weights that half precision holds exactly, none of them zero.
std::vector<float> random_weights(const ParameterTable& table, std::uint32_t seed) {
    std::vector<float> weights(table.count());
    Draws draws(seed, DrawPurpose::weights, 9, 9);
    for (float& weight : weights) weight = rounded_to_half(static_cast<float>(draws.normal()));
    return weights;
}

RealWindows recorded() {
    TrainingSeries series;
    series.name = "A";
    series.bars = random_window(700, 4);
    return RealWindows({series});
}

TrainingBatch some_batch(std::size_t variates, std::uint32_t step, std::size_t rows = 8) {
    return make_batch(recorded(), {rows, variates, 128, InputForm::anchored}, 0.5, 1, step, 0);
}

std::string bytes_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

TrainingSettings tiny_run() {
    TrainingSettings settings;
    settings.network = tiny_config();
    settings.steps = 12;
    settings.shard_rows = 4;
    settings.report_every = 4;
    settings.checkpoint_every = 3;
    settings.validate_every = 4;
    settings.validation_forecasts = 20;
    return settings;
}

TrainingData tiny_data() {
    TrainingData data;
    TrainingSeries series;
    series.name = "A";
    series.bars = random_window(700, 4);
    data.validation.push_back({series, 600, 700});
    series.bars.resize(600);
    data.series.push_back(series);
    data.hashes["A.csv"] = "00";
    return data;
}

}  // namespace

TEST_CASE("the network in training forecasts what the network in use forecasts") {
    const ScratchFolder scratch;
    for (const bool embedded : {false, true}) {
        const Toto2Config config = embedded ? embedded_config() : tiny_config();
        const ParameterTable table(config);
        const auto weights = random_weights(table, 1);
        const std::string folder = scratch.file(embedded ? "embedded" : "tiny");
        table.write_checkpoint(folder, weights, {});
        const auto network = open_network(Checkpoint::open(folder));
        const auto trainer = open_network_trainer(config, 1, weights);
        for (const InputForm form : {InputForm::anchored, InputForm::own_moves}) {
            // 300 moves leave the head of 512 points empty, 129 that of 256.
            for (const auto& [context, moves] : {std::pair<std::size_t, std::size_t>{512, 300},
                                                 {256, 256},
                                                 {256, 129},
                                                 {128, 128}}) {
                INFO(embedded << " " << name_of(Series::close) << " " << context << " " << moves);
                BarWindow window = random_window(moves + 1, 77);
                InputConvention convention;
                convention.form = form;
                convention.channel_code = true;
                NetworkInput input;
                input.batch = 1;
                input.variates = 4;
                input.points = static_cast<std::int64_t>(context + 32);
                input.series.resize(4 * (context + 32));
                input.mask.resize(input.series.size());
                REQUIRE(prepare_channels(series_of(window), static_cast<std::uint32_t>(moves + 1),
                                         context, 32, convention, input.series, input.mask));
                NetworkOptions options;
                options.horizon = 32;
                const auto expected = network->run(input, options).quantiles;

                LogBar hidden = window.back();
                hidden.usable = false;
                window.insert(window.end(), 32, hidden);
                BatchBuilder builder({1, 4, context, form});
                builder.set_row(0, window, {}, kAll, true, true);
                const TrainingBatch batch = builder.take();
                const auto head = trainer->head_outputs(batch, false);
                for (const std::size_t channel : kAll) {
                    const std::size_t token = (channel + 1) * batch.tokens - 1;
                    for (std::size_t p = 0; p < 32; ++p) {
                        std::array<double, 9> deciles{};
                        for (std::size_t q = 0; q < 9; ++q) {
                            deciles[q] =
                                std::sinh(head[(token * 32 + p) * 9 + q]) * batch.scale[token] +
                                batch.location[token];
                        }
                        std::sort(deciles.begin(), deciles.end());
                        for (std::size_t q = 0; q < 9; ++q) {
                            const double tolerance =
                                2e-4 * (batch.scale[token] + std::abs(deciles[q]));
                            CHECK(expected[(q * 4 + channel) * 32 + p] ==
                                  Approx(deciles[q]).margin(tolerance).epsilon(0));
                        }
                    }
                }
            }
        }
    }
}

TEST_CASE("the gradient is the slope of the loss") {
    const Toto2Config config = tiny_config();
    const ParameterTable table(config);
    const auto weights = random_weights(table, 2);
    const auto trainer = open_network_trainer(config, 1, weights);
    for (const std::size_t variates : {std::size_t{1}, std::size_t{4}}) {
        const TrainingBatch batch = some_batch(variates, 5);
        trainer->restore({0, weights, std::vector<float>(weights.size()),
                          std::vector<float>(weights.size()), weights});
        const BatchLoss loss = trainer->accumulate(0, batch);
        const auto gradient = trainer->gradient(0);
        CHECK(training_loss(batch, trainer->head_outputs(batch, false), {}).loss ==
              Approx(loss.loss).epsilon(1e-5));
        // Along a random direction within each parameter, so that each is seen by itself.
        for (std::size_t i = 0; i < table.trained().size(); ++i) {
            const Parameter& parameter = table.trained()[i];
            INFO(parameter.name << ", " << variates << " variates");
            Draws draws(4, DrawPurpose::weights, 1, static_cast<std::uint32_t>(i));
            std::vector<float> direction(parameter.count);
            double length = 0;
            for (float& value : direction) {
                value = static_cast<float>(draws.normal());
                length += value * value;
            }
            double slope = 0;
            for (std::size_t j = 0; j < parameter.count; ++j) {
                direction[j] /= static_cast<float>(std::sqrt(length));
                slope += static_cast<double>(gradient[parameter.first + j]) * direction[j];
            }
            constexpr float kStep = 0.02F;
            const auto loss_at = [&](float step) {
                TrainerState state{0, weights, std::vector<float>(weights.size()),
                                   std::vector<float>(weights.size()), weights};
                for (std::size_t j = 0; j < parameter.count; ++j) {
                    state.weights[parameter.first + j] += step * direction[j];
                }
                trainer->restore(state);
                return training_loss(batch, trainer->head_outputs(batch, false), {}).mean();
            };
            const double change = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
            CHECK(slope == Approx(change).epsilon(0.03).margin(3e-5));
        }
    }
}

TEST_CASE("an Adam step moves each weight by its rate, and the average follows") {
    const Toto2Config config = tiny_config();
    const ParameterTable table(config);
    const auto weights = table.initial_values(1);
    const auto trainer = open_network_trainer(config, 2, weights);
    trainer->accumulate(0, some_batch(4, 1));
    trainer->accumulate(1, some_batch(4, 2));
    const auto first = trainer->gradient(0);
    const auto second = trainer->gradient(1);
    trainer->update({0.1, 0.75});
    const TrainerState state = trainer->state();
    CHECK(state.steps == 1);
    for (const Parameter& parameter : table.trained()) {
        for (std::size_t j = parameter.first; j < parameter.first + parameter.count; ++j) {
            const double slope = (static_cast<double>(first[j]) + second[j]) / 2;
            // After one step both moments are the slope's: the move is the rate, signed.
            const double move =
                std::abs(slope) < 1e-7 ? 0 : -0.1 * parameter.rate * (slope > 0 ? 1 : -1);
            if (std::abs(slope) >= 1e-7) {
                CHECK(state.weights[j] - weights[j] == Approx(move).epsilon(0.01).margin(1e-6));
            }
            CHECK(state.average[j] ==
                  Approx(0.75 * weights[j] + 0.25 * state.weights[j]).margin(1e-6));
            CHECK(state.first_moment[j] == Approx(0.1 * slope).margin(1e-8));
        }
    }
}

TEST_CASE("a small network learns a small problem") {
    const Toto2Config config = tiny_config();
    const ParameterTable table(config);
    const auto trainer = open_network_trainer(config, 1, table.initial_values(1));
    const TrainingBatch batch = some_batch(4, 1, 16);
    double first = 0;
    double last = 0;
    for (int step = 0; step < 60; ++step) {
        last = trainer->accumulate(0, batch).mean();
        if (step == 0) first = last;
        trainer->update({0.1, 0.9});
    }
    CHECK(last < 0.8 * first);
    const double averaged = training_loss(batch, trainer->head_outputs(batch, true), {}).mean();
    CHECK(averaged < 0.9 * first);
}

TEST_CASE("neither threads nor interruptions change a byte of the result") {
    const ScratchFolder scratch;
    const TrainingData data = tiny_data();
    const auto run = [&](const std::string& name, unsigned threads,
                         const std::vector<std::int64_t>& pauses) {
        TrainingSettings settings = tiny_run();
        settings.threads = threads;
        TrainingPlan plan;
        plan.output = scratch.file(name);
        plan.state = scratch.file(name + ".training");
        for (const std::int64_t pause : pauses) {
            plan.pause_at_step = pause;
            const TrainingOutcome outcome = train(settings, data, plan);
            CHECK(outcome.step == pause);
            CHECK_FALSE(outcome.complete);
            CHECK(std::filesystem::exists(plan.state));
            CHECK_FALSE(std::filesystem::exists(plan.output));
        }
        plan.pause_at_step = 0;
        const TrainingOutcome outcome = train(settings, data, plan);
        CHECK(outcome.complete);
        CHECK(outcome.validation.has_value());
        CHECK_FALSE(std::filesystem::exists(plan.state));
        return bytes_of(plan.output + "/model.safetensors");
    };
    const std::string whole = run("whole", 1, {});
    REQUIRE(whole.size() > 1000);
    CHECK(run("threads", 2, {}) == whole);
    CHECK(run("resumed", 2, {6}) == whole);
    CHECK(run("twice", 1, {4, 7}) == whole);
}

TEST_CASE("a stop is obeyed after the step, and the state of another run is refused") {
    const ScratchFolder scratch;
    const TrainingData data = tiny_data();
    TrainingSettings settings = tiny_run();
    TrainingPlan plan;
    plan.output = scratch.file("model");
    plan.state = scratch.file("model.training");
    std::vector<std::int64_t> reported;
    plan.report = [&](const TrainingProgress& progress) {
        reported.push_back(progress.step);
        CHECK(progress.loss.mean() > 0);
        CHECK(progress.validation.has_value());
    };
    plan.stop_wanted = [calls = 0]() mutable { return ++calls == 5; };
    CHECK(train(settings, data, plan).step == 5);
    CHECK(reported == std::vector<std::int64_t>{4});
    settings.seed = 2;
    CHECK_THROWS_AS(train(settings, data, plan), Error);
    settings.seed = 1;
    TrainingData other = data;
    other.hashes["A.csv"] = "11";
    CHECK_THROWS_AS(train(settings, other, plan), Error);
    std::ofstream(plan.state, std::ios::binary | std::ios::trunc) << "torn";
    CHECK_THROWS_AS(train(settings, data, plan), Error);
}

}  // namespace tradewind::model::test

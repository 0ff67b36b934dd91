// The parameter table, half precision, the schedule, and what a written checkpoint holds.
#include "model/training/parameters.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "model/training/training_run.hpp"
#include "tests/catch.hpp"
#include "tests/model/scratch_folder.hpp"
#include "tests/model/training/random_market.hpp"

namespace tradewind::model::test {

namespace {

float from_half(std::uint16_t half) {
    const auto bytes = std::as_bytes(std::span(&half, 1));
    return TensorView{Dtype::f16, {1}, bytes}.to_float().front();
}

}  // namespace

TEST_CASE("every half-precision number survives, and values between go to the nearest even") {
    for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
        const auto half = static_cast<std::uint16_t>(bits);
        const float value = from_half(half);
        REQUIRE(to_half(value) == half);
        REQUIRE(to_half(-value) == (half | 0x8000));
        const float next =
            bits + 1 == 0x7C00 ? 65536.0F : from_half(static_cast<std::uint16_t>(bits + 1));
        const float middle = value + (next - value) / 2;  // exact in float
        REQUIRE(to_half(middle) == (bits % 2 == 0 ? half : half + 1));
        REQUIRE(to_half(std::nextafter(middle, 0.0F)) == half);
        REQUIRE(to_half(std::nextafter(middle, 1e9F)) == half + 1);
    }
    CHECK(to_half(1e6F) == 0x7C00);
    CHECK((to_half(std::nanf("")) & 0x7C00) == 0x7C00);
    CHECK((to_half(std::nanf("")) & 0x03FF) != 0);
}

TEST_CASE("the embedded network has the size, the rates and the residual weights of its recipe") {
    const ParameterTable table(embedded_config());
    CHECK(table.count() == 1'151'040);
    CHECK(table.at("patch_proj.linear1.weight").rate == Approx(1 / std::sqrt(64.0)));
    CHECK(table.at("patch_proj.linear1.bias").rate == 1);
    CHECK(table.at("transformer.layers.2.attn.in_proj.weight").rate ==
          Approx(1 / std::sqrt(128.0) / std::sqrt(8.0)));
    CHECK(table.at("transformer.layers.2.attn._pds.per_dim_scale").rate ==
          Approx(1 / std::sqrt(8.0)));
    CHECK(table.at("output_head.param_projection.proj.linear1.weight").rate ==
          Approx(1 / std::sqrt(128.0)));
    CHECK(table.at("output_head.param_projection.proj.linear2.weight").rate == 1);
    CHECK(table.at("output_head.param_projection.proj.skip_proj.weight").rate == 1);
    const double taus[] = {.52056, .08990, .45989, .08135, .41644, .07485, .38337, .06969};
    for (int n = 0; n < 4; ++n) {
        CHECK(table.attention_tau(n) == Approx(taus[2 * n]).margin(5e-6));
        CHECK(table.mlp_tau(n) == Approx(taus[2 * n + 1]).margin(5e-6));
    }
}

TEST_CASE("matrices start as standard normal numbers, everything else at zero, by seed") {
    const ParameterTable table(embedded_config());
    const auto values = table.initial_values(1);
    double sum = 0;
    double squares = 0;
    double count = 0;
    for (const Parameter& parameter : table.trained()) {
        for (std::size_t i = 0; i < parameter.count; ++i) {
            const double value = values[parameter.first + i];
            if (parameter.shape.size() == 2) {
                sum += value;
                squares += value * value;
                ++count;
            } else {
                REQUIRE(value == 0);
            }
        }
    }
    CHECK(std::abs(sum / count) < 0.005);
    CHECK(squares / count == Approx(1).epsilon(0.01));
    CHECK(values == table.initial_values(1));
    CHECK(values != table.initial_values(2));
}

TEST_CASE("a written checkpoint opens, in half precision, with its metadata and input convention") {
    const ScratchFolder scratch;
    const Toto2Config config = embedded_config();
    const ParameterTable table(config);
    const auto values = table.initial_values(3);
    const std::string folder = scratch.file("model");
    const std::string hash = table.write_checkpoint(
        folder, values,
        {{"input_form", "anchored"}, {"channel_code", "prefix_patch"}, {"context_points", "512"}});
    const Checkpoint checkpoint = Checkpoint::open(folder);
    CHECK(checkpoint.weights_sha256() == hash);
    CHECK(checkpoint.parameters() == 1'151'048);
    CHECK(checkpoint.convention().form == InputForm::anchored);
    CHECK(checkpoint.convention().channel_code);
    CHECK(checkpoint.convention().context_points == 512);
    CHECK(checkpoint.tensors().file_bytes() < 4'000'000);
    CHECK(checkpoint.tensors().at("transformer.layers.0.attn_tau").dtype == Dtype::f32);
    for (const Parameter& parameter : table.trained()) {
        const TensorView& view = checkpoint.tensors().at(parameter.name);
        REQUIRE(view.dtype == Dtype::f16);
        const auto stored = view.to_float();
        for (std::size_t i = 0; i < stored.size(); i += 97) {
            REQUIRE(stored[i] == from_half(to_half(values[parameter.first + i])));
        }
    }
    auto broken = values;
    broken[5] = 1e6F;
    CHECK_THROWS_AS(table.write_checkpoint(folder, broken, {}), Error);
    CHECK(Checkpoint::open(folder).weights_sha256() == hash);  // still the good one
}

TEST_CASE("a configuration that the trainer does not know is refused") {
    Toto2Config config = embedded_config();
    config.norm_include_weight = true;
    CHECK_THROWS_AS(config_text(config), Error);
    config = embedded_config();
    config.heads_per_group = 2;
    config.num_groups = 1;
    CHECK_THROWS_AS(config_text(config), Error);
}

TEST_CASE("the rate warms up, stays, and falls to zero; the average starts short") {
    TrainingSettings settings;
    settings.steps = 2000;
    CHECK(learning_rate_at(0, settings) == Approx(0.003));
    CHECK(learning_rate_at(49, settings) == Approx(0.15));
    CHECK(learning_rate_at(99, settings) == Approx(0.3));
    CHECK(learning_rate_at(600, settings) == Approx(0.3));
    CHECK(learning_rate_at(1300, settings) == Approx(0.15));
    CHECK(learning_rate_at(1999, settings) == Approx(0.3 / 1400));
    CHECK(average_decay_at(0) == 0);
    CHECK(average_decay_at(9) == Approx(0.9));
    CHECK(average_decay_at(5000) == 0.998);
}

}  // namespace tradewind::model::test

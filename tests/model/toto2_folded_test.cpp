// The folded, pruned form of Toto 2.0 against the plain one over every kind of configuration, and
// what it promises beyond it: the same bits in any batch size.
#include <cmath>
#include <nlohmann/json.hpp>

#include "messages/counter_random.hpp"
#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "model/random_checkpoint.hpp"
#include "tests/catch.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

NetworkInput random_input(std::int64_t batch, std::int64_t variates, std::int64_t points,
                          bool gaps) {
    const CounterRandom random(3, "input");
    NetworkInput input;
    input.batch = batch;
    input.variates = variates;
    input.points = points;
    double level = 0;
    for (std::int64_t i = 0; i < batch * variates * points; ++i) {
        level += random.normal(1, Date{}, static_cast<std::uint64_t>(i));
        input.series.push_back(level);
        const bool hidden = gaps && (i % points < 70 || i % 11 == 0);
        input.mask.push_back(hidden ? 0 : 1);
    }
    for (std::int64_t i = 0; i < batch * variates; ++i) input.group.push_back(i % variates / 2);
    return input;
}

struct Variant {
    const char* name;
    nlohmann::json changes;
};

std::unique_ptr<Network> open_variant(const nlohmann::json& changes) {
    auto config = nlohmann::json::parse(embedded_shape_config());
    config.update({{"d_model", 48}, {"d_ff", 56}, {"qk_dim", 16}, {"v_dim", 24}});
    config.update(changes);
    const ScratchFolder folder;
    write_random_toto2(folder.path(), config.dump(), 5);
    return open_network(Checkpoint::open(folder.path()));
}

}  // namespace

TEST_CASE("folded and plain Toto 2.0 agree on every kind of configuration") {
    const std::vector<Variant> variants = {
        {"one variate layer at the end", nlohmann::json::object()},
        {"groups of two", {{"layer_group_size", 2}}},
        {"variate layer first", {{"variate_layer_first", true}, {"layer_group_size", 2}}},
        {"two variate layers at the end", {{"num_variate_layers_per_group", 2}}},
        {"time layers only", {{"num_variate_layers_per_group", 0}}},
        {"variate layers only", {{"num_variate_layers_per_group", 4}}},
        {"shared keys", {{"num_heads", 4}, {"heads_per_group", 2}}},
        {"no biases, no scales", {{"attn_bias", false}, {"per_dim_scale", false}}},
        {"all biases, gains", {{"mlp_bias", true}, {"norm_include_weight", true}}},
        {"no xPos", {{"use_xpos", false}}},
        {"wide heads", {{"qk_dim", 64}, {"v_dim", 64}}},
        {"normalised queries", {{"qk_norm", true}, {"qk_norm_include_weight", true}}},
    };
    for (const auto& [name, changes] : variants) {
        DYNAMIC_SECTION(name) {
            const auto network = open_variant(changes);
            for (const bool gaps : {false, true}) {
                for (const std::int64_t horizon : {1, 70}) {
                    const NetworkInput input = random_input(5, 3, 200, gaps);
                    NetworkOptions options;
                    options.horizon = horizon;
                    const auto folded = network->run(input, options).quantiles;
                    options.plain_threads = 1;
                    const auto plain = network->run(input, options).quantiles;
                    REQUIRE(folded.size() == plain.size());
                    double worst = 0;
                    for (std::size_t i = 0; i < plain.size(); ++i) {
                        worst = std::max<double>(
                            worst, std::abs(folded[i] - plain[i]) / (1 + std::abs(plain[i])));
                    }
                    INFO("horizon " << horizon << (gaps ? " with gaps" : ""));
                    CHECK(worst < 3e-4);  // sinh of a random head blows rounding up
                }
            }
        }
    }
}

TEST_CASE("a row of a folded network has the same bits in any batch size, at any place") {
    const auto network = open_variant(nlohmann::json::object());
    REQUIRE(network->traits().rows_stand_alone);
    for (const std::int64_t points : {64, 512, 544}) {
        constexpr std::int64_t kRows = 37;
        const NetworkInput all = random_input(kRows, 4, points, true);
        NetworkOptions options;
        options.horizon = 3;
        const auto together = network->run(all, options).quantiles;
        const auto width = static_cast<std::ptrdiff_t>(4 * points);
        for (const std::int64_t count : {1, 2, 3, 16, 17}) {
            const std::int64_t first = kRows - count - 1;
            NetworkInput some = all;
            some.batch = count;
            some.series.assign(all.series.begin() + first * width,
                               all.series.begin() + (first + count) * width);
            some.mask.assign(all.mask.begin() + first * width,
                             all.mask.begin() + (first + count) * width);
            some.group.assign(all.group.begin() + first * 4,
                              all.group.begin() + (first + count) * 4);
            const auto apart = network->run(some, options).quantiles;
            bool equal = true;
            for (std::int64_t q = 0; q < 9; ++q) {
                for (std::int64_t i = 0; i < count * 12; ++i) {
                    equal = equal &&
                            apart[q * count * 12 + i] == together[(q * kRows + first) * 12 + i];
                }
            }
            INFO(points << " points, " << count << " rows");
            CHECK(equal);
        }
    }
}

}  // namespace tradewind::model::test

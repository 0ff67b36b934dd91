#include "model/checkpoint.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/network.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

nlohmann::json fixture_config() {
    std::ifstream file(fixture_path("config.json"));
    return nlohmann::json::parse(file);
}

std::string config_refusal(const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json config = fixture_config();
    change(config);
    try {
        (void)parse_toto2_config(config.dump(), "config.json");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        return error.what();
    }
    return "accepted";
}

using Tensors = std::map<std::string, std::pair<Shape, std::vector<float>>>;

Tensors fixture_tensors() {
    Tensors tensors;
    const SafeTensors file = SafeTensors::open(fixture_path("model.safetensors"));
    for (const auto& [name, view] : file.tensors()) tensors[name] = {view.shape, view.to_float()};
    return tensors;
}

std::string checkpoint_refusal(const std::function<void(Tensors&, SafeTensorsWriter&)>& change) {
    const ScratchFolder folder;
    Tensors tensors = fixture_tensors();
    SafeTensorsWriter writer;
    change(tensors, writer);
    for (const auto& [name, tensor] : tensors) {
        writer.add(name, tensor.first, std::span<const float>(tensor.second));
    }
    writer.write(folder.file("model.safetensors"));
    std::filesystem::copy(fixture_path("config.json"), folder.file("config.json"));
    try {
        (void)Checkpoint::open(folder.path());
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("the configuration is read strictly") {
    using Json = nlohmann::json&;
    CHECK(config_refusal([](Json) {}) == "accepted");
    struct Row {
        const char* key;
        nlohmann::json value;
    };
    const Row refused[] = {
        {"unheard_of", 1},
        {"num_output_patches", 2},
        {"pre_norm", false},
        {"dropout_p", 0.1},
        {"num_heads", 5},
        {"qk_dim", 18},
        {"d_model", "64"},
        {"d_model", -64},
        {"d_model", 0},
        {"d_model", 64.5},
        {"d_model", 1e30},
        {"patch_size", 1 << 30},
        {"norm_eps", 0},
        {"norm_eps", nullptr},
        {"use_xpos", 1},
        {"layer_group_size", 0},
        {"num_variate_layers_per_group", 3},
    };
    for (const Row& row : refused) {
        INFO(row.key << " = " << row.value.dump());
        CHECK_THAT(config_refusal([&row](Json config) { config[row.key] = row.value; }),
                   Catch::Contains(row.key));
    }
    for (const char* key : {"d_model", "num_heads", "qk_dim", "v_dim", "num_layers",
                            "layer_group_size", "patch_size", "residual_attn_ratio"}) {
        CHECK_THAT(config_refusal([key](Json config) { config.erase(key); }), Catch::Contains(key));
    }
    for (const char* key : {"variate_layer_first", "d_ff", "num_output_patches", "norm_eps",
                            "dropout_p", "residual_mult"}) {
        CHECK(config_refusal([key](Json config) { config.erase(key); }) == "accepted");
    }
    CHECK_THROWS_WITH(parse_toto2_config("[1]", "c"), Catch::Contains("not a JSON object"));
    CHECK_THROWS_AS(parse_toto2_config("{", "c"), Error);
}

TEST_CASE("defaults and layer kinds follow the published rules") {
    nlohmann::json json = fixture_config();
    for (const auto& [width, wanted] :
         {std::pair{256, 688}, {512, 1368}, {1024, 2736}, {1536, 4096}, {2048, 5464}, {128, 344}}) {
        json["d_model"] = width;
        json.erase("d_ff");
        CHECK(parse_toto2_config(json.dump(), "c").d_ff == wanted);
    }
    Toto2Config config = parse_toto2_config(json.dump(), "c");
    CHECK_FALSE(config.is_variate_layer(0));
    CHECK(config.is_variate_layer(1));
    CHECK(config.is_variate_layer(3));
    config.variate_layer_first = true;
    CHECK(config.is_variate_layer(0));
    CHECK_FALSE(config.is_variate_layer(1));
}

TEST_CASE("the published sizes have the published parameter counts") {
    nlohmann::json json = fixture_config();
    json["qk_dim"] = 64;
    json["v_dim"] = 64;
    json.erase("d_ff");
    const auto parameters = [&json](int width, int layers) {
        json["d_model"] = width;
        json["num_heads"] = width / 64;
        json["num_groups"] = width / 64;
        json["num_layers"] = layers;
        json["layer_group_size"] = layers;
        std::int64_t count = 0;
        std::size_t tensors = 0;
        for (const auto& [name, shape] : toto2_tensors(parse_toto2_config(json.dump(), "c"))) {
            count += value_count(shape);
            ++tensors;
        }
        return std::pair{count, tensors};
    };
    CHECK(parameters(256, 4) == std::pair{std::int64_t{4144456}, std::size_t{48}});
    CHECK(parameters(512, 6) == std::pair{std::int64_t{21915596}, std::size_t{66}});
    CHECK(parameters(2048, 48) == std::pair{std::int64_t{2454281888}, std::size_t{444}});
    CHECK(parameters(128, 4).first == 1151048);
}

TEST_CASE("weights that do not fit are refused by name") {
    const std::string name = "transformer.layers.2.attn.in_proj.weight";
    using Map = Tensors&;
    using Writer = SafeTensorsWriter&;
    CHECK(checkpoint_refusal([](Map, Writer) {}) == "accepted");
    const auto missing = checkpoint_refusal([&](Map map, Writer) { map.erase(name); });
    CHECK_THAT(missing, Catch::Contains(name) && Catch::Contains("missing"));
    const auto shape = checkpoint_refusal([&](Map map, Writer) { map[name].first = {64, 192}; });
    CHECK_THAT(shape, Catch::Contains(name) && Catch::Contains("[64, 192], wanted [192, 64]"));
    const auto nan = checkpoint_refusal(
        [&](Map map, Writer) { map[name].second[7] = std::numeric_limits<float>::quiet_NaN(); });
    CHECK_THAT(nan, Catch::Contains(name) && Catch::Contains("not finite"));
    const auto extra = checkpoint_refusal([](Map map, Writer) { map["surplus"] = {{1}, {0}}; });
    CHECK_THAT(extra, Catch::Contains("surplus") && Catch::Contains("not part"));
    const auto form = checkpoint_refusal(
        [](Map, Writer writer) { writer.set_metadata("input_form", "sideways"); });
    CHECK_THAT(form, Catch::Contains("input_form") && Catch::Contains("sideways"));
    const auto points =
        checkpoint_refusal([](Map, Writer writer) { writer.set_metadata("context_points", "0"); });
    CHECK_THAT(points, Catch::Contains("context_points"));
    CHECK(checkpoint_refusal([](Map, Writer writer) {
              writer.set_metadata("input_form", "anchored");
              writer.set_metadata("channel_code", "prefix_patch");
              writer.set_metadata("seed", "7");
          }) == "accepted");
    CHECK_THROWS_WITH(Checkpoint::open("/no/such/folder"), Catch::Contains("does not exist"));
}

TEST_CASE("half-precision and sharded weights forecast as their values say") {
    const ScratchFolder folder;
    std::filesystem::copy(fixture_path("config.json"), folder.file("config.json"));
    const auto brain = [](float value) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, &value, 4);
        return static_cast<std::uint16_t>(bits >> 16U);
    };
    // Weights cut to BF16, once stored so over two shards and once widened to F32.
    SafeTensorsWriter wide;
    SafeTensorsWriter shards[2];
    nlohmann::json index;
    std::size_t turn = 0;
    for (const auto& [name, tensor] : fixture_tensors()) {
        std::vector<std::uint16_t> narrow;
        std::vector<float> widened;
        for (const float value : tensor.second) {
            narrow.push_back(brain(value));
            const std::uint32_t bits = static_cast<std::uint32_t>(narrow.back()) << 16U;
            float back = 0;
            std::memcpy(&back, &bits, 4);
            widened.push_back(back);
        }
        wide.add(name, tensor.first, std::span<const float>(widened));
        shards[turn % 2].add(name, Dtype::bf16, tensor.first, std::as_bytes(std::span(narrow)));
        index["weight_map"][name] = "part" + std::to_string(turn % 2) + ".safetensors";
        ++turn;
    }
    wide.write(folder.file("model.safetensors"));
    const FixtureCase fixture = open_case("plain");
    const auto expected = open_network(Checkpoint::open(folder.path()))
                              ->run(fixture.input, fixture.options)
                              .quantiles;
    for (int i = 0; i < 2; ++i) {
        shards[i].write(folder.file("part" + std::to_string(i) + ".safetensors"));
    }
    std::ofstream(folder.file("model.safetensors.index.json")) << index.dump();
    const auto sharded = open_network(Checkpoint::open(folder.path()))
                             ->run(fixture.input, fixture.options)
                             .quantiles;
    CHECK(sharded == expected);
}

}  // namespace tradewind::model::test

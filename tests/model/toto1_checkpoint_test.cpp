// What a Toto 1.0 folder may hold and what is refused by name.
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "model/checkpoint.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

nlohmann::json fixture_config() {
    std::ifstream file(toto1_path("config.json"));
    return nlohmann::json::parse(file);
}

std::string config_refusal(const std::function<void(nlohmann::json&)>& change) {
    nlohmann::json config = fixture_config();
    change(config);
    try {
        (void)parse_toto1_config(config.dump(), "config.json");
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        return error.what();
    }
    return "accepted";
}

using Tensors = std::map<std::string, std::pair<Shape, std::vector<float>>>;

// Opens a copy of the fixture with changed tensors and configuration.
std::string checkpoint_refusal(
    const std::function<void(Tensors&)>& change,
    const std::function<void(nlohmann::json&)>& change_config = [](nlohmann::json&) {},
    std::uintmax_t cut_bytes = 0) {
    const ScratchFolder folder;
    Tensors tensors;
    const SafeTensors file = SafeTensors::open(toto1_path("model.safetensors"));
    for (const auto& [name, view] : file.tensors()) tensors[name] = {view.shape, view.to_float()};
    change(tensors);
    SafeTensorsWriter writer;
    for (const auto& [name, tensor] : tensors) {
        writer.add(name, tensor.first, std::span<const float>(tensor.second));
    }
    writer.write(folder.file("model.safetensors"));
    if (cut_bytes > 0) {
        const auto size = std::filesystem::file_size(folder.file("model.safetensors"));
        std::filesystem::resize_file(folder.file("model.safetensors"), size - cut_bytes);
    }
    nlohmann::json config = fixture_config();
    change_config(config);
    std::ofstream(folder.file("config.json")) << config.dump();
    try {
        (void)Checkpoint::open(folder.path());
    } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::data);
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a toto1 configuration is read strictly") {
    using Json = nlohmann::json&;
    CHECK(config_refusal([](Json) {}) == "accepted");
    struct Row {
        const char* key;
        nlohmann::json value;
    };
    const Row refused[] = {
        {"stride", 32},
        {"num_heads", 5},
        {"num_heads", 64},
        {"embed_dim", "64"},
        {"embed_dim", 0},
        {"embed_dim", 1e30},
        {"patch_size", -64},
        {"dropout", 1.0},
        {"dropout", "none"},
        {"scaler_cls", "<class 'model.scaler.StdMeanScaler'>"},
        {"scaler_cls", 7},
        {"output_distribution_classes", "MixtureOfStudentTsOutput"},
        {"output_distribution_classes", nlohmann::json::array()},
        {"output_distribution_classes", {"<class 'StudentTOutput'>"}},
        {"output_distribution_kwargs", nullptr},
        {"output_distribution_kwargs", {{"k_components", 0}}},
        {"output_distribution_kwargs", {{"k_components", 5}, {"more", 1}}},
        {"scale_factor_exponent", -1},
        {"spacewise_every_n_layers", 0},
        {"spacewise_every_n_layers", -2},
        {"spacewise_first", "no"},
        {"stabilize_with_global", 1},
        {"num_layers", 5000},
        {"format_version", 2},
    };
    for (const Row& row : refused) {
        INFO(row.key << " = " << row.value.dump());
        const std::string why = config_refusal([&](Json config) { config[row.key] = row.value; });
        CHECK(why != "accepted");
        const bool named =
            why.find(row.key) != std::string::npos || why.find("k_components") != std::string::npos;
        CHECK(named);
    }
    for (const char* key : {"patch_size", "stride", "embed_dim", "num_layers", "num_heads",
                            "mlp_hidden_dim", "spacewise_every_n_layers", "scaler_cls",
                            "output_distribution_classes", "output_distribution_kwargs"}) {
        CHECK_THAT(config_refusal([key](Json config) { config.erase(key); }), Catch::Contains(key));
    }
    for (const char* key : {"dropout", "spacewise_first", "stabilize_with_global",
                            "scale_factor_exponent", "use_memory_efficient_attention"}) {
        CHECK(config_refusal([key](Json config) { config.erase(key); }) == "accepted");
    }
    nlohmann::json with_extra = fixture_config();
    with_extra["colour"] = "red";
    CHECK(parse_toto1_config(with_extra.dump(), "c").unknown_keys ==
          std::vector<std::string>{"colour"});
    CHECK_THROWS_AS(parse_toto1_config("{", "c"), Error);
}

TEST_CASE("layer kinds and the published size follow from the configuration") {
    nlohmann::json json = fixture_config();
    json["embed_dim"] = 768;
    json["num_layers"] = 12;
    json["num_heads"] = 12;
    json["mlp_hidden_dim"] = 3072;
    json["spacewise_every_n_layers"] = 12;
    json["output_distribution_kwargs"]["k_components"] = 24;
    Toto1Config config = parse_toto1_config(json.dump(), "c");
    std::int64_t count = 0;
    for (const auto& [name, shape] : toto1_tensors(config, false)) count += value_count(shape);
    CHECK(count == 151306080);
    CHECK(toto1_tensors(config, false).size() == 132);
    CHECK(toto1_tensors(config, true).size() == 134);
    CHECK_FALSE(config.is_variate_layer(0));
    CHECK(config.is_variate_layer(11));
    config.spacewise_first = true;
    CHECK(config.is_variate_layer(0));
    CHECK_FALSE(config.is_variate_layer(11));
    config.spacewise_every_n_layers = -1;
    CHECK_FALSE(config.is_variate_layer(0));
}

TEST_CASE("toto1 weights that do not fit are refused by name") {
    const std::string name = "model.transformer.layers.2.attention.wQKV.weight";
    const std::string gate = "model.transformer.layers.1.mlp.0";
    using Map = Tensors&;
    CHECK(checkpoint_refusal([](Map) {}) == "accepted");
    CHECK_THAT(checkpoint_refusal([&](Map map) { map.erase(name); }),
               Catch::Contains(name) && Catch::Contains("missing"));
    CHECK_THAT(checkpoint_refusal([&](Map map) {
                   map[name].first = {64, 192};
               }),
               Catch::Contains(name) && Catch::Contains("[64, 192], wanted [192, 64]"));
    CHECK_THAT(checkpoint_refusal(
                   [&](Map map) { map[name].second[7] = std::numeric_limits<float>::quiet_NaN(); }),
               Catch::Contains(name) && Catch::Contains("not finite"));
    CHECK_THAT(checkpoint_refusal([](Map map) {
                   map["model.surplus"] = {{1}, {0}};
               }),
               Catch::Contains("model.surplus") && Catch::Contains("not part"));
    const auto truncated = checkpoint_refusal([](Map) {}, [](nlohmann::json&) {}, 4);
    CHECK(truncated != "accepted");
    CHECK_THAT(truncated, Catch::Contains("model.safetensors"));
    // The alias alone is the same tensor; both names at once contradict each other.
    const auto renamed = [&](Map map) {
        map[gate + ".w12.weight"] = map[gate + ".weight"];
        map.erase(gate + ".weight");
    };
    CHECK(checkpoint_refusal(renamed) == "accepted");
    CHECK_THAT(
        checkpoint_refusal([&](Map map) { map[gate + ".w12.weight"] = map[gate + ".weight"]; }),
        Catch::Contains(gate) && Catch::Contains("other name"));
    CHECK_THAT(checkpoint_refusal([&](Map map) {
                   renamed(map);
                   map[gate + ".w12.weight"].second[0] = std::numeric_limits<float>::infinity();
               }),
               Catch::Contains(gate + ".w12.weight"));
    // Recomputed, whatever they hold.
    CHECK(checkpoint_refusal([](Map map) {
              map["model.transformer.rotary_emb.freqs"] = {{3}, {1, 2, 3}};
              map["model.transformer.layers.0.rotary_emb.scale"] = {{1}, {9}};
          }) == "accepted");
    // One variate label asks for the other.
    const std::vector<float> label(64, 0.5F);
    CHECK_THAT(checkpoint_refusal([&](Map map) {
                   map[kToto1TargetLabel] = {{64}, label};
               }),
               Catch::Contains(kToto1ExogenousLabel) && Catch::Contains("missing"));
    CHECK(checkpoint_refusal([&](Map map) {
              map[kToto1TargetLabel] = {{64}, label};
              map[kToto1ExogenousLabel] = {{64}, label};
          }) == "accepted");
}

TEST_CASE("the family follows from the configuration's own keys") {
    const auto none = [](Tensors&) {};
    CHECK_THAT(checkpoint_refusal(none, [](nlohmann::json& config) { config["d_model"] = 64; }),
               Catch::Contains("mixes the keys"));
    CHECK_THAT(checkpoint_refusal(none,
                                  [](nlohmann::json& config) {
                                      config = {{"width", 3}};
                                  }),
               Catch::Contains("neither the keys"));
    CHECK(Checkpoint::open(toto1_path("")).family() == ModelFamily::toto1);
    CHECK(Checkpoint::open(fixture_path("")).family() == ModelFamily::toto2);
    CHECK_THAT(Checkpoint::open(toto1_path("")).id(), Catch::StartsWith("toto1-"));
}

}  // namespace tradewind::model::test

// Toto 1.0 against the reference outputs of fixtures/toto1-tiny: every case with and without the
// cache, the mixture, its quantiles and every dumped stage, by the tolerances of that folder's
// README.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"
#include "tests/model/scratch_folder.hpp"

namespace tradewind::model::test {

namespace {

constexpr std::array kCases = {"plain",    "left_padded",      "long_horizon", "multi_variate",
                               "constant", "offset_and_scale", "gaps"};

Network& network() {
    static const std::unique_ptr<Network> opened = open_network(Checkpoint::open(toto1_path("")));
    return *opened;
}

double tolerance_of(const std::string& name, const char* result) {
    std::ifstream file(toto1_path("cases/index.json"));
    return nlohmann::json::parse(file).at(name).at("tolerance_in_units").at(result).get<double>();
}

const NamedTensor& stage_of(const NetworkOutput& output, const std::string& name) {
    const auto found = std::find_if(output.stages.begin(), output.stages.end(),
                                    [&name](const NamedTensor& s) { return s.name == name; });
    INFO(name);
    REQUIRE(found != output.stages.end());
    return *found;
}

}  // namespace

TEST_CASE("toto1 means agree with the reference with and without the cache") {
    for (const std::string name : kCases) {
        for (const bool cached : {true, false}) {
            INFO(name << (cached ? " cached" : " uncached"));
            FixtureCase fixture = open_toto1_case(name);
            fixture.options.kv_cache = cached;
            const NetworkOutput output = network().run(fixture.input, fixture.options);
            const std::string key = cached ? "mean_cached" : "mean_uncached";
            CHECK(worst_distance(output.mean, fixture.file.at(key + "_f64").to_double(),
                                 fixture.file.at("dist.s_f64").to_double(),
                                 static_cast<std::size_t>(fixture.options.horizon),
                                 tolerance_of(name, key.c_str())) <= 1.0);
        }
    }
}

TEST_CASE("toto1 quantiles of the first patch invert the reference's mixture") {
    for (const std::string name : kCases) {
        INFO(name);
        FixtureCase fixture = open_toto1_case(name);
        fixture.options.horizon = 64;
        const NetworkOutput output = network().run(fixture.input, fixture.options);
        CHECK(worst_distance(output.quantiles,
                             fixture.file.at("first_patch_quantiles_f64").to_double(),
                             fixture.file.at("dist.s_f64").to_double(), 64,
                             tolerance_of(name, "first_patch_quantiles")) <= 1.0);
        REQUIRE(output.levels.size() == 9);
        CHECK(output.levels[0] == 0.1);
        CHECK(output.levels[8] == 0.9);
    }
}

TEST_CASE("toto1 stages agree with the reference one by one") {
    for (const std::string name : kCases) {
        FixtureCase fixture = open_toto1_case(name);
        fixture.options.stages = true;
        const NetworkOutput output = network().run(fixture.input, fixture.options);
        std::size_t compared = 0;
        for (const auto& [key, view] : fixture.file.tensors()) {
            if (!key.starts_with("stage.") && !key.starts_with("dist.")) continue;
            if (fixture.file.find(key + "_f64") != nullptr) continue;
            std::string stage = key.starts_with("stage.") ? key.substr(6) : key;
            if (stage.ends_with("_f64")) stage.resize(stage.size() - 4);
            INFO(name << " " << stage);
            CHECK(worst_of_stage(stage_of(output, stage), view) <= 1.0);
            ++compared;
        }
        CHECK(compared >= (name == "plain" || name == "multi_variate" ? 35 : 6));
    }
}

TEST_CASE("the names of the fused gated layer are the same checkpoint") {
    // A folder whose only weights are those under the other names.
    const FixtureCase fixture = open_toto1_case("multi_variate");
    const NetworkOutput plain = network().run(fixture.input, fixture.options);
    const ScratchFolder folder;
    std::filesystem::copy(toto1_path("config.json"), folder.file("config.json"));
    std::filesystem::copy(toto1_path("model.fused-names.safetensors"),
                          folder.file("model.safetensors"));
    const Checkpoint fused = Checkpoint::open(folder.path());
    CHECK(fused.family() == ModelFamily::toto1);
    CHECK(fused.parameters() == Checkpoint::open(toto1_path("")).parameters());
    const NetworkOutput output = open_network(fused)->run(fixture.input, fixture.options);
    CHECK(output.quantiles == plain.quantiles);
    CHECK(output.mean == plain.mean);
}

}  // namespace tradewind::model::test

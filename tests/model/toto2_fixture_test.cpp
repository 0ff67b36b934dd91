// Toto 2.0 against the reference outputs of fixtures/toto2-tiny: every case, every dumped stage, by
// the tolerances of that folder's README.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "model/checkpoint.hpp"
#include "model/network.hpp"
#include "tests/catch.hpp"
#include "tests/model/fixture.hpp"

namespace tradewind::model::test {

namespace {

double tolerance_of(const std::string& name) {
    std::ifstream file(fixture_path("cases/index.json"));
    return nlohmann::json::parse(file).at(name).at("tolerance_in_units").get<double>();
}

}  // namespace

TEST_CASE("toto2 forecasts agree with the reference on every case") {
    const Checkpoint checkpoint = Checkpoint::open(fixture_path(""));
    const auto network = open_network(checkpoint);
    for (const std::string name :
         {"plain", "left_padded", "long_horizon_single_pass", "long_horizon_blocks",
          "multi_variate", "constant", "offset_and_scale", "gaps_wrapper_options"}) {
        DYNAMIC_SECTION(name) {
            const FixtureCase fixture = open_case(name);
            const NetworkOutput output = network->run(fixture.input, fixture.options);
            const auto exact = fixture.file.at("quantiles_f64").to_double();
            REQUIRE(output.quantiles.size() == exact.size());
            CHECK(worst_distance(output.quantiles, exact, fixture.file.at("unit").to_double(),
                                 static_cast<std::size_t>(fixture.options.horizon),
                                 tolerance_of(name)) <= 1.0);
            REQUIRE(output.levels.size() == 9);
            CHECK(output.levels[0] == 0.1);
            CHECK(output.levels[8] == 0.9);
        }
    }
}

TEST_CASE("toto2 stages agree with the reference one by one") {
    const Checkpoint checkpoint = Checkpoint::open(fixture_path(""));
    const auto network = open_network(checkpoint);
    for (const std::string name : {"plain", "multi_variate"}) {
        FixtureCase fixture = open_case(name);
        fixture.options.stages = true;
        const NetworkOutput output = network->run(fixture.input, fixture.options);
        std::size_t compared = 0;
        for (const auto& [key, view] : fixture.file.tensors()) {
            if (!key.starts_with("stage.")) continue;
            const bool exact_form = key.ends_with("_f64");
            if (!exact_form && fixture.file.find(key + "_f64") != nullptr) continue;
            const std::string stage = key.substr(6, key.size() - 6 - (exact_form ? 4 : 0));
            DYNAMIC_SECTION(name << " " << stage) {
                const auto found =
                    std::find_if(output.stages.begin(), output.stages.end(),
                                 [&stage](const NamedTensor& s) { return s.name == stage; });
                REQUIRE(found != output.stages.end());
                CHECK(worst_of_stage(*found, view) <= 1.0);
            }
            ++compared;
        }
        CHECK(compared >= 33);
    }
}

}  // namespace tradewind::model::test

// Toto 2.0 against the reference outputs of fixtures/toto2-tiny: every case, every dumped stage, by
// the tolerances of that folder's README.
#include <algorithm>
#include <cmath>
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

struct Distance {
    double worst = 0;  // in units of what is allowed; above 1: too far
    std::size_t at = 0;
};

// |ours - exact| / (tol unit + 2^-22 |exact|), quantiles [9, rows, horizon], unit [rows].
Distance forecast_distance(const std::vector<float>& ours, const std::vector<double>& exact,
                           const std::vector<double>& unit, double tolerance) {
    Distance distance;
    const std::size_t horizon = exact.size() / 9 / unit.size();
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const double allowed =
            tolerance * unit[i / horizon % unit.size()] + std::ldexp(std::abs(exact[i]), -22);
        const double ratio = std::abs(static_cast<double>(ours[i]) - exact[i]) / allowed;
        if (!(ratio <= distance.worst)) distance = {ratio, i};
    }
    return distance;
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
            const Distance distance = forecast_distance(
                output.quantiles, exact, fixture.file.at("unit").to_double(), tolerance_of(name));
            INFO("worst at value " << distance.at);
            CHECK(distance.worst <= 1.0);
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
                REQUIRE(found->shape == view.shape);
                const auto wanted = view.to_double();
                const bool statistic = stage.starts_with("scaler.");
                double worst = 0;
                for (std::size_t i = 0; i < wanted.size(); ++i) {
                    const double allowed = statistic ? std::ldexp(std::abs(wanted[i]), -23)
                                                     : 2e-5 + 1e-5 * std::abs(wanted[i]);
                    const double off = std::abs(found->values[i] - wanted[i]);
                    worst = std::max(worst, off / std::max(allowed, 1e-300));
                }
                CHECK(worst <= 1.0);
            }
            ++compared;
        }
        CHECK(compared >= 33);
    }
}

}  // namespace tradewind::model::test

#include "tests/model/fixture.hpp"

#include <algorithm>
#include <cmath>

#include "tests/test_data.hpp"

namespace tradewind::model::test {

std::string fixture_path(const char* name) {
    return tradewind::test::test_data("model/fixtures/toto2-tiny/") + name;
}

FixtureCase open_case(const std::string& name) {
    FixtureCase fixture{
        SafeTensors::open(fixture_path(("cases/" + name + ".safetensors").c_str())), {}, {}};
    const TensorView& target = fixture.file.at("target");
    fixture.input.batch = target.shape.at(0);
    fixture.input.variates = target.shape.at(1);
    fixture.input.points = target.shape.at(2);
    fixture.input.series = target.to_double();
    fixture.input.mask = fixture.file.at("target_mask").to_mask();
    fixture.input.group = fixture.file.at("series_ids").to_int64();
    const auto& options = fixture.file.metadata();
    fixture.options.horizon = std::stoll(options.at("horizon"));
    fixture.options.decode_block_size = std::stoll(options.at("decode_block_size"));
    fixture.options.has_missing_values = options.at("has_missing_values") == "1";
    fixture.options.scaler_fallback_min_obs = std::stoll(options.at("scaler_fallback_min_obs"));
    fixture.options.quantile_real_cap_k = std::stod(options.at("quantile_real_cap_k"));
    return fixture;
}

std::string toto1_path(const char* name) {
    return tradewind::test::test_data("model/fixtures/toto1-tiny/") + name;
}

FixtureCase open_toto1_case(const std::string& name) {
    FixtureCase fixture{
        SafeTensors::open(toto1_path(("cases/" + name + ".safetensors").c_str())), {}, {}};
    const TensorView& series = fixture.file.at("series");
    fixture.input.batch = series.shape.at(0);
    fixture.input.variates = series.shape.at(1);
    fixture.input.points = series.shape.at(2);
    fixture.input.series = series.to_double();
    fixture.input.mask = fixture.file.at("padding_mask").to_mask();
    // Ids are constant along time.
    const auto ids = fixture.file.at("id_mask").to_int64();
    for (std::size_t at = 0; at < ids.size(); at += static_cast<std::size_t>(series.shape[2])) {
        fixture.input.group.push_back(ids[at]);
    }
    fixture.options.horizon = std::stoll(fixture.file.metadata().at("horizon"));
    return fixture;
}

double worst_distance(const std::vector<float>& ours, const std::vector<double>& exact,
                      const std::vector<double>& unit, std::size_t horizon, double tolerance) {
    double worst = ours.size() == exact.size() ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(ours.size(), exact.size()); ++i) {
        const double allowed =
            tolerance * unit[i / horizon % unit.size()] + std::ldexp(std::abs(exact[i]), -22);
        const double ratio = std::abs(static_cast<double>(ours[i]) - exact[i]) / allowed;
        worst = ratio <= worst ? worst : ratio;  // also up on a NaN
    }
    return worst;
}

double worst_of_stage(const NamedTensor& ours, const TensorView& exact) {
    const auto wanted = exact.to_double();
    const bool statistic = ours.name.starts_with("scaler.");
    double worst = ours.shape == exact.shape ? 0 : INFINITY;
    for (std::size_t i = 0; i < std::min(wanted.size(), ours.values.size()); ++i) {
        const double allowed =
            statistic ? std::ldexp(std::abs(wanted[i]), -23) : 2e-5 + 1e-5 * std::abs(wanted[i]);
        const double ratio = std::abs(ours.values[i] - wanted[i]) / std::max(allowed, 1e-300);
        worst = ratio <= worst ? worst : ratio;
    }
    return worst;
}

}  // namespace tradewind::model::test

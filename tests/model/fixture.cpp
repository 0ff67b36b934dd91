#include "tests/model/fixture.hpp"

namespace tradewind::model::test {

std::string fixture_path(const char* name) {
    return std::string(TRADEWIND_TEST_DATA "/model/fixtures/toto2-tiny/") + name;
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

}  // namespace tradewind::model::test

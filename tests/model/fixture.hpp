// Opens cases of fixtures/toto2-tiny and toto1-tiny as inputs of a Network, and measures how far an
// answer is from the reference, by the tolerances of those folders' READMEs.
#pragma once

#include <string>
#include <vector>

#include "model/network.hpp"
#include "model/safetensors.hpp"

namespace tradewind::model::test {

// A file of the folder; "" for the folder itself, which is a checkpoint.
[[nodiscard]] std::string fixture_path(const char* name);

struct FixtureCase {
    SafeTensors file;
    NetworkInput input;
    NetworkOptions options;
};

[[nodiscard]] FixtureCase open_case(const std::string& name);

// The same for toto1-tiny.
[[nodiscard]] std::string toto1_path(const char* name);
[[nodiscard]] FixtureCase open_toto1_case(const std::string& name);

// The largest |ours - exact| / (tolerance x unit + 2^-22 |exact|): above 1 is too far. Values
// [..., rows, horizon], unit [rows].
[[nodiscard]] double worst_distance(const std::vector<float>& ours,
                                    const std::vector<double>& exact,
                                    const std::vector<double>& unit, std::size_t horizon,
                                    double tolerance);
// The largest share of the allowed difference of a dumped stage.
[[nodiscard]] double worst_of_stage(const NamedTensor& ours, const TensorView& exact);

}  // namespace tradewind::model::test

// Opens cases of fixtures/toto2-tiny as inputs of a Network.
#pragma once

#include <string>

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

}  // namespace tradewind::model::test

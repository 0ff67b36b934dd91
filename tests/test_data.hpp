// Where the data files of the tests lie. The path is in one object only, so that all other test
// objects are the same in every checkout.
#pragma once

#include <string>
#include <string_view>

namespace tradewind::test {

// The full name of a file below the folder tests/, for example "market/nyse_special_days.txt".
std::string test_data(std::string_view name);

}  // namespace tradewind::test

#include "tests/test_data.hpp"

namespace tradewind::test {

std::string test_data(std::string_view name) {
    return std::string(TRADEWIND_TEST_DATA "/").append(name);
}

}  // namespace tradewind::test

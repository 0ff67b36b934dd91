// Checks of a network's input that every family makes. Inside the module; any thread.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "messages/error.hpp"

namespace tradewind::model {

constexpr std::int64_t kLargestInput = std::int64_t{1} << 31;  // values of one call

inline void require_size(const char* name, std::size_t size, std::int64_t wanted) {
    if (size != static_cast<std::size_t>(wanted)) {
        throw Error(ErrorKind::usage, std::string("input ") + name, "",
                    "has " + std::to_string(size) + " values, wanted " + std::to_string(wanted));
    }
}

// An observed value that the scaler can square without overflow.
inline double checked(double value, std::int64_t row, std::int64_t point) {
    if (!std::isfinite(value) || std::abs(value) > 1e150) {
        throw Error(ErrorKind::data, "input series",
                    "row " + std::to_string(row) + ", point " + std::to_string(point),
                    "an observed value is not finite", "mask it or correct it");
    }
    return value;
}

constexpr std::int64_t divide_up(std::int64_t a, std::int64_t b) {
    return (a + b - 1) / b;
}

}  // namespace tradewind::model

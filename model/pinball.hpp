// Pinball loss of nine deciles: the mean over the levels k of max(k (y - q_k), (k - 1) (y - q_k)).
// Smallest in expectation at the true deciles; scales with its arguments. Pure.
// Source: training recipe 1.
#pragma once

#include <algorithm>
#include <array>

#include "messages/forecast.hpp"

namespace tradewind::model {

template <class Number>
[[nodiscard]] double pinball_loss(const std::array<Number, kDeciles>& deciles, double outcome) {
    double sum = 0;
    for (std::size_t q = 0; q < kDeciles; ++q) {
        const double level = static_cast<double>(q + 1) / 10;
        const double error = outcome - static_cast<double>(deciles[q]);
        sum += std::max(level * error, (level - 1) * error);
    }
    return sum / kDeciles;
}

// The loss of a forecast of no move.
[[nodiscard]] inline double zero_move_loss(double outcome) {
    return pinball_loss(std::array<double, kDeciles>{}, outcome);
}

}  // namespace tradewind::model

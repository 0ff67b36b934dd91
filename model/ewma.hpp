// The classical forecaster `ewma`: exponentially weighted mean and volatility of relative moves.
//
// For one series of relative moves y_1 ... y_n (y_i = x_i / x_{i-1} - 1 over the bars, from the
// first bar of the series on) and decay L:
//
//     W_i = L W_{i-1} + 1        M_i = L M_{i-1} + y_i        V_i = L V_{i-1} + y_i^2
//     centre = M_n / W_n (0 with `zero_centre`)               sigma = sqrt(V_n / W_n)
//     quantile at step h = centre h + z_q sigma sqrt(h)       z_q = inverse normal of 0.1 ... 0.9
//
// all starting from 0: the weights are normalised, so the start has no special value and an average
// over few moves is a true weighted mean. sigma is about zero, not about the centre. Computed in
// double in this order and rounded to float at the end. Fewer than 20 moves are refused. A quantile
// below -1 (price below zero) is given as it is; a consumer's price band is not this model's task.
//
// With `zero_centre` and lambda 0.94 it is the yardstick of scores, baseline (i) of the training
// recipe, up to the start of the recursion, which is forgotten as 0.94^n.
// Checkpoints and threads: recursive_forecaster.hpp. Source: strategies spec 2.2, recipe 2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "model/recursive_forecaster.hpp"

namespace tradewind::model {

struct EwmaOptions {
    double lambda = 0.94;      // in (0, 1)
    bool zero_centre = false;  // option `centre=zero`
};

constexpr std::size_t kEwmaMinimumPoints = kClassicalMinimumPoints;

// Inverse of the standard normal distribution at 0.1 ... 0.9.
constexpr std::array<double, kDeciles> kNormalQuantiles = {
    -1.2815515655446004, -0.8416212335729142, -0.5244005127080407, -0.2533471031357997, 0.0,
    0.2533471031357997,  0.5244005127080407,  0.8416212335729142,  1.2815515655446004};

// The recursion over one series of moves: a value, cheap to copy.
class EwmaState {
  public:
    void add(double move, double lambda) {
        weight_ = lambda * weight_ + 1;
        moves_ = lambda * moves_ + move;
        squares_ = lambda * squares_ + move * move;
    }
    [[nodiscard]] double mean() const { return weight_ > 0 ? moves_ / weight_ : 0; }
    [[nodiscard]] double sigma() const;

  private:
    double weight_ = 0;
    double moves_ = 0;
    double squares_ = 0;
};

// Deciles of the cumulative move over `step` >= 1 bars.
[[nodiscard]] Deciles ewma_deciles(const EwmaState& state, std::uint32_t step,
                                   const EwmaOptions& options);

// What RecursiveForecaster asks of it: the states of all four series of a symbol.
struct EwmaRecursion {
    using State = std::array<EwmaState, kSeriesCount>;
    EwmaOptions options;

    void advance(State& states, const BarSeries& series, std::uint32_t begin,
                 std::uint32_t end) const;
    void deciles(const State& states, const BarSeries& series, std::uint32_t end_index,
                 std::span<Deciles> out) const;
};

class EwmaForecaster final : public RecursiveForecaster<EwmaRecursion> {
  public:
    // Throws Error (usage) when lambda is not in (0, 1).
    explicit EwmaForecaster(const EwmaOptions& options = {});
};

}  // namespace tradewind::model

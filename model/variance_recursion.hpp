// Variance of a series of moves by recursion, as the classical baselines define it.
//
//   ewma:   v_t = L v_{t-1} + (1 - L) y_t^2
//   garch:  v_t = (1 - p) V_t + a y_t^2 + (p - a) v_{t-1},  V_t = mean square of all moves so far
//
// Both start from v_0 = mean of the first 32 squares; with fewer moves, of those there are. The
// start enters the recursion linearly, so it is kept apart with its fading weight and the state
// stays four numbers. v_t is the variance of move t + 1. Moves that touch a bar which contradicts
// itself are left out by the callers. Pure values; any thread. Source: training recipe 2.
#pragma once

#include <cmath>
#include <cstdint>

namespace tradewind::model {

// The variance of one series by v_t = innovation_t + persistence * v_{t-1}.
class VarianceRecursion {
  public:
    static constexpr std::uint32_t kSeedMoves = 32;

    void add(double square, double innovation, double persistence) {
        value_ = innovation + persistence * value_;
        seed_weight_ *= persistence;
        if (seed_moves_ < kSeedMoves) {
            seed_squares_ += square;
            ++seed_moves_;
        }
    }
    [[nodiscard]] double variance() const {
        return seed_moves_ == 0 ? 0 : value_ + seed_weight_ * seed_squares_ / seed_moves_;
    }

  private:
    double value_ = 0;
    double seed_weight_ = 1;
    double seed_squares_ = 0;
    std::uint32_t seed_moves_ = 0;
};

class EwmaVariance {
  public:
    void add(double move, double lambda) {
        const double square = move * move;
        recursion_.add(square, (1 - lambda) * square, lambda);
    }
    [[nodiscard]] double sigma() const { return std::sqrt(recursion_.variance()); }

  private:
    VarianceRecursion recursion_;
};

class GarchVariance {
  public:
    void add(double move, double alpha, double persistence) {
        const double square = move * move;
        squares_ += square;
        ++moves_;
        recursion_.add(square, (1 - persistence) * mean_square() + alpha * square,
                       persistence - alpha);
    }
    [[nodiscard]] double sigma() const { return std::sqrt(recursion_.variance()); }
    // Of the sum of the next `steps` moves: each step's expected variance returns to the mean
    // square as persistence^step.
    [[nodiscard]] double cumulative_sigma(std::uint32_t steps, double persistence) const {
        const double excess = recursion_.variance() - mean_square();
        const double weight =
            persistence < 1 ? (1 - std::pow(persistence, steps)) / (1 - persistence) : steps;
        return std::sqrt(steps * mean_square() + weight * excess);
    }

  private:
    [[nodiscard]] double mean_square() const { return moves_ == 0 ? 0 : squares_ / moves_; }

    VarianceRecursion recursion_;
    double squares_ = 0;
    double moves_ = 0;
};

}  // namespace tradewind::model

// A stream of random draws named by its key: (seed, purpose, step, item). Equal keys give equal
// draws whatever other streams did, so a batch is a function of its step and a run can go on in the
// middle. Owned by one thread; cheap to make. Source: architecture 5, training recipe 4.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "messages/counter_random.hpp"

namespace tradewind::model {

enum class DrawPurpose : std::uint32_t { batch_shape = 1, window = 2, weights = 3, validation = 4 };

class Draws {
  public:
    Draws(std::uint64_t seed, DrawPurpose purpose, std::uint32_t step, std::uint32_t item)
        : random_(seed, "training"),
          purpose_(static_cast<std::uint32_t>(purpose)),
          item_{static_cast<std::int32_t>(item)},
          index_(std::uint64_t{step} << 32) {}

    [[nodiscard]] double uniform() { return random_.uniform(purpose_, item_, index_++); }  // (0, 1)
    [[nodiscard]] double uniform(double from, double to) { return from + (to - from) * uniform(); }
    [[nodiscard]] double log_uniform(double from, double to) {
        return from * std::pow(to / from, uniform());
    }
    [[nodiscard]] bool chance(double probability) { return uniform() < probability; }
    // 0 ... count - 1, each equally likely.
    [[nodiscard]] std::size_t below(std::size_t count) {
        const auto drawn = static_cast<std::size_t>(uniform() * static_cast<double>(count));
        return std::min(drawn, count - 1);
    }
    [[nodiscard]] double normal() {
        if (spare_) {
            const double value = *spare_;
            spare_.reset();
            return value;
        }
        const auto [first, second] = random_.normals(purpose_, item_, index_++);
        spare_ = second;
        return first;
    }
    // Gamma with scale 1 and shape > 1/3 (Marsaglia and Tsang, 2000).
    [[nodiscard]] double gamma(double shape) {
        const double d = shape - 1.0 / 3;
        const double c = 1 / std::sqrt(9 * d);
        for (;;) {
            const double x = normal();
            const double root = 1 + c * x;
            if (root <= 0) continue;
            const double v = root * root * root;
            if (std::log(uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
        }
    }

  private:
    CounterRandom random_;
    std::uint32_t purpose_;
    Date item_;
    std::uint64_t index_;
    std::optional<double> spare_;
};

}  // namespace tradewind::model

// Indicators as values: feed one bar's number, read the result. No allocation after construction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "messages/money.hpp"

namespace tradewind::strategy {

// Exact sum of the last `length` prices; the mean is sum / length and is never divided here, so
// that comparisons of two means (a.sum x b.length against b.sum x a.length) are exact.
class RollingSum {
  public:
    explicit RollingSum(std::size_t length) : ring_(length, 0) {}

    void add(Price price) {
        sum_ += price.units() - ring_[next_];
        ring_[next_] = price.units();
        next_ = next_ + 1 == ring_.size() ? 0 : next_ + 1;
        if (count_ < ring_.size()) ++count_;
    }
    [[nodiscard]] bool full() const { return count_ == ring_.size(); }
    [[nodiscard]] int128 sum() const { return sum_; }
    [[nodiscard]] std::size_t length() const { return ring_.size(); }
    // The prices held, oldest first; add() them to a new value to restore it.
    [[nodiscard]] std::vector<Price> prices() const {
        std::vector<Price> result;
        for (std::size_t i = 0; i < count_; ++i) {
            const auto at = (next_ + ring_.size() - count_ + i) % ring_.size();
            result.push_back(Price::from_units(ring_[at]));
        }
        return result;
    }

  private:
    std::vector<std::int64_t> ring_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    int128 sum_ = 0;
};

// -1, 0 or +1: mean of `a` below, equal to, above the mean of `b`; exact.
[[nodiscard]] inline int compare_means(const RollingSum& a, const RollingSum& b) {
    const int128 left = a.sum() * static_cast<int128>(b.length());
    const int128 right = b.sum() * static_cast<int128>(a.length());
    return left < right ? -1 : left > right ? 1 : 0;
}

// ema[0] = x[0], ema[i] = a x[i] + (1 - a) ema[i-1], a = 2 / (length + 1), computed as
// ema += a (x - ema): equal inputs then give exactly equal means, whatever the length. Extended
// precision keeps near ties apart.
class ExponentialMean {
  public:
    explicit ExponentialMean(std::int64_t length)
        : weight_(2.0L / static_cast<long double>(length + 1)) {}

    void add(Price price) {
        const auto value = static_cast<long double>(price.units());
        mean_ = seeded_ ? mean_ + weight_ * (value - mean_) : value;
        seeded_ = true;
    }
    // In units of the price type.
    [[nodiscard]] long double value() const { return mean_; }
    void restore(long double mean) {
        mean_ = mean;
        seeded_ = true;
    }

  private:
    long double weight_;
    long double mean_ = 0;
    bool seeded_ = false;
};

}  // namespace tradewind::strategy

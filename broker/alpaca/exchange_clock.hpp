// The broker's time, carried on by steady time.
//
// Set from GET /v2/clock (its timestamp at the middle of the request) and the speed of its answer's
// X-Clock-Speed header. now() never goes back: a clock that was set back waits until the old time
// is reached again. Any thread. Source: contract 5.
#pragma once

#include <cstdint>
#include <mutex>

#include "messages/time.hpp"

namespace tradewind::broker::alpaca {

class ExchangeClock {
  public:
    void set(Timestamp exchange, std::int64_t steady_ns, double speed) {
        const std::lock_guard lock(mutex_);
        exchange_ = exchange;
        steady_ns_ = steady_ns;
        speed_ = speed;
        set_ = true;
    }
    [[nodiscard]] Timestamp at(std::int64_t steady_ns) {
        const std::lock_guard lock(mutex_);
        const auto passed = static_cast<double>(steady_ns - steady_ns_) * speed_;
        const auto now = exchange_ + static_cast<std::int64_t>(passed);
        if (now > newest_) newest_ = now;
        return newest_;
    }
    [[nodiscard]] bool known() const {
        const std::lock_guard lock(mutex_);
        return set_;
    }
    [[nodiscard]] double speed() const {
        const std::lock_guard lock(mutex_);
        return speed_;
    }

  private:
    mutable std::mutex mutex_;
    Timestamp exchange_;
    std::int64_t steady_ns_ = 0;
    double speed_ = 1;
    bool set_ = false;
    Timestamp newest_;
};

}  // namespace tradewind::broker::alpaca

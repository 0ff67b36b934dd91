// How many requests an account may still send in the minute under way, as the broker counts them:
// windows of one minute of steady time that begin with the first request. Pure of clocks: the
// caller brings the time. One thread. Source: broker protocol 1.3, 1.4.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace tradewind::broker {

class RateLimiter {
  public:
    using Time = std::chrono::steady_clock::time_point;

    struct State {
        bool admitted = true;
        std::int64_t limit = 0;
        std::int64_t remaining = 0;
        std::int64_t reset_seconds = 0;  // until the window ends, rounded up
    };

    explicit RateLimiter(std::int64_t per_minute) : per_minute_(per_minute) {}

    // Counts one request of `who` (an account) at `now`.
    State take(const std::string& who, Time now);

  private:
    struct Window {
        Time begun;
        std::int64_t used = 0;
    };
    std::int64_t per_minute_;
    std::map<std::string, Window> windows_;
};

}  // namespace tradewind::broker

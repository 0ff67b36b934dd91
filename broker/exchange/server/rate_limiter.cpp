#include "broker/exchange/server/rate_limiter.hpp"

#include <algorithm>

namespace tradewind::broker {
namespace {

constexpr std::chrono::seconds kWindow{60};
constexpr std::size_t kMaxWindows = 10'000;

}  // namespace

RateLimiter::State RateLimiter::take(const std::string& who, Time now) {
    if (windows_.size() > kMaxWindows) {
        std::erase_if(windows_,
                      [&](const auto& entry) { return now - entry.second.begun >= kWindow; });
    }
    auto& window = windows_.try_emplace(who, Window{now, 0}).first->second;
    if (now - window.begun >= kWindow) window = {now, 0};
    State state;
    state.limit = per_minute_;
    state.admitted = window.used < per_minute_;
    if (state.admitted) ++window.used;
    state.remaining = std::max<std::int64_t>(0, per_minute_ - window.used);
    state.reset_seconds =
        std::chrono::ceil<std::chrono::seconds>(kWindow - (now - window.begun)).count();
    return state;
}

}  // namespace tradewind::broker

#include "broker/alpaca/rate_budget.hpp"

#include <algorithm>

#include "messages/error.hpp"
#include "messages/time.hpp"

namespace tradewind::broker::alpaca {

RateBudget::RateBudget(std::size_t limit) : limit_(limit) {
    ensure(limit >= 8, "a rate budget holds at least eight requests a minute");
}

std::size_t RateBudget::share(Purpose purpose) const {
    switch (purpose) {
        case Purpose::cancel:
        case Purpose::exit:
            return limit_;
        case Purpose::entry:
            return limit_ - limit_ / 8;
        case Purpose::reconciliation:
            return limit_ - limit_ / 4;
        case Purpose::data:
            return limit_ / 4;
    }
    return 0;
}

void RateBudget::forget(std::int64_t now_ns) {
    while (!spent_.empty() && now_ns - spent_.front() >= kMinute) spent_.pop_front();
}

std::int64_t RateBudget::wait_ns(Purpose purpose, std::int64_t now_ns) {
    forget(now_ns);
    std::int64_t wait = now_ns < silent_until_ns_ ? silent_until_ns_ - now_ns : 0;
    const auto most = share(purpose);
    if (spent_.size() >= most) {
        // The oldest requests must leave the window until fewer than `most` are in it.
        const auto& leaving = spent_[spent_.size() - most];
        wait = std::max(wait, leaving + kMinute - now_ns);
    }
    if (now_ns < broker_window_end_ns_ && broker_remaining_ <= limit_ - most) {
        wait = std::max(wait, broker_window_end_ns_ - now_ns);
    }
    return wait;
}

void RateBudget::spend(std::int64_t now_ns) {
    spent_.push_back(now_ns);
    if (broker_remaining_ > 0) --broker_remaining_;
}

void RateBudget::learn(std::size_t remaining, std::int64_t reset_in_ns, std::int64_t now_ns) {
    broker_remaining_ = remaining;
    broker_window_end_ns_ = now_ns + std::clamp<std::int64_t>(reset_in_ns, 0, kMinute);
}

void RateBudget::refused(std::int64_t wait_ns, std::int64_t now_ns) {
    silent_until_ns_ =
        std::max(silent_until_ns_, now_ns + std::clamp<std::int64_t>(wait_ns, kSecond, kMinute));
}

std::size_t RateBudget::spent_in_window(std::int64_t now_ns) {
    forget(now_ns);
    return spent_.size();
}

}  // namespace tradewind::broker::alpaca

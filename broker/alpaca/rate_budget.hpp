// How many requests may still leave in this minute, and for what.
//
// A window of one minute, so that never more than `limit` requests leave within any 60 s. Each
// purpose leaves room for the more urgent ones: cancels and exits may use all of it, entries and
// the look-up of an unknown outcome all but an eighth, reconciliation three quarters, data one
// quarter. What the broker says of its own count
// (X-RateLimit headers, 429) only makes the budget smaller. Pure: time is given, in nanoseconds of
// steady time. One owner. Source: broker protocol 1.4, contract 9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace tradewind::broker::alpaca {

enum class Purpose : std::uint8_t { cancel, exit, entry, reconciliation, data };

class RateBudget {
  public:
    explicit RateBudget(std::size_t limit);

    // 0: may leave now; else how long to wait until it may, as far as known today.
    [[nodiscard]] std::int64_t wait_ns(Purpose purpose, std::int64_t now_ns);
    // A request leaves now. The caller asked wait_ns before.
    void spend(std::int64_t now_ns);

    // The broker's own count: what is left until its window ends, `reset_in_ns` from now.
    void learn(std::size_t remaining, std::int64_t reset_in_ns, std::int64_t now_ns);
    // 429: nothing leaves for `wait_ns`.
    void refused(std::int64_t wait_ns, std::int64_t now_ns);

    [[nodiscard]] std::size_t spent_in_window(std::int64_t now_ns);

  private:
    [[nodiscard]] std::size_t share(Purpose purpose) const;
    void forget(std::int64_t now_ns);

    std::size_t limit_;
    std::deque<std::int64_t> spent_;
    std::int64_t silent_until_ns_ = INT64_MIN;
    // The broker's count, until its window ends.
    std::int64_t broker_window_end_ns_ = INT64_MIN;
    std::size_t broker_remaining_ = 0;
};

}  // namespace tradewind::broker::alpaca

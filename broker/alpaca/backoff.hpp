// When the next connection attempt may be made.
//
// Pauses double from `first_ns` to `longest_ns`; each is drawn from the upper half of its range, by
// a counter-based generator, so that clients do not return in step and a test knows every draw. At
// most kMostAttempts attempts are made in any minute, whatever succeeds in between. Pure: time is
// given, in nanoseconds of steady time. One owner. Source: contract 9, strategies spec I-20, broker
// protocol pitfall 2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

#include "messages/counter_random.hpp"

namespace tradewind::broker::alpaca {

struct BackoffTerms {
    std::int64_t first_ns = kSecond;
    std::int64_t longest_ns = 120 * kSecond;
};

class Backoff {
  public:
    static constexpr std::size_t kMostAttempts = 6;  // in any 60 s

    Backoff(std::uint64_t seed, std::string_view connection, BackoffTerms terms = {});

    // How long to wait before the next attempt; 0: now.
    [[nodiscard]] std::int64_t wait_ns(std::int64_t now_ns);
    void attempted(std::int64_t now_ns);
    // The attempt failed or the connection broke. `at_least_ns`: what the other side asked for
    // (Retry-After, a connection limit).
    void failed(std::int64_t now_ns, std::int64_t at_least_ns = 0);
    // The connection works (subscribed, listening): the next failure starts from the first pause.
    void succeeded();

    [[nodiscard]] std::size_t failures() const { return failures_; }

  private:
    CounterRandom random_;
    BackoffTerms terms_;
    std::deque<std::int64_t> attempts_;
    std::size_t failures_ = 0;  // in a row
    std::uint64_t draws_ = 0;
    std::int64_t not_before_ns_ = INT64_MIN;
};

}  // namespace tradewind::broker::alpaca

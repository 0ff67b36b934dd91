#include "broker/alpaca/backoff.hpp"

#include <algorithm>

namespace tradewind::broker::alpaca {
namespace {

constexpr std::uint32_t kJitterPurpose = 0xBAC0FF;

}  // namespace

Backoff::Backoff(std::uint64_t seed, std::string_view connection, BackoffTerms terms)
    : random_(seed, connection), terms_(terms) {}

std::int64_t Backoff::wait_ns(std::int64_t now_ns) {
    while (!attempts_.empty() && now_ns - attempts_.front() >= kMinute) attempts_.pop_front();
    std::int64_t wait = now_ns < not_before_ns_ ? not_before_ns_ - now_ns : 0;
    if (attempts_.size() >= kMostAttempts) {
        const auto oldest = attempts_[attempts_.size() - kMostAttempts];
        wait = std::max(wait, oldest + kMinute - now_ns);
    }
    return wait;
}

void Backoff::attempted(std::int64_t now_ns) {
    attempts_.push_back(now_ns);
}

void Backoff::failed(std::int64_t now_ns, std::int64_t at_least_ns) {
    const auto doublings = std::min<std::size_t>(failures_, 20);
    const auto range = std::min(terms_.longest_ns, terms_.first_ns << doublings);
    ++failures_;
    const double share = 0.5 + 0.5 * random_.uniform(kJitterPurpose, Date{}, draws_++);
    const auto pause = static_cast<std::int64_t>(static_cast<double>(range) * share);
    not_before_ns_ = now_ns + std::max(pause, at_least_ns);
}

void Backoff::succeeded() {
    failures_ = 0;
}

}  // namespace tradewind::broker::alpaca

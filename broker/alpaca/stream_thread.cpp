#include "broker/alpaca/stream_thread.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tradewind::broker::alpaca {
namespace {

constexpr unsigned kTooManyRequests = 429;
// A dropped connection stays counted at the broker for a while.
constexpr std::int64_t kLimitPause = 20;

}  // namespace

std::int64_t steady_now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

StreamThread::StreamThread(std::string name, Address address, std::string path,
                           const AlpacaSettings& settings, Talk talk, Down down)
    : name_(std::move(name)),
      address_(std::move(address)),
      path_(std::move(path)),
      settings_(settings),
      talk_(std::move(talk)),
      down_(std::move(down)),
      backoff_(settings.seed, name_),
      thread_([this] { run(); }) {}

StreamThread::~StreamThread() {
    stop_ = true;
    reconnect();
    wake_.notify_all();
    thread_.join();
}

void StreamThread::reconnect() {
    const std::lock_guard lock(mutex_);
    if (socket_) socket_->interrupt();
}

bool StreamThread::pause(std::int64_t wait_ns) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, std::chrono::nanoseconds(wait_ns), [this] { return stop_.load(); });
    return !stop_;
}

TalkEnd StreamThread::attempt() {
    WebSocket socket(address_, path_, settings_);
    {
        const std::lock_guard lock(mutex_);
        socket_ = &socket;
    }
    TalkEnd end{"stopping", 0};
    if (!stop_) {
        const auto upgrade = socket.open();
        if (upgrade.open) {
            end = talk_(socket, [this] { backoff_.succeeded(); });
        } else {
            end.reason = upgrade.fault;
            if (upgrade.status == kTooManyRequests) {
                end.wait_s = upgrade.retry_after_s.value_or(kLimitPause);
            }
        }
    }
    const std::lock_guard lock(mutex_);
    socket_ = nullptr;
    return end;
}

void StreamThread::run() {
    while (!stop_) {
        const auto wait = backoff_.wait_ns(steady_now_ns());
        if (wait > 0) {
            pause(wait);
            continue;
        }
        backoff_.attempted(steady_now_ns());
        const auto end = attempt();
        if (stop_) return;
        backoff_.failed(steady_now_ns(), std::clamp<std::int64_t>(end.wait_s, 0, 120) * kSecond);
        down_(name_ + ": " + end.reason);
    }
}

}  // namespace tradewind::broker::alpaca

#include "broker/alpaca/request_lane.hpp"

#include <utility>

#include "messages/error.hpp"

namespace tradewind::broker::alpaca {

RequestLane::RequestLane(const AlpacaSettings& settings, SharedBudgetPtr budget, Failed failed)
    : client_(settings, std::move(budget)),
      failed_(std::move(failed)),
      thread_([this] { run(); }) {}

RequestLane::~RequestLane() {
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
    }
    client_.interrupt();
    wake_.notify_one();
    thread_.join();
}

void RequestLane::start(Request request) {
    {
        const std::lock_guard lock(mutex_);
        ensure(!request_, "a lane takes one request at a time");
        request_ = std::move(request);
    }
    wake_.notify_one();
}

void RequestLane::run() {
    while (true) {
        Request request;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stop_ || request_; });
            if (stop_) return;
            request = std::exchange(request_, nullptr);
        }
        try {
            request(client_);
        } catch (...) {
            failed_(std::current_exception());
            return;
        }
    }
}

}  // namespace tradewind::broker::alpaca

// One connection to the trading REST and the thread that uses it: requests of one kind that must
// not wait behind another kind's, such as a cancel behind an order's answer that does not come.
//
// start() hands over one request at a time; the caller knows from the request's own ending that the
// lane is free again. Destruction interrupts what is under way and joins. One owner, one thread.
// Source: broker protocol 2.4, contract 2.5 (a cancel leaves within a second).
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "broker/alpaca/trading_client.hpp"

namespace tradewind::broker::alpaca {

class RequestLane {
  public:
    using Request = std::function<void(TradingClient&)>;
    using Failed = std::function<void(std::exception_ptr)>;

    // `failed` is told on the lane's thread what a request threw; the lane does nothing more then.
    RequestLane(const AlpacaSettings& settings, SharedBudgetPtr budget, Failed failed);
    ~RequestLane();
    RequestLane(const RequestLane&) = delete;
    RequestLane& operator=(const RequestLane&) = delete;

    // `request` runs on the lane's thread; the one before it has ended.
    void start(Request request);

  private:
    void run();

    TradingClient client_;
    Failed failed_;
    std::mutex mutex_;
    std::condition_variable wake_;
    Request request_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace tradewind::broker::alpaca

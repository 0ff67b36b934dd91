// What the script of faults does to trade updates on their way out, by event, account and symbol:
// message_faults.hpp, and the replay of what an order has told before. I/O thread only. Source:
// broker protocol 8.8.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "broker/exchange/server/fault_script.hpp"
#include "broker/exchange/server/message_faults.hpp"
#include "broker/exchange/server/trade_updates.hpp"

namespace tradewind::broker {

class UpdateFaults {
  public:
    using Deliver = std::function<void(const TradeUpdate&)>;

    // The script outlives this.
    UpdateFaults(FaultScript& script, MessageFaults::Schedule schedule, Deliver deliver)
        : script_(script), messages_(std::move(schedule)), deliver_(std::move(deliver)) {}

    void pass(const TradeUpdate& update);

  private:
    void remember(const TradeUpdate& update);

    FaultScript& script_;
    MessageFaults messages_;
    Deliver deliver_;
    // Of the newest orders, where there is a script: what each has told, in order.
    std::map<std::string, std::vector<TradeUpdate>> told_;
    std::deque<std::string> orders_;
};

}  // namespace tradewind::broker

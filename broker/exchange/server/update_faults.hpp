// What the script of faults does to trade updates on their way out: delays, repeats, swaps,
// withholds or mangles them. I/O thread only. Source: broker protocol 8.8.
#pragma once

#include <chrono>
#include <functional>
#include <optional>

#include "broker/exchange/server/fault_script.hpp"
#include "broker/exchange/server/trade_updates.hpp"

namespace tradewind::broker {

class UpdateFaults {
  public:
    using Schedule = std::function<void(std::chrono::milliseconds, std::function<void()>)>;
    using Deliver = std::function<void(const TradeUpdate&)>;

    // The script outlives this.
    UpdateFaults(FaultScript& script, Schedule schedule, Deliver deliver)
        : script_(script), schedule_(std::move(schedule)), deliver_(std::move(deliver)) {}

    void pass(const TradeUpdate& update);

  private:
    void apply(const Fault& fault, const TradeUpdate& update);
    void deliver(const TradeUpdate& update);

    FaultScript& script_;
    Schedule schedule_;
    Deliver deliver_;
    std::optional<TradeUpdate> held_;  // until the next one has gone
};

}  // namespace tradewind::broker

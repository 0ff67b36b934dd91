// One account of the embedded exchange behind the order path's Broker interface.
//
// Owned by the broker actor that owns the exchange, same thread; the exchange outlives it. The
// owner advances the exchange and hands every AccountOrderEvent it got to offer(); market events go
// to the feed. A refused order comes back as a `rejected` event with the exchange's words. Source:
// architecture 3, contract 9.
#pragma once

#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "broker/exchange/embedded_exchange.hpp"

namespace tradewind::broker {

class ExchangeBroker final : public Broker {
  public:
    ExchangeBroker(EmbeddedExchange& exchange, std::string account);

    // Keeps the event for take_events() where it is this account's.
    void offer(const AccountOrderEvent& event);

    void submit(const Order& order, Timestamp now) override;
    void cancel(std::string_view order_id, Timestamp now) override;
    void take_events(std::vector<OrderEvent>& out) override;
    [[nodiscard]] Read<BrokerAccount> account(Timestamp now) override;
    [[nodiscard]] Read<std::vector<Position>> positions(Timestamp now) override;
    [[nodiscard]] Read<std::vector<Order>> open_orders(Timestamp now) override;
    [[nodiscard]] Read<std::optional<Order>> find(std::string_view order_id,
                                                  Timestamp now) override;

  private:
    EmbeddedExchange& exchange_;
    std::string account_;
    std::vector<OrderEvent> events_;
};

}  // namespace tradewind::broker

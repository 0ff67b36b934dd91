// Whose account a daemon trades on a remote market: the broker's, or an own one matched against the
// market's quotes. What the two wirings differ in, behind one face.
//
// Owned and called by the actor of alpaca_actor.hpp, on its thread. Commands are answered by later
// events; nothing blocks on the network, but wait_until_idle(). Errors: Error as the stores'.
// Source: architecture 3 (the wirings differ in feed, broker, clock), contract 2.5.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "actors/exchange/exchange_actor.hpp"
#include "broker/alpaca/alpaca_broker.hpp"
#include "broker/alpaca/market_feed.hpp"
#include "broker/exchange/local_exchange.hpp"

namespace tradewind::actors {

class TradedAccount {
  public:
    virtual ~TradedAccount() = default;

    virtual void submit(const Order& order, Timestamp now) = 0;
    virtual void cancel(const std::string& order_id, Timestamp now) = 0;
    // The market up to `now`, before take() is asked what it did to the orders.
    virtual void see(const broker::alpaca::FeedBatch& batch, Timestamp now) = 0;
    // Moves what happened since the last call: events, adopted orders, adjustments.
    virtual void take(std::vector<OrderEvent>& events, ExchangeTick& tick) = 0;
    [[nodiscard]] virtual broker::alpaca::BrokerCondition condition() const = 0;
    // Waits for the answers to the last commands, at most so long.
    virtual void wait_until_idle(std::int64_t most_ms) = 0;
};

// `symbols`: traded here. Corrections of others are told, not booked.
[[nodiscard]] std::unique_ptr<TradedAccount> make_remote_account(
    std::unique_ptr<broker::alpaca::AlpacaBroker> broker, std::set<Symbol> symbols);

[[nodiscard]] std::unique_ptr<TradedAccount> make_local_account(
    std::unique_ptr<broker::LocalExchange> exchange);

}  // namespace tradewind::actors

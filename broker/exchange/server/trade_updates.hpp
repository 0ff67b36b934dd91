// The order stream /stream of the simulated exchange: authorization, listening, trade updates.
//
// Updates are made at the moment an order changes (each shows the order in its new state,
// quantities cumulative) and leave when the change is durable, in order, to every listening
// connection of the account. Frames are binary, as on the paper host. There is no replay. I/O
// thread only; made once per server, outlives its sessions' use of it. Source: broker protocol 5.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

struct TradeUpdate {
    std::string account;
    std::string event;
    std::string order_id;  // the client's
    std::string symbol;    // as inside, `BTCUSD`
    FrameText text;        // the whole message
};

class TradeUpdates : public std::enable_shared_from_this<TradeUpdates> {
  public:
    class Session;
    // What leaves in the place of an update: usually itself. Faults delay, repeat or withhold.
    using Outlet = std::function<void(const TradeUpdate&)>;

    explicit TradeUpdates(ExchangeHost& host) : host_(host) {}
    // Begins to observe the exchange and registers /stream.
    void start(RouteTable& routes);

    // To all listening connections of its account.
    void deliver(const TradeUpdate& update);
    // Puts itself between the exchange and deliver(); none: updates are delivered at once.
    void set_outlet(Outlet outlet) { outlet_ = std::move(outlet); }

  private:
    friend class Session;
    void on_news(const ExchangeOrder& entry, const OrderNews& news);
    void flush();

    ExchangeHost& host_;
    Outlet outlet_;
    std::vector<TradeUpdate> waiting_;  // not durable yet
    std::uint64_t ordinal_ = 0;
    std::set<Session*> sessions_;
};

}  // namespace tradewind::broker

// The trading half of the simulated exchange's REST interface: registers its routes.
//
// Handlers run on the server's I/O thread; `host` outlives the table. What a caller got wrong is an
// ApiError with the broker's status, code and words. Every change is durable before its answer.
// Source: broker protocol 1.5, 2.
#pragma once

#include <memory>

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

// All of /v2/account..., /v2/orders..., /v2/positions..., /v2/assets..., /v2/clock, /v2/calendar,
// /v2/watchlists... and the stream /stream, which is returned.
std::shared_ptr<class TradeUpdates> add_trading_routes(RouteTable& routes, ExchangeHost& host);

}  // namespace tradewind::broker

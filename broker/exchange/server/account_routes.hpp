// Account, clock and calendar of the simulated exchange's trading interface. Part of
// trading_api.hpp, which states owner and thread. Source: broker protocol 2.1, 2.8.
#pragma once

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

void add_account_routes(RouteTable& routes, ExchangeHost& host);
void add_clock_routes(RouteTable& routes, ExchangeHost& host);
void add_market_clock_routes(RouteTable& routes, ExchangeHost& host);  // /v3

}  // namespace tradewind::broker

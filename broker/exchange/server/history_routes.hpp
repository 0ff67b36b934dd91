// What was: activities, portfolio history; and watchlists. Part of trading_api.hpp, which states
// owner and thread. Source: broker protocol 2.2, 2.9, 2.10.
#pragma once

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

void add_history_routes(RouteTable& routes, ExchangeHost& host);
void add_watchlist_routes(RouteTable& routes, ExchangeHost& host);

}  // namespace tradewind::broker

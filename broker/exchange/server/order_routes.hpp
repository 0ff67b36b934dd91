// Orders, positions and assets of the simulated exchange's trading interface. Part of
// trading_api.hpp, which states owner and thread. Source: broker protocol 2.3 to 2.7.
#pragma once

#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/http_message.hpp"
#include "broker/exchange/server/order_request.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

void add_order_routes(RouteTable& routes, ExchangeHost& host);
void add_position_routes(RouteTable& routes, ExchangeHost& host);
void add_asset_routes(RouteTable& routes, ExchangeHost& host);

// Admits the order at the host's now and enters it; the head as the book keeps it.
const ExchangeOrder& place_order(ExchangeHost& host, const std::string& account,
                                 const OrderRequest& request);
// Throws ApiError: not found, or closed.
void cancel_order(ExchangeHost& host, const std::string& account, const ExchangeOrder& entry);

}  // namespace tradewind::broker

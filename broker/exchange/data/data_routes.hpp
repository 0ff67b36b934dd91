// The market data half of the simulated exchange: its REST routes and its WebSockets, registered
// with the server.
//
// Call before the server starts; `host` outlives the table. Data of coins needs no credentials. The
// answers come from data_rest.hpp, the streams from data_streams.hpp. Source: broker protocol 1.1,
// 3, 4, 8.1.
#pragma once

#include <memory>

#include "broker/exchange/data/data_streams.hpp"
#include "broker/exchange/server/exchange_host.hpp"
#include "broker/exchange/server/route_table.hpp"

namespace tradewind::broker {

// /v2/stocks/..., /v1beta3/crypto/..., /v1beta1/news, /v1/corporate-actions and the streams
// /v2/iex, /v2/sip, /v1beta3/crypto/us, /v1beta1/news. The streams live as long as the table's
// routes or the pointer returned.
std::shared_ptr<DataStreams> add_data_routes(RouteTable& routes, ExchangeHost& host,
                                             StreamLimits limits = {});

}  // namespace tradewind::broker

#include "broker/exchange/server/trading_api.hpp"

#include "broker/exchange/server/account_routes.hpp"

namespace tradewind::broker {

void add_trading_routes(RouteTable& routes, ExchangeHost& host) {
    add_clock_routes(routes, host);
    add_account_routes(routes, host);
}

}  // namespace tradewind::broker

#include "broker/exchange/server/trading_api.hpp"

#include "broker/exchange/server/account_routes.hpp"
#include "broker/exchange/server/history_routes.hpp"
#include "broker/exchange/server/order_routes.hpp"
#include "broker/exchange/server/trade_updates.hpp"

namespace tradewind::broker {

std::shared_ptr<TradeUpdates> add_trading_routes(RouteTable& routes, ExchangeHost& host) {
    add_clock_routes(routes, host);
    add_market_clock_routes(routes, host);
    add_account_routes(routes, host);
    add_order_routes(routes, host);
    add_position_routes(routes, host);
    add_asset_routes(routes, host);
    add_history_routes(routes, host);
    add_watchlist_routes(routes, host);
    auto updates = std::make_shared<TradeUpdates>(host);
    updates->start(routes);
    return updates;
}

}  // namespace tradewind::broker

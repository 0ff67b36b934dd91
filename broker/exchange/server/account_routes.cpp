#include "broker/exchange/server/account_routes.hpp"

#include <nlohmann/json.hpp>

#include "broker/exchange/server/account_configuration.hpp"
#include "broker/exchange/server/api_text.hpp"
#include "market/calendar.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

Json account_json(const ExchangeHost& host, const std::string& account) {
    const auto& exchange = host.exchange();
    const auto configuration = configuration_of(exchange, account);
    const auto truth = exchange.account(account);
    Money long_value;
    Money short_value;
    for (const auto& position : exchange.positions(account)) {
        (position.quantity.sign() > 0 ? long_value : short_value) += position.market_value();
    }
    const auto gross = long_value - short_value;
    const auto initial_margin = share_of(gross, Fraction::of("0.5"));
    const auto maintenance = share_of(gross, Fraction::of("0.3"));
    const auto regt = std::max(Money(), share_of(truth.equity, Fraction::whole(2)) - gross);
    const auto last_close =
        market::last_ended_session(market::TradingCalendar::nyse, host.now()).close;
    const auto last_equity = exchange.equity_at(account, last_close);
    const auto cash_power = std::max(Money(), truth.cash);
    return {{"id", account_uuid_of(account)},
            {"account_number", account},
            {"status", "ACTIVE"},
            {"crypto_status", "ACTIVE"},
            {"currency", "USD"},
            {"cash", api_money(truth.cash)},
            {"equity", api_money(truth.equity)},
            {"last_equity", api_money(last_equity)},
            {"portfolio_value", api_money(truth.equity)},
            {"buying_power", api_money(truth.buying_power)},
            {"regt_buying_power", api_money(regt)},
            {"effective_buying_power", api_money(truth.buying_power)},
            {"options_buying_power", api_money(cash_power)},
            {"non_marginable_buying_power", api_money(cash_power)},
            {"long_market_value", api_money(long_value)},
            {"short_market_value", api_money(short_value)},
            {"position_market_value", api_money(gross)},
            {"initial_margin", api_money(initial_margin)},
            {"maintenance_margin", api_money(maintenance)},
            {"last_maintenance_margin", api_money(maintenance)},
            {"sma", api_money(truth.equity)},
            {"multiplier", exchange.settings().leverage.to_string()},
            {"accrued_fees", "0"},
            {"pending_reg_taf_fees", "0"},
            {"pending_transfer_in", "0"},
            {"pending_transfer_out", "0"},
            {"intraday_adjustments", "0"},
            {"shorting_enabled", !configuration.no_shorting},
            {"trading_blocked", false},
            {"transfers_blocked", false},
            {"account_blocked", false},
            {"trade_suspended_by_user", configuration.suspend_trade},
            {"options_approved_level", 0},
            {"options_trading_level", 0},
            {"crypto_tier", 1},
            {"created_at", api_time(exchange.settings().start)},
            {"balance_asof", format_date(market::new_york_date(last_close))},
            {"admin_configurations", Json::object()},
            {"user_configurations", nullptr}};
}

}  // namespace

void add_account_routes(RouteTable& routes, ExchangeHost& host) {
    routes.add("GET", "/v2/account", RouteKind::trading, [&host](const HttpRequest& request) {
        return HttpAnswer{.body = account_json(host, request.account).dump(), .headers = {}};
    });
    constexpr auto kConfigurations = "/v2/account/configurations";
    routes.add("GET", kConfigurations, RouteKind::trading, [&host](const HttpRequest& request) {
        const auto configuration = configuration_of(host.exchange(), request.account);
        return HttpAnswer{.body = to_json(configuration).dump(), .headers = {}};
    });
    routes.add("PATCH", kConfigurations, RouteKind::trading, [&host](const HttpRequest& request) {
        host.advance();
        const auto next = change_configuration(host.exchange(), request.account, request.body);
        return HttpAnswer{.body = to_json(next).dump(), .headers = {}};
    });
}

}  // namespace tradewind::broker

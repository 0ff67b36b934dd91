#include <nlohmann/json.hpp>

#include "broker/exchange/server/api_text.hpp"
#include "broker/exchange/server/order_admission.hpp"
#include "broker/exchange/server/order_json.hpp"
#include "broker/exchange/server/order_routes.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

HttpAnswer ok(const Json& body, unsigned status = 200) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = body.dump();
    return answer;
}

Position position_of(const ExchangeHost& host, const HttpRequest& request) {
    const auto& text = request.captures[0];
    const auto symbol = listed_symbol(host.exchange().market(), text);
    if (!symbol) throw ApiError(404, 40410000, "symbol not found: " + text);
    for (const auto& position : host.exchange().positions(request.account)) {
        if (position.symbol == *symbol) return position;
    }
    throw ApiError(404, 40410000, "position does not exist");
}

bool is_coin(const ExchangeHost& host, const Symbol& symbol) {
    return host.exchange().market().instrument(symbol).asset_class == AssetClass::crypto;
}

// The market order that closes `quantity` of the position.
const ExchangeOrder& close_position(ExchangeHost& host, const std::string& account,
                                    const Position& position, Quantity quantity) {
    OrderRequest request;
    request.symbol = position.symbol.to_string();
    request.quantity = quantity;
    request.side = position.quantity.sign() > 0 ? Side::sell : Side::buy;
    request.type = OrderType::market;
    request.time_in_force = is_coin(host, position.symbol) ? TimeInForce::gtc : TimeInForce::day;
    return place_order(host, account, request);
}

// How much of the position the request wants closed.
Quantity wanted(const HttpRequest& request, const Position& position) {
    const auto whole = position.quantity.abs();
    const auto quantity = request.parameter_or("qty", "");
    const auto percentage = request.parameter_or("percentage", "");
    if (!quantity.empty() && !percentage.empty()) {
        throw ApiError(422, 40010001, "only one of qty or percentage is accepted");
    }
    if (!quantity.empty()) return positive_quantity(quantity, "qty");
    if (percentage.empty()) return whole;
    const auto percent = positive_quantity(percentage, "percentage");
    if (percent > Quantity::whole(100)) {
        throw ApiError(422, 40010001, "percentage must be between 0 and 100");
    }
    if (percent == Quantity::whole(100)) return whole;
    // Exact, rounded down to nine decimals.
    const auto scaled = decimal::multiply(whole.units() / 100, percent.units()) +
                        decimal::multiply(whole.units() % 100, percent.units()) / 100;
    const auto part = Quantity::from_units(decimal::divide_floor(scaled, Quantity::kOne));
    return std::max(part, Quantity::from_units(1));
}

HttpAnswer close_one(ExchangeHost& host, const HttpRequest& request) {
    host.advance();
    const auto position = position_of(host, request);
    const auto& entry = close_position(host, request.account, position, wanted(request, position));
    return ok(new_order_json(host.exchange(), entry));
}

HttpAnswer close_all(ExchangeHost& host, const HttpRequest& request) {
    host.advance();
    if (request.flag("cancel_orders")) {
        for (const auto* entry : host.exchange().book().open_orders()) {
            if (entry->account != request.account || is_closed(entry->order.status)) continue;
            cancel_order(host, request.account, *entry);
        }
    }
    Json body = Json::array();
    for (const auto& position : host.exchange().positions(request.account)) {
        Json item{{"symbol", position.symbol.to_string()}};
        try {
            const auto& entry =
                close_position(host, request.account, position, position.quantity.abs());
            item["status"] = 200;
            item["body"] = new_order_json(host.exchange(), entry);
        } catch (const ApiError& error) {
            item["status"] = error.status();
            item["body"] = Json::parse(error.body());
        }
        body.push_back(std::move(item));
    }
    return ok(body, 207);
}

}  // namespace

void add_position_routes(RouteTable& routes, ExchangeHost& host) {
    routes.add("GET", "/v2/positions", RouteKind::trading, [&host](const HttpRequest& request) {
        Json body = Json::array();
        for (const auto& position : host.exchange().positions(request.account)) {
            body.push_back(position_json(host.exchange(), request.account, position));
        }
        return ok(body);
    });
    routes.add("DELETE", "/v2/positions", RouteKind::trading,
               [&host](const HttpRequest& request) { return close_all(host, request); });
    routes.add("GET", "/v2/positions/{symbol+}", RouteKind::trading,
               [&host](const HttpRequest& request) {
                   const auto position = position_of(host, request);
                   return ok(position_json(host.exchange(), request.account, position));
               });
    routes.add("DELETE", "/v2/positions/{symbol+}", RouteKind::trading,
               [&host](const HttpRequest& request) { return close_one(host, request); });
}

void add_asset_routes(RouteTable& routes, ExchangeHost& host) {
    routes.add("GET", "/v2/assets", RouteKind::trading, [&host](const HttpRequest& request) {
        const auto& market = host.exchange().market();
        const auto wanted_class = request.parameter_or("asset_class", "");
        const auto status = request.parameter_or("status", "active");
        const auto venue = request.parameter_or("exchange", "");
        const auto attributes = request.list("attributes");
        Json body = Json::array();
        if (status != "active" && status != "all") return ok(body);
        for (const auto& symbol : market.symbols()) {
            auto asset = asset_json(market, symbol);
            if (!wanted_class.empty() && asset["class"] != wanted_class) continue;
            if (!venue.empty() && asset["exchange"] != venue) continue;
            bool has_all = true;
            for (const auto& attribute : attributes) {
                const auto& own = asset["attributes"];
                has_all = has_all && std::find(own.begin(), own.end(), attribute) != own.end();
            }
            if (has_all) body.push_back(std::move(asset));
        }
        return ok(body);
    });
    routes.add("GET", "/v2/assets/{symbol+}", RouteKind::trading,
               [&host](const HttpRequest& request) {
                   const auto& market = host.exchange().market();
                   const auto& text = request.captures[0];
                   const auto symbol = listed_symbol(market, text);
                   if (!symbol) throw ApiError(404, 40410000, "asset not found for " + text);
                   return ok(asset_json(market, *symbol));
               });
}

}  // namespace tradewind::broker

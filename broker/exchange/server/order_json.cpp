#include "broker/exchange/server/order_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/exchange/server/api_text.hpp"
#include "market/calendar.hpp"
#include "market/instruments.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

Json time_or_null(Timestamp time) {
    return time.ns == 0 ? Json() : Json(api_time(time));
}

template <class Decimal>
Json decimal_or_null(Decimal value) {
    return value.is_zero() ? Json() : Json(value.to_string());
}

Json text_or_null(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

// When it ends by itself: the session's close for day orders, 90 days for gtc.
Timestamp expiry(const ExchangeOrder& entry, market::TradingCalendar calendar) {
    const Order& order = entry.order;
    if (order.time_in_force == TimeInForce::gtc) return order.time + kGoodTillCanceledLife;
    if (calendar == market::TradingCalendar::utc_days) return {};
    const auto date = market::exchange_date(calendar, order.time);
    auto session = market::session_on(calendar, date);
    const auto extra = entry.remote.extended_hours ? 4 * kHour : 0;
    if (!session || order.time >= session->close + extra) {
        session = market::next_session(calendar, date);
    }
    return session->close + extra;
}

std::string order_class_text(const ExchangeOrder& entry) {
    if (entry.remote.order_class == OrderClass::simple) return "";
    return std::string(to_text(entry.remote.order_class));
}

std::string_view exchange_of(AssetClass asset_class) {
    return asset_class == AssetClass::crypto ? "CRYPTO" : "NASDAQ";
}

const char* class_text(AssetClass asset_class) {
    return asset_class == AssetClass::crypto ? "crypto" : "us_equity";
}

Json average(const Order& order) {
    if (order.filled_quantity.is_zero()) return nullptr;
    return average_price(order.filled_notional, order.filled_quantity).to_string();
}

}  // namespace

std::string_view api_status(const ExchangeOrder& entry) {
    if (!entry.remote.replaced_by.empty()) return "replaced";
    if (entry.is_remote() && !entry.remote.routed && entry.order.status == OrderStatus::new_order) {
        return "accepted";
    }
    return tradewind::to_text(entry.order.status);
}

std::string order_id_of(const ExchangeOrder& entry) {
    if (entry.is_remote()) return entry.remote.id;
    return stable_uuid("order", entry.account + "\n" + entry.order.order_id);
}

Json order_json(const EmbeddedExchange& exchange, const ExchangeOrder& entry, Legs legs) {
    const Order& order = entry.order;
    const RemoteTerms& remote = entry.remote;
    const auto& market = exchange.market();
    const bool trails = order.type == OrderType::trailing_stop;
    const bool percent = !remote.trail_percent.is_zero();
    const auto ended = [&](OrderStatus status) {
        return order.status == status && remote.replaced_by.empty() ? remote.ended : Timestamp();
    };
    Json json;
    json["id"] = order_id_of(entry);
    json["client_order_id"] = order.order_id;
    json["created_at"] = api_time(order.time);
    json["updated_at"] = api_time(std::max(order.time, remote.updated));
    json["submitted_at"] = api_time(order.time);
    json["filled_at"] = time_or_null(remote.filled);
    json["expired_at"] = time_or_null(ended(OrderStatus::expired));
    json["expires_at"] = time_or_null(expiry(entry, market.calendar(order.symbol)));
    json["canceled_at"] = time_or_null(ended(OrderStatus::canceled));
    json["failed_at"] = time_or_null(ended(OrderStatus::rejected));
    json["replaced_at"] = time_or_null(remote.replaced_by.empty() ? Timestamp() : remote.ended);
    json["replaced_by"] = text_or_null(remote.replaced_by);
    json["replaces"] = text_or_null(remote.replaces);
    json["asset_id"] = asset_id_of(order.symbol);
    json["symbol"] = api_symbol(order.symbol);
    json["asset_class"] = class_text(market.instrument(order.symbol).asset_class);
    json["notional"] = decimal_or_null(remote.notional);
    json["qty"] = remote.notional.is_zero() ? Json(order.quantity.to_string()) : Json();
    json["filled_qty"] = order.filled_quantity.to_string();
    json["filled_avg_price"] = average(order);
    json["order_class"] = order_class_text(entry);
    json["order_type"] = tradewind::to_text(order.type);
    json["type"] = tradewind::to_text(order.type);
    json["side"] = tradewind::to_text(order.side);
    json["position_intent"] = text_or_null(remote.intent);
    json["time_in_force"] = tradewind::to_text(order.time_in_force);
    json["limit_price"] = decimal_or_null(order.limit_price);
    json["stop_price"] = trails ? Json() : decimal_or_null(order.stop_price);
    json["status"] = api_status(entry);
    json["extended_hours"] = remote.extended_hours;
    json["legs"] = nullptr;
    json["trail_percent"] = percent ? Json(remote.trail_percent.to_string()) : Json();
    json["trail_price"] = trails && !percent ? Json(order.stop_price.to_string()) : Json();
    json["hwm"] = trails ? decimal_or_null(entry.mark) : Json();
    json["subtag"] = nullptr;
    json["source"] = nullptr;
    if (legs == Legs::nested && !remote.legs.empty()) {
        Json nested = Json::array();
        for (const auto& id : remote.legs) {
            if (const auto* leg = exchange.book().find(entry.account, id)) {
                nested.push_back(order_json(exchange, *leg));
            }
        }
        json["legs"] = std::move(nested);
    }
    return json;
}

Json new_order_json(const EmbeddedExchange& exchange, const ExchangeOrder& entry) {
    ExchangeOrder taken = entry;
    taken.order.status = entry.remote.routed ? OrderStatus::pending_new : OrderStatus::new_order;
    taken.order.filled_quantity = {};
    taken.order.filled_notional = {};
    taken.remote.filled = {};
    taken.remote.ended = {};
    taken.remote.updated = entry.order.time;
    taken.remote.replaced_by.clear();
    auto json = order_json(exchange, taken);
    if (entry.remote.legs.empty()) return json;
    Json legs = Json::array();
    for (const auto& id : entry.remote.legs) {
        const auto* leg = exchange.book().find(entry.account, id);
        if (leg == nullptr) continue;
        ExchangeOrder held = *leg;
        held.order.status = OrderStatus::held;
        held.order.filled_quantity = {};
        held.remote.filled = held.remote.ended = {};
        legs.push_back(order_json(exchange, held));
    }
    json["legs"] = std::move(legs);
    return json;
}

Quantity held_for_orders(const EmbeddedExchange& exchange, const std::string& account,
                         const Symbol& symbol) {
    const auto position = exchange.books_of(account).quantity(symbol);
    const auto closing = position.sign() > 0 ? Side::sell : Side::buy;
    Quantity held;
    std::map<std::string, Quantity> groups;  // members of a group hold the same shares
    for (const auto* entry : exchange.book().open_orders()) {
        const Order& order = entry->order;
        if (entry->account != account || order.symbol != symbol || order.side != closing) continue;
        const bool waits =
            order.status == OrderStatus::held && entry->remote.order_class != OrderClass::oco;
        if (waits) continue;
        const auto& group = order.parent_order_id.empty() ? order.order_id : order.parent_order_id;
        auto& most = groups[group];
        most = std::max(most, order.open_quantity());
    }
    for (const auto& [group, quantity] : groups) held += quantity;
    return std::min(held, position.abs());
}

Json position_json(const EmbeddedExchange& exchange, const std::string& account,
                   const Position& position) {
    const auto& market = exchange.market();
    const auto& symbol = position.symbol;
    const auto asset_class = market.instrument(symbol).asset_class;
    const auto calendar = market.calendar(symbol);
    const auto last_day =
        market.price_at(symbol, market::last_ended_session(calendar, exchange.time()).close - 1);
    const auto held = held_for_orders(exchange, account, symbol);
    const auto sign = position.quantity.sign();
    const auto available = position.quantity - (sign > 0 ? held : -held);
    const auto value = position.market_value();
    const auto profit = value - position.cost;
    const auto day_profit = (position.last_price - last_day) * position.quantity;
    const auto day_cost = last_day * position.quantity.abs();
    const auto part = [](Money amount, Money of) {
        return of.is_zero() ? std::string("0") : ratio(amount, of.abs()).to_string();
    };
    Json json;
    json["asset_id"] = asset_id_of(symbol);
    json["symbol"] = symbol.to_string();  // without a slash, coins too
    json["exchange"] = exchange_of(asset_class);
    json["asset_class"] = class_text(asset_class);
    json["asset_marginable"] = asset_class != AssetClass::crypto;
    json["qty"] = position.quantity.to_string();
    json["avg_entry_price"] = average_price(position.cost, position.quantity).to_string();
    json["side"] = sign > 0 ? "long" : "short";
    json["market_value"] = round_half_even(value, 9).to_string();
    json["cost_basis"] = round_half_even(position.cost, 9).to_string();
    json["unrealized_pl"] = round_half_even(profit, 9).to_string();
    json["unrealized_plpc"] = part(profit, position.cost);
    json["unrealized_intraday_pl"] = round_half_even(day_profit, 9).to_string();
    json["unrealized_intraday_plpc"] = part(day_profit, day_cost);
    json["current_price"] = position.last_price.to_string();
    json["lastday_price"] = last_day.to_string();
    json["change_today"] =
        part((position.last_price - last_day) * Quantity::whole(1), last_day * Quantity::whole(1));
    json["qty_available"] = available.to_string();
    return json;
}

Json asset_json(const ExchangeMarket& market, const Symbol& symbol) {
    const auto& instrument = market.instrument(symbol);
    const bool coin = instrument.asset_class == AssetClass::crypto;
    Json json;
    json["id"] = asset_id_of(symbol);
    json["class"] = class_text(instrument.asset_class);
    json["exchange"] = exchange_of(instrument.asset_class);
    json["symbol"] = api_symbol(symbol);
    json["name"] = symbol.to_string() + (coin ? " pair" : " common stock");
    json["status"] = "active";
    json["tradable"] = instrument.tradable;
    json["marginable"] = !coin;
    json["shortable"] = !coin && instrument.shortable;
    json["easy_to_borrow"] = !coin && instrument.shortable;
    json["borrow_status"] = !coin && instrument.shortable ? "easy_to_borrow" : "not_shortable";
    json["fractionable"] = coin || instrument.fractionable;
    json["maintenance_margin_requirement"] = coin ? 100 : 30;
    json["margin_requirement_long"] = coin ? "100" : "30";
    json["margin_requirement_short"] = coin ? "100" : "30";
    json["attributes"] = coin ? Json::array() : Json{"fractional_eh_enabled"};
    json["cusip"] = nullptr;
    if (coin) {
        json["min_order_size"] = "0.000000001";
        json["min_trade_increment"] = "0.000000001";
        json["price_increment"] = instrument.tick.to_string();
    }
    return json;
}

}  // namespace tradewind::broker

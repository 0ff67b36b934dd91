#include "broker/exchange/server/order_admission.hpp"

#include <algorithm>

#include "broker/exchange/server/account_configuration.hpp"
#include "broker/exchange/server/api_text.hpp"
#include "broker/exchange/server/http_message.hpp"
#include "broker/exchange/server/order_json.hpp"
#include "market/calendar.hpp"
#include "market/instruments.hpp"

namespace tradewind::broker {
namespace {

constexpr std::int64_t kMaxCoinNotional = 200'000;

[[noreturn]] void invalid(const std::string& message) {
    throw ApiError(422, 40010001, message);
}
[[noreturn]] void unprocessable(const std::string& message) {
    throw ApiError(422, 42210000, message);
}
[[noreturn]] void forbidden(const std::string& message, const std::string& members = {}) {
    throw ApiError(403, 40310000, message, members);
}

std::string member(const char* name, const std::string& value) {
    return json_string(name) + ":" + json_string(value);
}

// What admission looks at, gathered once.
struct Question {
    const EmbeddedExchange& exchange;
    const std::string& account;
    const OrderRequest& request;
    Symbol symbol;
    const Instrument& instrument;
    Quote quote;
    Quantity position;

    [[nodiscard]] bool coin() const { return instrument.asset_class == AssetClass::crypto; }
    [[nodiscard]] bool buys() const { return request.side == Side::buy; }
    [[nodiscard]] bool fractional() const {
        return request.notional || !is_multiple_of(*request.quantity, Quantity::whole(1));
    }
    // The price that the order is valued at.
    [[nodiscard]] Price price() const {
        if (request.limit_price) return *request.limit_price;
        const auto touch = buys() ? quote.ask : quote.bid;
        return request.stop_price && buys() ? std::max(touch, *request.stop_price) : touch;
    }
    [[nodiscard]] Quantity quantity() const {
        if (request.quantity) return *request.quantity;
        const auto size = affordable(*request.notional, price(), Quantity::from_units(1));
        return std::max(size, Quantity::from_units(1));
    }
};

void check_increment(const Instrument& instrument, std::optional<Price> price, const char* name) {
    if (!price) return;
    const auto tick = market::tick_at(instrument, *price);
    if (price->units() % tick.units() == 0) return;
    unprocessable("invalid " + std::string(name) + " " + price->to_string() +
                  ". sub-penny increment does not fulfill minimum pricing criteria");
}

void check_coin(const Question& q) {
    const auto& request = q.request;
    if (request.type != OrderType::market && request.type != OrderType::limit &&
        request.type != OrderType::stop_limit) {
        unprocessable("invalid order type for crypto order");
    }
    if (request.time_in_force != TimeInForce::gtc && request.time_in_force != TimeInForce::ioc) {
        unprocessable("invalid crypto time_in_force");
    }
    if (request.order_class != OrderClass::simple) {
        unprocessable("crypto orders not allowed for advanced order_class: " +
                      std::string(to_text(request.order_class)));
    }
    if (request.extended_hours) unprocessable("extended hours is not allowed for crypto orders");
    const auto notional = q.price() * q.quantity();
    if (notional > Money::whole(kMaxCoinNotional)) {
        forbidden("notional must be at most " + std::to_string(kMaxCoinNotional));
    }
}

void check_fraction(const Question& q) {
    const auto& request = q.request;
    if (!q.fractional()) return;
    if (!configuration_of(q.exchange, q.account).fractional_trading) {
        forbidden("fractional trading is disabled for this account");
    }
    if (!q.instrument.fractionable) {
        forbidden("asset \"" + q.symbol.to_string() + "\" is not fractionable");
    }
    if (request.time_in_force != TimeInForce::day) {
        unprocessable("fractional orders must be DAY orders");
    }
    if (request.order_class != OrderClass::simple) {
        unprocessable("fractional orders must be simple orders");
    }
    if (request.type == OrderType::trailing_stop) {
        unprocessable("fractional orders must be market, limit, stop or stop limit orders");
    }
    if (request.notional && request.type != OrderType::market && request.type != OrderType::limit) {
        unprocessable("notional orders must be market or limit orders");
    }
    if (!q.buys() && q.quantity() > q.position) {
        if (q.position.sign() <= 0) unprocessable("fractional orders cannot be sold short");
    }
}

void check_session(const Question& q) {
    const auto& request = q.request;
    const bool limit = request.type == OrderType::limit;
    const auto tif = request.time_in_force;
    if (request.extended_hours &&
        (!limit || (tif != TimeInForce::day && tif != TimeInForce::gtc))) {
        unprocessable("extended hours order must be DAY or GTC limit orders");
    }
    if (request.type == OrderType::trailing_stop && tif != TimeInForce::day &&
        tif != TimeInForce::gtc) {
        unprocessable("trailing stop orders must be DAY or GTC orders");
    }
    const bool simple_type = limit || request.type == OrderType::market;
    if (tif != TimeInForce::day && tif != TimeInForce::gtc && !simple_type) {
        unprocessable("invalid time_in_force for this order type");
    }
    const auto minute = market::new_york_time_of_day_ns(q.exchange.time()) / kMinute;
    const auto date = market::new_york_date(q.exchange.time());
    const bool session = market::session_on(market::TradingCalendar::nyse, date).has_value();
    if (tif == TimeInForce::opg && session && minute >= 9 * 60 + 28 && minute < 19 * 60) {
        forbidden("opg orders must be submitted after 7:00pm and before 9:28am");
    }
    if (tif == TimeInForce::cls && session && minute >= 15 * 60 + 50 && minute < 19 * 60) {
        forbidden("cls orders must be submitted after 7:00pm and before 3:50pm");
    }
}

void check_prices(const Question& q) {
    const auto& request = q.request;
    check_increment(q.instrument, request.limit_price, "limit_price");
    check_increment(q.instrument, request.stop_price, "stop_price");
    check_increment(q.instrument, request.target_limit, "take_profit.limit_price");
    check_increment(q.instrument, request.stop_loss_stop, "stop_loss.stop_price");
    check_increment(q.instrument, request.stop_loss_limit, "stop_loss.limit_price");
    if (request.stop_price && !q.coin()) {
        const auto current = q.quote.mid();
        const bool wrong =
            q.buys() ? *request.stop_price <= current : *request.stop_price >= current;
        if (wrong) {
            throw ApiError(422, 42210000,
                           std::string("stop price must be ") + (q.buys() ? "greater" : "less") +
                               " than current price",
                           member("market_price", current.to_string()) + "," +
                               member("stop_price", request.stop_price->to_string()));
        }
    }
    if (request.order_class == OrderClass::simple) return;
    // The levels around the entry; for an oco around the last price.
    const auto cent = Price::of("0.01");
    const bool oco = request.order_class == OrderClass::oco;
    const bool exits_long = oco ? !q.buys() : q.buys();
    const auto base = !oco && request.limit_price ? *request.limit_price : q.quote.mid();
    const auto target = oco ? request.limit_price : request.target_limit;
    const auto& stop = request.stop_loss_stop;
    const auto base_member = member("base_price", base.to_string());
    const auto ordered = [&](Price above, Price below) {
        return exits_long ? above > below : above < below;
    };
    if (target && stop && !ordered(*target, *stop)) {
        unprocessable(std::string("take_profit.limit_price must be ") + (exits_long ? ">" : "<") +
                      " stop_loss.stop_price");
    }
    if (target && !oco && !(exits_long ? *target >= base + cent : *target <= base - cent)) {
        throw ApiError(422, 42210000,
                       std::string("take_profit.limit_price must be ") +
                           (exits_long ? ">= base_price + 0.01" : "<= base_price - 0.01"),
                       base_member);
    }
    if (stop && !(exits_long ? *stop <= base - cent : *stop >= base + cent)) {
        throw ApiError(422, 42210000,
                       std::string("stop_loss.stop_price must be ") +
                           (exits_long ? "<= base_price - 0.01" : ">= base_price + 0.01"),
                       base_member);
    }
}

void check_minimum(const Question& q) {
    const auto least = Money::whole(q.coin() ? 10 : 1);
    const auto cost = q.request.notional ? *q.request.notional : q.price() * q.quantity();
    // A remainder may always be sold.
    if (cost >= least || !q.buys()) return;
    forbidden("cost basis must be >= minimal amount of order " +
              std::string(q.coin() ? "10" : "1"));
}

// Opposite orders of the account in the same symbol that could meet this one.
void check_wash(const Question& q) {
    if (q.request.order_class != OrderClass::simple) return;
    for (const auto* entry : q.exchange.book().open_orders()) {
        const Order& order = entry->order;
        if (entry->account != q.account || order.symbol != q.symbol) continue;
        if (order.side == q.request.side || order.status == OrderStatus::held) continue;
        if (!order.parent_order_id.empty()) continue;
        if (!q.coin() && !q.buys() && q.position.sign() <= 0) {
            forbidden("cannot open a short sell while a long buy order is open");
        }
        if (!q.coin() && q.buys() && q.position.is_zero()) {
            forbidden("cannot open a long buy while a short sell order is open");
        }
        const bool priced = order.type == OrderType::limit && q.request.limit_price.has_value();
        const bool apart = priced && (q.buys() ? *q.request.limit_price < order.limit_price
                                               : *q.request.limit_price > order.limit_price);
        if (apart) continue;
        forbidden("potential wash trade detected. use complex orders",
                  member("reject_reason", order.type == OrderType::limit
                                              ? "opposite side limit order exists"
                                              : "opposite side market/stop order exists") +
                      "," + member("existing_order_id", order_id_of(*entry)));
    }
}

void refuse_quantity(const Question& q, Quantity held) {
    const auto existing = q.position.abs();
    const auto available = std::max(Quantity(), existing - held);
    forbidden("insufficient qty available for order (requested: " + q.quantity().to_string() +
                  ", available: " + available.to_string() + ")",
              member("symbol", q.symbol.to_string()) + "," +
                  member("existing_qty", existing.to_string()) + "," +
                  member("held_for_orders", held.to_string()) + "," +
                  member("available", available.to_string()));
}

// Orders of the account that may still take buying power, at their prices.
Money reserved(const Question& q) {
    Money total;
    for (const auto* entry : q.exchange.book().open_orders()) {
        const Order& order = entry->order;
        if (entry->account != q.account || order.status == OrderStatus::held) continue;
        if (!order.parent_order_id.empty()) continue;
        const auto position = q.exchange.books_of(q.account).quantity(order.symbol);
        const auto closes = order.side == Side::buy ? -position : position;
        const auto grows =
            std::max(Quantity(), order.open_quantity() - std::max(Quantity(), closes));
        if (grows.is_zero()) continue;
        auto price = order.limit_price;
        if (price.is_zero()) {
            const auto quote = q.exchange.market().quote_at(order.symbol, q.exchange.time());
            price = order.side == Side::buy ? quote.ask : quote.bid;
        }
        total += price * grows;
    }
    return total;
}

// True: the order closes (a part of) the position; all of it must be available.
bool check_closing(const Question& q) {
    const auto closes = q.buys() ? -q.position : q.position;
    if (closes.sign() <= 0) return false;
    const auto held = held_for_orders(q.exchange, q.account, q.symbol);
    if (q.quantity() > closes - held) {
        if (q.coin()) {
            forbidden("insufficient balance for " + q.symbol.to_string() +
                          " (requested: " + q.quantity().to_string() +
                          ", available: " + std::max(Quantity(), closes - held).to_string() + ")",
                      member("symbol", q.symbol.to_string()) + "," +
                          member("balance", closes.to_string()) + "," +
                          member("available", std::max(Quantity(), closes - held).to_string()));
        }
        refuse_quantity(q, held);
    }
    return true;
}

void check_funds(const Question& q) {
    if (check_closing(q)) return;
    if (q.coin() && !q.buys()) {
        forbidden(
            "insufficient balance for " + q.symbol.to_string() +
                " (requested: " + q.quantity().to_string() + ", available: 0)",
            member("symbol", q.symbol.to_string()) + ",\"balance\":\"0\",\"available\":\"0\"");
    }
    if (!q.buys() && !q.instrument.shortable) {
        unprocessable("asset \"" + q.symbol.to_string() + "\" cannot be sold short");
    }
    const auto& books = q.exchange.books_of(q.account);
    if (!q.buys() && configuration_of(q.exchange, q.account).no_shorting) {
        forbidden("account is not allowed to short");
    }
    // A short sale is valued 3 % above the ask, or at its limit where that is higher.
    auto price = q.price();
    if (!q.buys()) price = std::max(price, moved(q.quote.ask, Fraction::of("0.03")));
    const auto cost = q.request.notional ? *q.request.notional : price * q.quantity();
    const auto taken = reserved(q);
    if (q.coin()) {
        const auto available = books.cash - taken;
        if (cost <= available) return;
        forbidden("insufficient balance for USD (requested: " + api_money(cost) +
                      ", available: " + api_money(available) + ")",
                  "\"symbol\":\"USD\"," + member("balance", api_money(books.cash)) + "," +
                      member("available", api_money(available)));
    }
    const auto power = q.exchange.account(q.account).buying_power - taken;
    if (cost <= power) return;
    forbidden("insufficient buying power", member("buying_power", api_money(power)) + "," +
                                               member("cost_basis", api_money(cost)));
}

std::string intent_of(const Question& q) {
    // An exit group is inferred by the position, like everything else.
    const bool closes = q.buys() ? q.position.sign() < 0 : q.position.sign() > 0;
    const std::string inferred =
        std::string(q.buys() ? "buy" : "sell") + (closes ? "_to_close" : "_to_open");
    if (!q.request.intent.empty() && q.request.intent != inferred) {
        unprocessable("position intent mismatch, inferred: " + inferred +
                      ", specified: " + q.request.intent);
    }
    return inferred;
}

ExchangeOrder leg_of(const ExchangeOrder& head, std::string_view name) {
    ExchangeOrder leg;
    leg.account = head.account;
    leg.order.symbol = head.order.symbol;
    leg.order.side =
        head.remote.order_class == OrderClass::oco ? head.order.side : opposite(head.order.side);
    leg.order.role = Role::exit;
    leg.order.time_in_force = head.order.time_in_force;
    leg.order.quantity = head.order.quantity;
    leg.order.parent_order_id = head.order.order_id;
    leg.remote.id = stable_uuid("leg", head.remote.id + "/" + std::string(name));
    leg.order.order_id = stable_uuid("client", leg.remote.id);
    leg.remote.order_class = head.remote.order_class;
    leg.remote.intent = std::string(leg.order.side == Side::buy ? "buy" : "sell") + "_to_close";
    return leg;
}

std::vector<ExchangeOrder> group_of(ExchangeOrder head, const OrderRequest& request) {
    std::vector<ExchangeOrder> legs;
    if (request.target_limit && request.order_class != OrderClass::oco) {
        auto leg = leg_of(head, "take_profit");
        leg.order.type = OrderType::limit;
        leg.order.limit_price = *request.target_limit;
        legs.push_back(std::move(leg));
    }
    if (request.stop_loss_stop) {
        auto leg = leg_of(head, "stop_loss");
        leg.order.type = request.stop_loss_limit ? OrderType::stop_limit : OrderType::stop;
        leg.order.stop_price = *request.stop_loss_stop;
        leg.order.limit_price = request.stop_loss_limit.value_or(Price());
        legs.push_back(std::move(leg));
    }
    for (const auto& leg : legs) head.remote.legs.push_back(leg.order.order_id);
    legs.insert(legs.begin(), std::move(head));
    return legs;
}

// Unique for ever in the account; a missing one is made from how many orders there were.
void give_ids(const EmbeddedExchange& exchange, ExchangeOrder& entry, const std::string& wanted) {
    if (!wanted.empty()) {
        if (exchange.book().find(entry.account, wanted) != nullptr) {
            throw ApiError(422, 40010001, "client_order_id must be unique");
        }
        entry.order.order_id = wanted;
    } else {
        entry.order.order_id = stable_uuid(
            "client", entry.account + "/" + std::to_string(exchange.book().orders().size()) + "/" +
                          std::to_string(exchange.time().ns));
    }
    entry.remote.id = stable_uuid("order", entry.account + "\n" + entry.order.order_id);
}

}  // namespace

std::optional<Symbol> listed_symbol(const ExchangeMarket& market, const std::string& text) {
    const auto& known = market.symbols();
    if (is_uuid(text)) {
        for (const auto& symbol : known) {
            if (asset_id_of(symbol) == text) return symbol;
        }
        return std::nullopt;
    }
    const auto symbol = symbol_of(text);
    if (!symbol || !std::binary_search(known.begin(), known.end(), *symbol)) return std::nullopt;
    return symbol;
}

std::vector<ExchangeOrder> admit(const EmbeddedExchange& exchange, const std::string& account,
                                 const OrderRequest& request) {
    const auto symbol = listed_symbol(exchange.market(), request.symbol);
    if (!symbol) unprocessable("asset \"" + request.symbol + "\" not found");
    const Question q{exchange,
                     account,
                     request,
                     *symbol,
                     exchange.market().instrument(*symbol),
                     exchange.market().quote_at(*symbol, exchange.time()),
                     exchange.books_of(account).quantity(*symbol)};
    if (!q.instrument.tradable) unprocessable("asset " + symbol->to_string() + " is not tradable");
    ExchangeOrder head;
    head.account = account;
    give_ids(exchange, head, request.client_order_id);
    if (q.coin()) {
        check_coin(q);
    } else {
        check_fraction(q);
        check_session(q);
    }
    check_prices(q);
    check_minimum(q);
    check_wash(q);
    check_funds(q);
    head.order.symbol = *symbol;
    head.order.side = request.side;
    head.order.role = q.position.sign() * (q.buys() ? 1 : -1) < 0 ? Role::exit : Role::entry;
    head.order.type = request.type;
    head.order.time_in_force = request.time_in_force;
    head.order.quantity = q.quantity();
    head.order.limit_price = request.limit_price.value_or(Price());
    head.order.stop_price =
        request.trail_price ? *request.trail_price : request.stop_price.value_or(Price());
    head.remote.order_class = request.order_class;
    head.remote.extended_hours = request.extended_hours;
    head.remote.notional = request.notional.value_or(Money());
    head.remote.trail_percent = request.trail_percent.value_or(Fraction());
    head.remote.intent = intent_of(q);
    return group_of(std::move(head), request);
}

ExchangeOrder admit_replacement(const EmbeddedExchange& exchange, const ExchangeOrder& old,
                                const ReplaceRequest& request) {
    const auto status = api_status(old);
    if (status == "replaced") unprocessable("order already replaced");
    if (is_closed(old.order.status)) unprocessable("unable to replace order, order is not open");
    if (status == "accepted" || status == "pending_new") {
        unprocessable("cannot replace order in " + std::string(status) + " status");
    }
    if (!old.remote.notional.is_zero() || !is_multiple_of(old.order.quantity, Quantity::whole(1))) {
        if (exchange.market().instrument(old.order.symbol).asset_class != AssetClass::crypto) {
            unprocessable("notional and fractional orders cannot be replaced");
        }
    }
    const bool member = !old.remote.legs.empty() || !old.order.parent_order_id.empty();
    if (!old.remote.legs.empty() && old.order.filled_quantity.sign() > 0) {
        unprocessable("unable to replace order, a part of its group has filled");
    }
    ExchangeOrder next;
    next.account = old.account;
    next.order = old.order;
    next.order.order_id.clear();
    next.mark = old.mark;
    next.remote = old.remote;
    next.remote.replaces = old.remote.id;
    next.remote.replaced_by.clear();
    next.remote.filled = next.remote.ended = {};
    next.order.filled_quantity = {};
    next.order.filled_notional = {};
    next.order.closed_time = {};
    next.order.reason.clear();
    const auto total = request.quantity.value_or(old.order.quantity);
    if (total <= old.order.filled_quantity) unprocessable("qty must be > filled_qty");
    if (!old.order.parent_order_id.empty() && total != old.order.quantity) {
        unprocessable("qty of a leg follows its group");
    }
    if (member && request.time_in_force && *request.time_in_force != TimeInForce::day &&
        *request.time_in_force != TimeInForce::gtc) {
        unprocessable("complex orders must be day or gtc orders");
    }
    next.order.quantity = total - old.order.filled_quantity;
    next.order.time_in_force = request.time_in_force.value_or(old.order.time_in_force);
    const auto type = old.order.type;
    const bool has_limit = type == OrderType::limit || type == OrderType::stop_limit;
    const bool has_stop = type == OrderType::stop || type == OrderType::stop_limit;
    if (request.limit_price && !has_limit) invalid("limit price is not allowed for this order");
    if (request.stop_price && !has_stop) invalid("stop price is not allowed for this order");
    if (request.trail && type != OrderType::trailing_stop) {
        invalid("trail is for trailing stop orders only");
    }
    const auto& instrument = exchange.market().instrument(old.order.symbol);
    check_increment(instrument, request.limit_price, "limit_price");
    check_increment(instrument, request.stop_price, "stop_price");
    if (request.limit_price) next.order.limit_price = *request.limit_price;
    if (request.stop_price) next.order.stop_price = *request.stop_price;
    if (request.trail) {
        const auto plain = plain_decimal(*request.trail);
        const auto price = plain ? Price::parse(*plain) : std::nullopt;
        if (!price || price->sign() <= 0) invalid("trail must be > 0");
        if (old.remote.trail_percent.is_zero()) {
            next.order.stop_price = *price;
        } else {
            next.remote.trail_percent = Fraction::from_units(price->units());
        }
    }
    if (next.order.quantity == old.order.open_quantity() &&
        next.order.limit_price == old.order.limit_price &&
        next.order.stop_price == old.order.stop_price &&
        next.order.time_in_force == old.order.time_in_force &&
        next.remote.trail_percent == old.remote.trail_percent) {
        unprocessable("order parameters are not changed");
    }
    give_ids(exchange, next, request.client_order_id);
    return next;
}

}  // namespace tradewind::broker

#include "broker/exchange/exchange_json.hpp"

#include <nlohmann/json.hpp>

#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void corrupt(const std::string& value) {
    throw Error(ErrorKind::corrupt, "the exchange's store holds a value it cannot have", value, "",
                "restore the folder, or start with another one");
}

template <class Value>
Value required(const std::optional<Value>& value, const std::string& text) {
    if (!value) corrupt(text);
    return *value;
}

template <class Decimal>
Decimal decimal_at(const Json& json, const char* name) {
    const auto text = json.at(name).get<std::string>();
    return required(Decimal::parse(text), text);
}

Timestamp time_at(const Json& json, const char* name) {
    return {json.at(name).get<std::int64_t>()};
}

template <class Enum>
Enum enum_at(const Json& json, const char* name, std::optional<Enum> (*parse)(std::string_view)) {
    const auto text = json.at(name).get<std::string>();
    return required(parse(text), text);
}

std::optional<Role> role_of(std::string_view text) {
    if (text == to_text(Role::entry)) return Role::entry;
    if (text == to_text(Role::exit)) return Role::exit;
    return std::nullopt;
}

Json fill_json(const Fill& fill) {
    return Json{{"id", fill.fill_id},
                {"order", fill.order_id},
                {"symbol", fill.symbol.to_string()},
                {"time", fill.time.ns},
                {"side", to_text(fill.side)},
                {"quantity", fill.quantity.to_string()},
                {"price", fill.price.to_string()},
                {"fee", fill.fee.to_string()},
                {"strategy", fill.strategy}};
}

Fill fill_from_json(const Json& json) {
    return {json.at("id").get<std::string>(),
            json.at("order").get<std::string>(),
            Symbol(json.at("symbol").get<std::string>()),
            time_at(json, "time"),
            enum_at(json, "side", side_of),
            decimal_at<Quantity>(json, "quantity"),
            decimal_at<Price>(json, "price"),
            decimal_at<Money>(json, "fee"),
            json.at("strategy").get<std::string>()};
}

}  // namespace

Json to_json(const Order& order) {
    return Json{{"id", order.order_id},
                {"decision", order.decision_id},
                {"strategy", order.strategy},
                {"symbol", order.symbol.to_string()},
                {"time", order.time.ns},
                {"side", to_text(order.side)},
                {"role", to_text(order.role)},
                {"type", to_text(order.type)},
                {"tif", to_text(order.time_in_force)},
                {"quantity", order.quantity.to_string()},
                {"limit", order.limit_price.to_string()},
                {"stop", order.stop_price.to_string()},
                {"plan",
                 {{"target", order.exit_plan.target.to_string()},
                  {"tif", to_text(order.exit_plan.target_time_in_force)},
                  {"close", order.exit_plan.leave_at_close},
                  {"stop", order.exit_plan.stop.to_string()}}},
                {"parent", order.parent_order_id},
                {"reason", order.reason},
                {"status", to_text(order.status)},
                {"filled", order.filled_quantity.to_string()},
                {"notional", order.filled_notional.to_string()},
                {"closed", order.closed_time.ns}};
}

Order order_from_json(const Json& json) {
    Order order;
    order.order_id = json.at("id").get<std::string>();
    order.decision_id = json.at("decision").get<std::string>();
    order.strategy = json.at("strategy").get<std::string>();
    order.symbol = Symbol(json.at("symbol").get<std::string>());
    order.time = time_at(json, "time");
    order.side = enum_at(json, "side", side_of);
    order.role = enum_at(json, "role", role_of);
    order.type = enum_at(json, "type", order_type_of);
    order.time_in_force = enum_at(json, "tif", time_in_force_of);
    order.quantity = decimal_at<Quantity>(json, "quantity");
    order.limit_price = decimal_at<Price>(json, "limit");
    order.stop_price = decimal_at<Price>(json, "stop");
    const auto& plan = json.at("plan");
    order.exit_plan.target = decimal_at<Price>(plan, "target");
    order.exit_plan.target_time_in_force = enum_at(plan, "tif", time_in_force_of);
    order.exit_plan.leave_at_close = plan.at("close").get<bool>();
    order.exit_plan.stop = decimal_at<Price>(plan, "stop");
    order.parent_order_id = json.at("parent").get<std::string>();
    order.reason = json.at("reason").get<std::string>();
    order.status = enum_at(json, "status", order_status_of);
    order.filled_quantity = decimal_at<Quantity>(json, "filled");
    order.filled_notional = decimal_at<Money>(json, "notional");
    order.closed_time = time_at(json, "closed");
    return order;
}

namespace {

Json terms_json(const RemoteTerms& terms) {
    return Json{{"id", terms.id},
                {"class", to_text(terms.order_class)},
                {"legs", terms.legs},
                {"extended", terms.extended_hours},
                {"notional", terms.notional.to_string()},
                {"trail_percent", terms.trail_percent.to_string()},
                {"intent", terms.intent},
                {"replaces", terms.replaces},
                {"replaced_by", terms.replaced_by},
                {"routed", terms.routed},
                {"updated", terms.updated.ns},
                {"filled", terms.filled.ns},
                {"ended", terms.ended.ns}};
}

RemoteTerms terms_from_json(const Json& json) {
    RemoteTerms terms;
    terms.id = json.at("id").get<std::string>();
    terms.order_class = enum_at(json, "class", order_class_of);
    terms.legs = json.at("legs").get<std::vector<std::string>>();
    terms.extended_hours = json.at("extended").get<bool>();
    terms.notional = decimal_at<Money>(json, "notional");
    terms.trail_percent = decimal_at<Fraction>(json, "trail_percent");
    terms.intent = json.at("intent").get<std::string>();
    terms.replaces = json.at("replaces").get<std::string>();
    terms.replaced_by = json.at("replaced_by").get<std::string>();
    terms.routed = json.at("routed").get<bool>();
    terms.updated = time_at(json, "updated");
    terms.filled = time_at(json, "filled");
    terms.ended = time_at(json, "ended");
    return terms;
}

Json fate_json(const OrderFate& fate) {
    return Json{{"held_until", fate.held_until.ns},
                {"first_part", fate.first_part.to_string()},
                {"rest_until", fate.rest_until.ns},
                {"ends_at", fate.ends_at.ns},
                {"rejects", fate.rejects}};
}

OrderFate fate_from_json(const Json& json) {
    return {time_at(json, "held_until"), decimal_at<Fraction>(json, "first_part"),
            time_at(json, "rest_until"), time_at(json, "ends_at"), json.at("rejects").get<bool>()};
}

}  // namespace

Json to_json(const ExchangeOrder& entry) {
    Json json{{"account", entry.account},
              {"order", to_json(entry.order)},
              {"rested", entry.rested},
              {"triggered", entry.triggered},
              {"mark", entry.mark.to_string()},
              {"executions", entry.executions},
              {"group_filled", entry.group_filled.to_string()}};
    if (entry.is_remote()) json["remote"] = terms_json(entry.remote);
    if (!entry.fate.is_usual()) json["fate"] = fate_json(entry.fate);
    return json;
}

ExchangeOrder exchange_order_from_json(const Json& json) {
    const auto remote = json.find("remote");
    const auto fate = json.find("fate");
    return {json.at("account").get<std::string>(),
            order_from_json(json.at("order")),
            json.at("rested").get<bool>(),
            json.at("triggered").get<bool>(),
            decimal_at<Price>(json, "mark"),
            json.at("executions").get<std::uint32_t>(),
            decimal_at<Quantity>(json, "group_filled"),
            remote == json.end() ? RemoteTerms() : terms_from_json(*remote),
            fate == json.end() ? OrderFate() : fate_from_json(*fate)};
}

Json to_json(const ExchangeAccount& account) {
    Json positions = Json::array();
    for (const auto& [symbol, position] : account.positions) {
        positions.push_back({{"symbol", symbol.to_string()},
                             {"quantity", position.quantity.to_string()},
                             {"cost", position.cost.to_string()}});
    }
    Json fills = Json::array();
    for (const auto& fill : account.fills) fills.push_back(fill_json(fill));
    Json json{{"id", account.id},
              {"cash", account.cash.to_string()},
              {"fees", account.fees.to_string()},
              {"positions", std::move(positions)},
              {"fills", std::move(fills)}};
    for (const auto& [id, quantity] : account.coin_fees) {
        json["coin_fees"][id] = quantity.to_string();
    }
    for (const auto& [name, text] : account.documents) json["documents"][name] = text;
    return json;
}

ExchangeAccount account_from_json(const Json& json) {
    ExchangeAccount account;
    account.id = json.at("id").get<std::string>();
    account.cash = decimal_at<Money>(json, "cash");
    account.fees = decimal_at<Money>(json, "fees");
    for (const auto& position : json.at("positions")) {
        account.positions.emplace(Symbol(position.at("symbol").get<std::string>()),
                                  ExchangePosition{decimal_at<Quantity>(position, "quantity"),
                                                   decimal_at<Money>(position, "cost")});
    }
    for (const auto& fill : json.at("fills")) account.fills.push_back(fill_from_json(fill));
    if (const auto fees = json.find("coin_fees"); fees != json.end()) {
        for (const auto& [id, quantity] : fees->items()) {
            const auto text = quantity.get<std::string>();
            account.coin_fees.emplace(id, required(Quantity::parse(text), text));
        }
    }
    if (const auto documents = json.find("documents"); documents != json.end()) {
        for (const auto& [name, text] : documents->items()) {
            account.documents.emplace(name, text.get<std::string>());
        }
    }
    return account;
}

Json to_json(const ExchangeSettings& settings) {
    return Json{{"start", settings.start.ns},
                {"seed", settings.seed},
                {"quote_interval_ns", settings.quote_interval_ns},
                {"account", settings.account_id},
                {"cash", settings.cash.to_string()},
                {"leverage", settings.leverage.to_string()},
                {"costs", settings.costs},
                {"partial_fill_probability", settings.partial_fill_probability}};
}

ExchangeSettings settings_from_json(const Json& json) {
    ExchangeSettings settings;
    settings.start = time_at(json, "start");
    settings.seed = json.at("seed").get<std::uint64_t>();
    settings.quote_interval_ns = json.at("quote_interval_ns").get<std::int64_t>();
    settings.account_id = json.at("account").get<std::string>();
    settings.cash = decimal_at<Money>(json, "cash");
    settings.leverage = decimal_at<Fraction>(json, "leverage");
    settings.costs = json.at("costs").get<std::string>();
    settings.partial_fill_probability = json.at("partial_fill_probability").get<double>();
    return settings;
}

std::string to_text(const ExchangeEvent& event) {
    std::string text = format_time(event.time) + " ";
    std::visit(
        [&](const auto& value) {
            using Value = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<Value, Quote>) {
                text += "quote " + value.symbol.to_string() + " " + value.bid.to_string() + " " +
                        value.ask.to_string() + " " + value.bid_size.to_string() + " " +
                        value.ask_size.to_string();
            } else if constexpr (std::is_same_v<Value, Trade>) {
                text += "trade " + value.symbol.to_string() + " " + value.price.to_string() + " " +
                        value.size.to_string();
            } else if constexpr (std::is_same_v<Value, BarClosed>) {
                const Bar& bar = value.bar;
                text += "bar " + value.symbol.to_string() + " " + format_time(bar.start) + " " +
                        bar.open.to_string() + " " + bar.high.to_string() + " " +
                        bar.low.to_string() + " " + bar.close.to_string() + " " +
                        Json(bar.volume).dump();
            } else if constexpr (std::is_same_v<Value, SessionEvent>) {
                text += std::string(value.crypto ? "day " : "session ") +
                        (value.phase == SessionPhase::opened ? "opened " : "closed ") +
                        format_date(value.date);
            } else {
                const OrderEvent& order = value.event;
                text += "order " + value.account + " " + order.order_id + " " +
                        std::string(tradewind::to_text(order.kind));
                if (order.fill) text += " " + fill_json(*order.fill).dump();
                if (!order.reason.empty()) text += " (" + order.reason + ")";
            }
        },
        event.payload);
    return text;
}

}  // namespace tradewind::broker

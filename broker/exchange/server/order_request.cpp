#include "broker/exchange/server/order_request.hpp"

#include <algorithm>

#include "broker/exchange/server/api_text.hpp"
#include "broker/exchange/server/http_message.hpp"
#include "broker/exchange/server/json_body.hpp"

namespace tradewind::broker {
namespace {

constexpr std::size_t kMaxClientOrderId = 128;

[[noreturn]] void invalid(const std::string& message) {
    throw ApiError(422, 40010001, message);
}

// Positive; digits beyond the ninth are cut off (as the broker does with coins).
template <class Decimal>
Decimal positive(const std::string& text, const std::string& name) {
    auto plain = plain_decimal(text);
    if (!plain) invalid("invalid " + name + ": " + text);
    const auto dot = plain->find('.');
    const auto most = static_cast<std::size_t>(std::min(9, Decimal::kDigits));
    if (dot != std::string::npos && plain->size() > dot + 1 + most) plain->resize(dot + 1 + most);
    const auto value = Decimal::parse(plain->back() == '.' ? *plain + "0" : *plain);
    if (!value) invalid(name + " is out of range: " + text);
    if (value->sign() <= 0) invalid(name + " must be > 0");
    return *value;
}

template <class Decimal>
std::optional<Decimal> optional_positive(const JsonValue& body, const char* member,
                                         const std::string& name) {
    const auto text = body.text_of(member);
    if (!text) return std::nullopt;
    return positive<Decimal>(*text, name);
}

std::string client_order_id(const JsonValue& body) {
    const auto id = body.text_of("client_order_id");
    if (!id) return {};
    if (id->size() > kMaxClientOrderId) {
        invalid("client_order_id must be no more than 128 characters");
    }
    const bool printable =
        std::all_of(id->begin(), id->end(), [](char c) { return c >= ' ' && c < 127; });
    if (!printable) invalid("client_order_id must be printable ASCII");
    return *id;
}

TimeInForce time_in_force(const std::string& text) {
    const auto value = time_in_force_of(text);
    if (!value) invalid("invalid time_in_force");
    return *value;
}

// Which prices the type wants, each exactly there or exactly absent.
void check_prices(const OrderRequest& request) {
    const bool limit = request.limit_price.has_value();
    const bool stop = request.stop_price.has_value();
    const bool trail = request.trail_price.has_value();
    const bool percent = request.trail_percent.has_value();
    if (request.type != OrderType::trailing_stop && (trail || percent)) {
        invalid("trail_price and trail_percent are for trailing stop orders only");
    }
    switch (request.type) {
        case OrderType::market:
            if (limit || stop) invalid("market orders require no stop or limit price");
            break;
        case OrderType::limit:
            if (!limit) invalid("limit orders require a limit price");
            if (stop) invalid("limit orders require no stop price");
            break;
        case OrderType::stop:
            if (!stop) invalid("stop orders require a stop price");
            if (limit) invalid("stop orders require no limit price");
            break;
        case OrderType::stop_limit:
            if (!stop || !limit) invalid("stop limit orders require both stop and limit price");
            break;
        case OrderType::trailing_stop:
            if (trail == percent) {
                invalid("trailing stop orders must specify one of trail_price or trail_percent");
            }
            if (percent && *request.trail_percent < Fraction::of("0.1")) {
                invalid("trail_percent must be greater than or equal to 0.1");
            }
            if (percent && *request.trail_percent >= Fraction::whole(100)) {
                invalid("trail_percent must be less than 100");
            }
            if (limit || stop) invalid("trailing stop orders require no stop or limit price");
            break;
    }
}

void read_legs(const JsonValue& body, OrderRequest& request) {
    if (const auto* target = body.object("take_profit")) {
        request.target_limit =
            optional_positive<Price>(*target, "limit_price", "take_profit.limit_price");
        if (!request.target_limit) invalid("take_profit.limit_price is required");
    }
    if (const auto* stop = body.object("stop_loss")) {
        request.stop_loss_stop =
            optional_positive<Price>(*stop, "stop_price", "stop_loss.stop_price");
        request.stop_loss_limit =
            optional_positive<Price>(*stop, "limit_price", "stop_loss.limit_price");
        if (!request.stop_loss_stop) invalid("stop_loss.stop_price is required");
    }
}

void check_class(OrderRequest& request) {
    const bool target = request.target_limit.has_value();
    const bool stop = request.stop_loss_stop.has_value();
    switch (request.order_class) {
        case OrderClass::simple:
            if (target || stop) {
                invalid("take_profit and stop_loss are for bracket, oco and oto orders only");
            }
            return;
        case OrderClass::bracket:
            if (!target) invalid("bracket orders require take_profit.limit_price");
            if (!stop) invalid("bracket orders require stop_loss.stop_price");
            break;
        case OrderClass::oco:
            if (request.type != OrderType::limit) invalid("oco orders must be limit orders");
            if (!target && !request.limit_price) {
                invalid("oco orders require take_profit.limit_price");
            }
            if (!stop) invalid("oco orders require stop_loss.stop_price");
            if (target) request.limit_price = request.target_limit;
            break;
        case OrderClass::oto:
            if (target == stop) {
                invalid("oto orders require exactly one of take_profit and stop_loss");
            }
            break;
    }
    if (request.time_in_force != TimeInForce::day && request.time_in_force != TimeInForce::gtc) {
        invalid("complex orders must be day or gtc orders");
    }
    if (request.extended_hours) invalid("complex orders do not support extended hours");
    if (request.notional) invalid("notional orders must be simple orders");
    if (request.type == OrderType::trailing_stop) {
        invalid("trailing stop orders must be simple orders");
    }
}

std::string intent_of(const JsonValue& body) {
    const auto text = body.text_of("position_intent");
    if (!text) return {};
    for (const auto* known : {"buy_to_open", "buy_to_close", "sell_to_open", "sell_to_close"}) {
        if (*text == known) return *text;
    }
    invalid("invalid position_intent");
}

}  // namespace

Quantity positive_quantity(const std::string& text, const std::string& name) {
    return positive<Quantity>(text, name);
}

OrderRequest parse_order_request(std::string_view body_text) {
    const auto body = parse_json_body(body_text);
    OrderRequest request;
    const auto symbol = body.text_of("symbol");
    if (!symbol) invalid("symbol is required");
    request.symbol = *symbol;
    request.quantity = optional_positive<Quantity>(body, "qty", "qty");
    request.notional = optional_positive<Money>(body, "notional", "notional");
    if (!request.quantity && !request.notional) invalid("qty or notional is required");
    if (request.quantity && request.notional) invalid("only one of qty or notional is accepted");
    const auto side = body.text_of("side");
    const auto known_side = side ? side_of(*side) : std::nullopt;
    if (!known_side) invalid("invalid side");
    request.side = *known_side;
    const auto type = order_type_of(body.text_of("type").value_or("market"));
    if (!type) invalid("invalid order type");
    request.type = *type;
    request.time_in_force = time_in_force(body.text_of("time_in_force").value_or("day"));
    const auto order_class = body.text_of("order_class").value_or("simple");
    const auto known_class = order_class_of(order_class);
    if (!known_class) invalid("invalid order class: " + order_class);
    request.order_class = *known_class;
    read_legs(body, request);
    if (request.order_class == OrderClass::oco && request.target_limit &&
        !body.text_of("limit_price")) {
        request.limit_price = request.target_limit;
    } else {
        request.limit_price = optional_positive<Price>(body, "limit_price", "limit price");
    }
    request.stop_price = optional_positive<Price>(body, "stop_price", "stop price");
    request.trail_price = optional_positive<Price>(body, "trail_price", "trail_price");
    request.trail_percent = optional_positive<Fraction>(body, "trail_percent", "trail_percent");
    request.extended_hours = body.flag("extended_hours");
    request.client_order_id = client_order_id(body);
    request.intent = intent_of(body);
    check_prices(request);
    check_class(request);
    return request;
}

ReplaceRequest parse_replace_request(std::string_view body_text) {
    const auto body = parse_json_body(body_text);
    ReplaceRequest request;
    if (const auto text = body.text_of("qty")) {
        request.quantity = positive<Quantity>(*text, "qty");
        if (!is_multiple_of(*request.quantity, Quantity::whole(1))) invalid("qty must be integer");
    }
    if (const auto text = body.text_of("time_in_force")) {
        request.time_in_force = time_in_force(*text);
    }
    request.limit_price = optional_positive<Price>(body, "limit_price", "limit price");
    request.stop_price = optional_positive<Price>(body, "stop_price", "stop price");
    request.trail = body.text_of("trail");
    request.client_order_id = client_order_id(body);
    return request;
}

}  // namespace tradewind::broker

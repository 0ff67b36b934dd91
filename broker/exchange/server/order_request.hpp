// What a client asks for in POST /v2/orders and PATCH /v2/orders/{id}, checked for form: every word
// known, every number a decimal, every price there that the type wants and none that it does not.
// What the account, the asset or the market says to it is order_admission.hpp.
//
// Pure; any thread. Errors: ApiError with the broker's status, code and words. Source: broker
// protocol 1.5, 2.3, 2.4.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "broker/exchange/exchange_order.hpp"
#include "messages/order.hpp"

namespace tradewind::broker {

struct OrderRequest {
    std::string symbol;  // as it was sent
    std::optional<Quantity> quantity;
    std::optional<Money> notional;
    Side side = Side::buy;
    OrderType type = OrderType::market;
    TimeInForce time_in_force = TimeInForce::day;
    std::optional<Price> limit_price;
    std::optional<Price> stop_price;
    std::optional<Price> trail_price;
    std::optional<Fraction> trail_percent;
    bool extended_hours = false;
    std::string client_order_id;  // empty: none given
    OrderClass order_class = OrderClass::simple;
    std::optional<Price> target_limit;  // take_profit
    std::optional<Price> stop_loss_stop;
    std::optional<Price> stop_loss_limit;
    std::string intent;  // empty: none given
};

struct ReplaceRequest {
    std::optional<Quantity> quantity;
    std::optional<TimeInForce> time_in_force;
    std::optional<Price> limit_price;
    std::optional<Price> stop_price;
    std::optional<std::string> trail;  // price or percent, as the order has it
    std::string client_order_id;
};

[[nodiscard]] OrderRequest parse_order_request(std::string_view body);
[[nodiscard]] ReplaceRequest parse_replace_request(std::string_view body);

// A decimal of a request, positive; `name` for the message `NAME must be > 0`.
[[nodiscard]] Quantity positive_quantity(const std::string& text, const std::string& name);

}  // namespace tradewind::broker

// What the holder of an account may configure (GET and PATCH /v2/account/configurations), kept with
// the account. Plain value; the server's I/O thread. Source: broker protocol 2.1.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "broker/exchange/embedded_exchange.hpp"

namespace tradewind::broker {

struct AccountConfiguration {
    bool fractional_trading = true;
    bool no_shorting = false;
    bool suspend_trade = false;
    bool no_exception_entry = false;  // publicly traded partnerships
    bool disable_overnight_trading = false;
    std::string max_margin_multiplier = "4";
    std::string trade_confirm_email = "all";
};

[[nodiscard]] AccountConfiguration configuration_of(const EmbeddedExchange& exchange,
                                                    const std::string& account);
[[nodiscard]] nlohmann::ordered_json to_json(const AccountConfiguration& configuration);
// Changes what the body names (null: nothing) and keeps it. Throws ApiError (422).
AccountConfiguration change_configuration(EmbeddedExchange& exchange, const std::string& account,
                                          std::string_view body);

}  // namespace tradewind::broker

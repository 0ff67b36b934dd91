#include "broker/exchange/server/account_configuration.hpp"

#include <nlohmann/json.hpp>

#include "broker/exchange/server/http_message.hpp"
#include "broker/exchange/server/json_body.hpp"

namespace tradewind::broker {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kDocument = "configuration";

void take(const JsonValue& body, const char* name, bool& value) {
    if (body.text_of(name)) value = body.flag(name);
}

void take(const JsonValue& body, const char* name, std::string& value,
          std::initializer_list<std::string_view> allowed) {
    const auto text = body.text_of(name);
    if (!text) return;
    for (const auto word : allowed) {
        if (*text == word) {
            value = *text;
            return;
        }
    }
    throw ApiError(422, 40010001, std::string("invalid ") + name + ": " + *text);
}

AccountConfiguration changed(AccountConfiguration result, const JsonValue& body) {
    take(body, "fractional_trading", result.fractional_trading);
    take(body, "no_shorting", result.no_shorting);
    take(body, "suspend_trade", result.suspend_trade);
    take(body, "ptp_no_exception_entry", result.no_exception_entry);
    take(body, "disable_overnight_trading", result.disable_overnight_trading);
    take(body, "max_margin_multiplier", result.max_margin_multiplier, {"1", "2", "4"});
    take(body, "trade_confirm_email", result.trade_confirm_email, {"all", "none"});
    return result;
}

}  // namespace

AccountConfiguration configuration_of(const EmbeddedExchange& exchange,
                                      const std::string& account) {
    const auto& documents = exchange.books_of(account).documents;
    const auto found = documents.find(kDocument);
    if (found == documents.end()) return {};
    return changed({}, parse_json_body(found->second));
}

Json to_json(const AccountConfiguration& configuration) {
    return Json{{"fractional_trading", configuration.fractional_trading},
                {"max_margin_multiplier", configuration.max_margin_multiplier},
                {"no_shorting", configuration.no_shorting},
                {"suspend_trade", configuration.suspend_trade},
                {"trade_confirm_email", configuration.trade_confirm_email},
                {"ptp_no_exception_entry", configuration.no_exception_entry},
                {"max_options_trading_level", nullptr},
                {"disable_overnight_trading", configuration.disable_overnight_trading},
                {"dtbp_check", "entry"},
                {"pdt_check", "entry"}};
}

AccountConfiguration change_configuration(EmbeddedExchange& exchange, const std::string& account,
                                          std::string_view body) {
    const auto next = changed(configuration_of(exchange, account), parse_json_body(body));
    exchange.set_document(account, kDocument, to_json(next).dump());
    return next;
}

}  // namespace tradewind::broker

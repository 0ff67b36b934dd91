#include "broker/alpaca/market_json.hpp"

#include <cstdlib>

#include "broker/alpaca/json_scan.hpp"

namespace tradewind::broker::alpaca {
namespace {

using scan::Object;
using scan::Value;

[[noreturn]] void refuse() {
    throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
}

double number(Value value) {
    const auto word = scan::text(value);
    return word ? std::strtod(word->c_str(), nullptr) : 0;
}

void read_bar(std::string_view key, Value value, Bar& bar) {
    if (key == "t") bar.start = scan::time(value);
    if (key == "o") bar.open = scan::decimal<Price>(value).value_or(Price());
    if (key == "h") bar.high = scan::decimal<Price>(value).value_or(Price());
    if (key == "l") bar.low = scan::decimal<Price>(value).value_or(Price());
    if (key == "c") bar.close = scan::decimal<Price>(value).value_or(Price());
    if (key == "v") bar.volume = number(value);
    if (key == "vw") bar.vwap = number(value);
    if (key == "n") {
        const double count = number(value);
        bar.trade_count = count > 0 && count < 4e9 ? static_cast<std::uint32_t>(count) : 0;
    }
}

bool complete(Bar& bar) {
    if (bar.start.ns == 0 || bar.open.sign() <= 0 || bar.close.sign() <= 0 || bar.low.sign() <= 0 ||
        bar.high < bar.low || !(bar.volume >= 0)) {
        return false;
    }
    bar.suspect =
        bar.open < bar.low || bar.open > bar.high || bar.close < bar.low || bar.close > bar.high;
    return true;
}

void read_quote(std::string_view key, Value value, Quote& quote) {
    if (key == "t") quote.time = scan::time(value);
    if (key == "bp") quote.bid = scan::decimal<Price>(value).value_or(Price());
    if (key == "ap") quote.ask = scan::decimal<Price>(value).value_or(Price());
    if (key == "bs") quote.bid_size = scan::decimal<Quantity>(value).value_or(Quantity());
    if (key == "as") quote.ask_size = scan::decimal<Quantity>(value).value_or(Quantity());
}

void read_trade(std::string_view key, Value value, Trade& trade) {
    if (key == "t") trade.time = scan::time(value);
    if (key == "p") trade.price = scan::decimal<Price>(value).value_or(Price());
    if (key == "s") trade.size = scan::decimal<Quantity>(value).value_or(Quantity());
}

DataMessage::Kind kind_of(std::string_view type) {
    using Kind = DataMessage::Kind;
    if (type == "q") return Kind::quote;
    if (type == "t") return Kind::trade;
    if (type == "b") return Kind::minute_bar;
    if (type == "u") return Kind::updated_bar;
    if (type == "d") return Kind::daily_bar;
    if (type == "s") return Kind::status;
    if (type == "subscription") return Kind::subscription;
    if (type == "error") return Kind::error;
    return Kind::other;
}

// The members of one message, whose type usually comes first.
struct Members {
    std::string type;
    std::string symbol;
    DataMessage message;

    void read(std::string_view key, Value value) {
        if (key == "T") {
            type = scan::text(value).value_or("");
            message.kind = kind_of(type);
        } else if (key == "S") {
            symbol = scan::text(value).value_or("");
        } else if (key == "msg" || key == "sc") {
            message.text = scan::text(value).value_or("").substr(0, 200);
        } else if (key == "code") {
            message.code = static_cast<std::int64_t>(number(value));
        } else {
            read_data(key, value);
        }
    }

    void read_data(std::string_view key, Value value) {
        using Kind = DataMessage::Kind;
        switch (message.kind) {
            case Kind::quote:
                read_quote(key, value, message.quote);
                break;
            case Kind::trade:
                read_trade(key, value, message.trade);
                break;
            case Kind::minute_bar:
            case Kind::updated_bar:
            case Kind::daily_bar:
                read_bar(key, value, message.bar);
                break;
            default:
                break;
        }
    }

    DataMessage finish() {
        using Kind = DataMessage::Kind;
        if (type == "success") {
            message.kind = message.text == "connected"       ? Kind::connected
                           : message.text == "authenticated" ? Kind::authenticated
                                                             : Kind::other;
        }
        if (message.kind < Kind::quote || message.kind > Kind::status) return message;
        const auto canonical = canonical_symbol(symbol);
        if (!canonical) refuse();
        message.symbol = message.quote.symbol = message.trade.symbol = *canonical;
        const bool bar = message.kind == Kind::minute_bar || message.kind == Kind::updated_bar;
        if (bar && !complete(message.bar)) refuse();
        if (bar) message.bar.end = message.bar.start + kMinute;
        if (message.kind == Kind::quote && message.quote.time.ns == 0) refuse();
        return message;
    }
};

}  // namespace

std::optional<DataFrame> parse_data_frame(std::string_view text) {
    return scan::document<DataFrame>(text, [](simdjson::ondemand::document& document) {
        DataFrame frame;
        scan::Array all = document.get_array();  // throws here where it is none
        for (auto element : all) {
            Members members;
            try {
                scan::members(element.get_object(),
                              [&](std::string_view key, Value value) { members.read(key, value); });
                frame.messages.push_back(members.finish());
            } catch (const simdjson::simdjson_error&) {
                // The place in the document is lost with a member that is not what it should be.
                ++frame.unread;
                break;
            }
        }
        return frame;
    });
}

std::optional<BarPage> parse_bar_page(std::string_view body) {
    return scan::document<BarPage>(body, [](simdjson::ondemand::document& document) {
        BarPage page;
        const auto read_all = [&](const Symbol& symbol, Value list) {
            if (!scan::is_array(list)) return;
            auto& bars = page.bars[symbol];
            for (auto element : list.get_array()) {
                Bar bar;
                scan::members(element.get_object(), [&](std::string_view key, Value value) {
                    read_bar(key, value, bar);
                });
                if (!complete(bar)) refuse();
                bars.push_back(bar);
            }
        };
        scan::members(document.get_object(), [&](std::string_view key, Value value) {
            if (key == "next_page_token") {
                page.next_page_token = scan::text(value).value_or("");
            } else if (key == "bars" && scan::is_object(value)) {
                scan::members(value.get_object(), [&](std::string_view name, Value list) {
                    const auto symbol = canonical_symbol(name);
                    if (!symbol) refuse();
                    read_all(*symbol, list);
                });
            }
        });
        return page;
    });
}

std::optional<std::vector<Quote>> parse_latest_quotes(std::string_view body) {
    using Quotes = std::vector<Quote>;
    return scan::document<Quotes>(body, [](simdjson::ondemand::document& document) {
        Quotes quotes;
        scan::members(document.get_object(), [&](std::string_view key, Value value) {
            if (key != "quotes" || !scan::is_object(value)) return;
            scan::members(value.get_object(), [&](std::string_view name, Value member) {
                const auto symbol = canonical_symbol(name);
                if (!symbol || !scan::is_object(member)) return;
                Quote quote;
                quote.symbol = *symbol;
                scan::members(member.get_object(), [&](std::string_view part, Value each) {
                    read_quote(part, each, quote);
                });
                if (quote.time.ns != 0) quotes.push_back(quote);
            });
        });
        return quotes;
    });
}

}  // namespace tradewind::broker::alpaca

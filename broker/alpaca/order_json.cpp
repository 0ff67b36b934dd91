#include "broker/alpaca/order_json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "broker/alpaca/json_scan.hpp"

namespace tradewind::broker::alpaca {
namespace {

using scan::Object;
using scan::Value;

void remark(Remarks& remarks, std::string_view what, std::string_view word) {
    std::string text =
        "unknown " + std::string(what) + " '" + std::string(word.substr(0, 64)) + "'";
    if (std::find(remarks.begin(), remarks.end(), text) == remarks.end()) {
        remarks.push_back(std::move(text));
    }
}

std::optional<AssetClass> asset_class_word(std::string_view word, Remarks& remarks) {
    if (word == "us_equity") return AssetClass::us_equity;
    if (word == "crypto") return AssetClass::crypto;
    if (!word.empty()) remark(remarks, "asset class", word);
    return std::nullopt;
}

std::optional<Side> side_word(std::string_view word, Remarks& remarks) {
    if (word == "sell_short") return Side::sell;
    const auto side = side_of(word);
    if (!side && !word.empty()) remark(remarks, "side", word);
    return side;
}

[[noreturn]] void refuse() {
    throw simdjson::simdjson_error(simdjson::NO_SUCH_FIELD);
}

bool is_closing_time(std::string_view key) {
    return key == "filled_at" || key == "canceled_at" || key == "expired_at" ||
           key == "failed_at" || key == "replaced_at";
}

WireOrder order_of(Object object, Remarks& remarks, int depth);

void read_legs(Value value, WireOrder& order, Remarks& remarks, int depth) {
    if (!scan::is_array(value)) return;
    if (depth > 1) refuse();
    for (auto leg : value.get_array()) {
        order.legs.push_back(order_of(leg.get_object(), remarks, depth + 1));
    }
}

void read_words(std::string_view key, const std::string& word, WireOrder& order, Remarks& remarks) {
    if (key == "side") {
        order.side = side_word(word, remarks);
    } else if (key == "type" || key == "order_type") {
        if (const auto type = order_type_of(word)) {
            order.type = type;
        } else if (!word.empty()) {
            remark(remarks, "order type", word);
        }
    } else if (key == "time_in_force") {
        order.time_in_force = time_in_force_of(word);
        if (!order.time_in_force && !word.empty()) remark(remarks, "time in force", word);
    } else if (key == "status") {
        order.status = wire_status_of(word);
        if (order.status == WireStatus::other) remark(remarks, "order status", word);
    } else if (key == "asset_class") {
        order.asset_class = asset_class_word(word, remarks);
    } else if (key == "id") {
        order.id = word;
    } else if (key == "client_order_id") {
        order.client_order_id = word;
    } else if (key == "order_class") {
        order.order_class = word == "simple" ? std::string() : word;
    } else if (key == "replaced_by") {
        order.replaced_by = word;
    } else if (key == "replaces") {
        order.replaces = word;
    } else if (key == "symbol") {
        if (const auto symbol = canonical_symbol(word)) order.symbol = *symbol;
    }
}

WireOrder order_of(Object object, Remarks& remarks, int depth) {
    WireOrder order;
    scan::members(object, [&](std::string_view key, Value value) {
        if (key == "legs") {
            read_legs(value, order, remarks, depth);
        } else if (key == "qty") {
            order.quantity = scan::decimal<Quantity>(value);
        } else if (key == "filled_qty") {
            order.filled_quantity = scan::decimal<Quantity>(value).value_or(Quantity());
        } else if (key == "filled_avg_price") {
            order.filled_average = scan::decimal<Price>(value).value_or(Price());
        } else if (key == "limit_price") {
            order.limit_price = scan::decimal<Price>(value).value_or(Price());
        } else if (key == "stop_price") {
            order.stop_price = scan::decimal<Price>(value).value_or(Price());
        } else if (key == "created_at") {
            order.created = scan::time(value);
        } else if (key == "updated_at") {
            order.updated = scan::time(value);
        } else if (key == "submitted_at") {
            order.submitted = scan::time(value);
        } else if (is_closing_time(key)) {
            order.closed = std::max(order.closed, scan::time(value));
        } else if (const auto word = scan::text(value)) {
            read_words(key, *word, order, remarks);
        }
    });
    if (order.id.empty() || order.symbol.empty() || order.filled_quantity.sign() < 0) refuse();
    // Amounts that no account can hold have no product here: they mean nothing.
    (void)(order.filled_average * order.filled_quantity);
    (void)(order.filled_average * order.quantity.value_or(Quantity()));
    return order;
}

WirePosition position_of(Object object, Remarks& remarks) {
    WirePosition position;
    std::optional<Quantity> quantity;
    std::string side;
    scan::members(object, [&](std::string_view key, Value value) {
        if (key == "symbol") {
            const auto word = scan::text(value);
            if (const auto symbol = word ? canonical_symbol(*word) : std::nullopt) {
                position.symbol = *symbol;
            }
        } else if (key == "qty") {
            quantity = scan::decimal<Quantity>(value);
        } else if (key == "qty_available") {
            position.available = scan::decimal<Quantity>(value).value_or(Quantity());
        } else if (key == "avg_entry_price") {
            position.average_entry = scan::decimal<Price>(value).value_or(Price());
        } else if (key == "current_price") {
            position.current = scan::decimal<Price>(value).value_or(Price());
        } else if (key == "cost_basis") {
            position.cost_basis = scan::decimal<Money>(value).value_or(Money());
        } else if (key == "side") {
            side = scan::text(value).value_or("");
        }
    });
    if (position.symbol.empty() || !quantity) refuse();
    if (side != "long" && side != "short" && !side.empty()) remark(remarks, "position side", side);
    position.quantity = side == "short" && quantity->sign() > 0 ? -*quantity : *quantity;
    return position;
}

WireAsset asset_of(Object object, Remarks& remarks) {
    WireAsset asset;
    scan::members(object, [&](std::string_view key, Value value) {
        if (key == "tradable") {
            asset.tradable = scan::flag(value);
        } else if (key == "shortable") {
            asset.shortable = scan::flag(value);
        } else if (key == "easy_to_borrow") {
            asset.easy_to_borrow = scan::flag(value);
        } else if (key == "fractionable") {
            asset.fractionable = scan::flag(value);
        } else if (key == "min_order_size") {
            asset.minimum_size = scan::decimal<Quantity>(value).value_or(Quantity());
        } else if (key == "min_trade_increment") {
            asset.size_step = scan::decimal<Quantity>(value).value_or(Quantity());
        } else if (key == "price_increment") {
            asset.price_step = scan::decimal<Price>(value).value_or(Price());
        } else if (key == "id" || key == "symbol" || key == "class" || key == "status") {
            const auto word = scan::text(value).value_or("");
            if (key == "id") asset.id = word;
            if (key == "status") asset.active = word == "active";
            if (key == "class") asset.asset_class = asset_class_word(word, remarks);
            if (key != "symbol") return;
            if (const auto symbol = canonical_symbol(word)) asset.symbol = *symbol;
        }
    });
    if (asset.symbol.empty()) refuse();
    return asset;
}

// Empty: the activity is no execution. `id` is set in any case.
std::optional<WireExecution> execution_of(Object object, std::string& id, Remarks& remarks) {
    WireExecution execution;
    std::string kind;
    std::optional<Quantity> quantity;
    std::optional<Price> price;
    scan::members(object, [&](std::string_view key, Value value) {
        if (key == "qty") {
            quantity = scan::decimal<Quantity>(value);
        } else if (key == "price") {
            price = scan::decimal<Price>(value);
        } else if (key == "cum_qty") {
            execution.cumulative = scan::decimal<Quantity>(value).value_or(Quantity());
        } else if (key == "transaction_time") {
            execution.time = scan::time(value);
        } else if (const auto word = scan::text(value)) {
            if (key == "activity_type") kind = *word;
            if (key == "id") id = *word;
            if (key == "order_id") execution.order_id = *word;
            if (key == "side") execution.side = side_word(*word, remarks);
            if (key != "symbol") return;
            if (const auto symbol = canonical_symbol(*word)) execution.symbol = *symbol;
        }
    });
    if (kind != "FILL") return std::nullopt;
    if (id.empty() || execution.order_id.empty() || !quantity || !price) refuse();
    execution.activity_id = id;
    execution.quantity = *quantity;
    execution.price = *price;
    return execution;
}

TradeUpdate update_of(Object object, Remarks& remarks) {
    TradeUpdate update;
    bool has_order = false;
    scan::members(object, [&](std::string_view key, Value value) {
        if (key == "order") {
            update.order = order_of(value.get_object(), remarks, 0);
            has_order = true;
        } else if (key == "price") {
            update.price = scan::decimal<Price>(value);
        } else if (key == "qty") {
            update.quantity = scan::decimal<Quantity>(value);
        } else if (key == "position_qty") {
            update.position = scan::decimal<Quantity>(value);
        } else if (key == "timestamp") {
            update.time = scan::time(value);
        } else if (const auto word = scan::text(value)) {
            if (key == "event") update.event = *word;
            if (key == "execution_id") update.execution_id = *word;
            if (key == "reason" || key == "reject_reason") update.reason = *word;
        }
    });
    if (!has_order || update.event.empty()) refuse();
    return update;
}

template <class Element, class Read>
std::optional<std::vector<Element>> list(std::string_view body, Read read) {
    using List = std::vector<Element>;
    return scan::document<List>(body, [&](simdjson::ondemand::document& document) {
        List all;
        for (auto element : document.get_array()) all.push_back(read(element.get_object()));
        return all;
    });
}

}  // namespace

std::optional<WireOrder> parse_order(std::string_view body, Remarks& remarks) {
    return scan::document<WireOrder>(body, [&](simdjson::ondemand::document& document) {
        return order_of(document.get_object(), remarks, 0);
    });
}

std::optional<std::vector<WireOrder>> parse_orders(std::string_view body, Remarks& remarks) {
    return list<WireOrder>(body, [&](Object object) { return order_of(object, remarks, 0); });
}

std::optional<std::vector<WirePosition>> parse_positions(std::string_view body, Remarks& remarks) {
    return list<WirePosition>(body, [&](Object object) { return position_of(object, remarks); });
}

std::optional<WireAsset> parse_asset(std::string_view body, Remarks& remarks) {
    return scan::document<WireAsset>(body, [&](simdjson::ondemand::document& document) {
        return asset_of(document.get_object(), remarks);
    });
}

std::optional<std::vector<WireAsset>> parse_assets(std::string_view body, Remarks& remarks) {
    return list<WireAsset>(body, [&](Object object) { return asset_of(object, remarks); });
}

std::optional<ExecutionPage> parse_executions(std::string_view body, Remarks& remarks) {
    return scan::document<ExecutionPage>(body, [&](simdjson::ondemand::document& document) {
        ExecutionPage page;
        for (auto element : document.get_array()) {
            std::string id;
            auto execution = execution_of(element.get_object(), id, remarks);
            if (execution) page.executions.push_back(std::move(*execution));
            page.last_id = id;
            ++page.activities;
        }
        return page;
    });
}

std::optional<WireAccount> parse_account(std::string_view body) {
    return scan::document<WireAccount>(body, [&](simdjson::ondemand::document& document) {
        WireAccount account;
        std::optional<Money> cash;
        std::optional<Money> equity;
        scan::members(document.get_object(), [&](std::string_view key, Value value) {
            if (key == "cash") {
                cash = scan::decimal<Money>(value);
            } else if (key == "equity" || (key == "portfolio_value" && !equity)) {
                if (const auto said = scan::decimal<Money>(value)) equity = said;
            } else if (key == "buying_power") {
                account.buying_power = scan::decimal<Money>(value).value_or(Money());
            } else if (key == "shorting_enabled") {
                account.shorting_enabled = scan::flag(value);
            } else if (key == "trading_blocked" || key == "account_blocked" ||
                       key == "trade_suspended_by_user") {
                account.trading_blocked = scan::flag(value) || account.trading_blocked;
            } else if (key == "id" || key == "account_number" || key == "status") {
                const auto word = scan::text(value).value_or("");
                if (key == "id") account.id = word;
                if (key == "account_number") account.account_number = word;
                if (key == "status") account.status = word;
            }
        });
        if (!cash || account.account_number.empty()) refuse();
        account.cash = *cash;
        account.equity = equity.value_or(*cash);
        return account;
    });
}

std::optional<WireClock> parse_clock(std::string_view body) {
    return scan::document<WireClock>(body, [&](simdjson::ondemand::document& document) {
        WireClock clock;
        scan::members(document.get_object(), [&](std::string_view key, Value value) {
            if (key == "timestamp") clock.time = scan::time(value);
            if (key == "next_open") clock.next_open = scan::time(value);
            if (key == "next_close") clock.next_close = scan::time(value);
            if (key == "is_open") clock.is_open = scan::flag(value);
        });
        if (clock.time.ns == 0) refuse();
        return clock;
    });
}

WireError parse_error(std::string_view body) {
    return scan::document<WireError>(
               body,
               [&](simdjson::ondemand::document& document) {
                   WireError error;
                   scan::members(document.get_object(), [&](std::string_view key, Value value) {
                       const auto word =
                           key == "code" || key == "message" ? scan::text(value) : std::nullopt;
                       if (!word) return;
                       if (key == "message") error.message = word->substr(0, 400);
                       if (key == "code") {
                           const auto code = parse_wire_decimal(*word, 0);
                           if (code && *code > 0 && *code < 1'000'000'000) {
                               error.code = static_cast<std::int64_t>(*code);
                           }
                       }
                   });
                   return error;
               })
        .value_or(WireError{});
}

namespace {

void read_stream_data(Value value, StreamFrame& frame, Remarks& remarks) {
    if (!scan::is_object(value)) return;
    if (frame.kind == StreamFrame::Kind::update) {
        frame.update = update_of(value.get_object(), remarks);
        return;
    }
    scan::members(value.get_object(), [&](std::string_view key, Value member) {
        if (key == "streams" && scan::is_array(member)) {
            for (auto stream : member.get_array()) {
                frame.listens = frame.listens || scan::text(stream.value()) == "trade_updates";
            }
        } else if (key == "status") {
            frame.authorized = scan::text(member) == "authorized";
        } else if (key == "error_message") {
            frame.message = scan::text(member).value_or("").substr(0, 400);
        }
    });
}

}  // namespace

std::optional<StreamFrame> parse_stream_frame(std::string_view text, Remarks& remarks) {
    // The kind may follow the data, so it is read first.
    const auto kind = scan::document<std::string>(text, [](simdjson::ondemand::document& document) {
        std::string found;
        scan::members(document.get_object(), [&](std::string_view key, Value value) {
            if (key == "stream") found = scan::text(value).value_or("");
            if (key == "action" && found.empty() && scan::text(value) == "error") found = "error";
        });
        return found;
    });
    if (!kind) return std::nullopt;
    StreamFrame frame;
    using Kind = StreamFrame::Kind;
    frame.kind = *kind == "authorization"   ? Kind::authorization
                 : *kind == "listening"     ? Kind::listening
                 : *kind == "trade_updates" ? Kind::update
                 : *kind == "error"         ? Kind::error
                                            : Kind::other;
    if (frame.kind == Kind::other) remark(remarks, "stream", *kind);
    const auto read = scan::document<bool>(text, [&](simdjson::ondemand::document& document) {
        scan::members(document.get_object(), [&](std::string_view key, Value value) {
            if (key == "data") read_stream_data(value, frame, remarks);
        });
        return true;
    });
    if (!read) {
        if (frame.kind != Kind::update) return std::nullopt;
        frame.update.reset();
    }
    return frame;
}

std::optional<int128> parse_wire_decimal(std::string_view text, int digits) {
    if (text.starts_with('+')) text.remove_prefix(1);
    if (text.size() > 80) return std::nullopt;
    int exponent = 0;
    if (const auto mark = text.find_first_of("eE"); mark != std::string_view::npos) {
        auto power = text.substr(mark + 1);
        if (power.starts_with('+')) power.remove_prefix(1);
        const bool negative = power.starts_with('-');
        if (negative) power.remove_prefix(1);
        if (power.empty() || power.size() > 2) return std::nullopt;
        for (const char c : power) {
            if (c < '0' || c > '9') return std::nullopt;
            exponent = exponent * 10 + (c - '0');
        }
        if (negative) exponent = -exponent;
        text = text.substr(0, mark);
    }
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    int128 units = 0;  // of 10^-decimals
    int decimals = 0;
    bool point = false;
    bool any = false;
    constexpr int128 kMost = static_cast<int128>(decimal::kPowersOfTen[18]) * 1'000'000'000'000'000;
    for (const char c : text) {
        if (c == '.') {
            if (point) return std::nullopt;
            point = true;
            continue;
        }
        if (c < '0' || c > '9') return std::nullopt;
        any = true;
        if (units >= kMost) {
            // Digits beyond 33 carry no money; in front of the point they do.
            if (!point) return std::nullopt;
            continue;
        }
        units = units * 10 + (c - '0');
        if (point) ++decimals;
    }
    if (!any) return std::nullopt;
    int shift = digits - decimals + exponent;
    for (; shift > 0 && units != 0; --shift) {
        if (__builtin_mul_overflow(units, static_cast<int128>(10), &units)) return std::nullopt;
    }
    if (shift < -36) return 0;
    if (shift < 0) {
        int128 divisor = 1;
        for (; shift < 0; ++shift) divisor *= 10;
        units = decimal::divide_half_even(units, divisor);
    }
    return negative ? -units : units;
}

std::optional<Timestamp> parse_wire_time(std::string_view text) {
    if (text.size() == 10) {
        const auto date = parse_date(text);
        return date ? std::optional(utc_midnight(*date)) : std::nullopt;
    }
    if (text.ends_with('Z')) return parse_time(text);
    if (text.size() < 20) return std::nullopt;
    const auto zone = text.substr(text.size() - 6);
    if ((zone[0] != '+' && zone[0] != '-') || zone[3] != ':') return std::nullopt;
    for (const std::size_t i : {1U, 2U, 4U, 5U}) {
        if (zone[i] < '0' || zone[i] > '9') return std::nullopt;
    }
    const auto local = parse_time(std::string(text.substr(0, text.size() - 6)) + 'Z');
    if (!local) return std::nullopt;
    const auto minutes =
        ((zone[1] - '0') * 10 + (zone[2] - '0')) * 60 + (zone[4] - '0') * 10 + (zone[5] - '0');
    return *local - (zone[0] == '-' ? -minutes : minutes) * kMinute;
}

std::string order_body(const Order& order, AssetClass asset_class) {
    nlohmann::ordered_json body;
    body["symbol"] = wire_symbol(order.symbol, asset_class);
    body["qty"] = order.quantity.to_string();
    body["side"] = to_text(order.side);
    body["type"] = to_text(order.type);
    body["time_in_force"] = to_text(order.time_in_force);
    const bool limited = order.type == OrderType::limit || order.type == OrderType::stop_limit;
    const bool stopped = order.type == OrderType::stop || order.type == OrderType::stop_limit;
    if (limited) body["limit_price"] = order.limit_price.to_string();
    if (stopped) body["stop_price"] = order.stop_price.to_string();
    if (order.type == OrderType::trailing_stop) body["trail_price"] = order.stop_price.to_string();
    body["client_order_id"] = order.order_id;
    return body.dump();
}

std::string one_cancels_other_body(const Order& target, const Order& stop) {
    nlohmann::ordered_json body;
    body["symbol"] = target.symbol.to_string();
    body["qty"] = target.quantity.to_string();
    body["side"] = to_text(target.side);
    body["type"] = "limit";
    body["time_in_force"] = to_text(target.time_in_force);
    body["order_class"] = "oco";
    body["limit_price"] = target.limit_price.to_string();
    body["take_profit"]["limit_price"] = target.limit_price.to_string();
    body["stop_loss"]["stop_price"] = stop.stop_price.to_string();
    if (stop.limit_price.sign() > 0) {
        body["stop_loss"]["limit_price"] = stop.limit_price.to_string();
    }
    body["client_order_id"] = target.order_id;
    return body.dump();
}

}  // namespace tradewind::broker::alpaca

// What the embedded exchange answers without changing: accounts, positions, orders, bars.
#include <algorithm>

#include "broker/exchange/embedded_exchange.hpp"
#include "messages/error.hpp"

namespace tradewind::broker {
const ExchangeAccount& EmbeddedExchange::account_of(const std::string& account) const {
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) {
        throw Error(ErrorKind::usage, "the exchange has no such account", account, "",
                    "open it first");
    }
    return found->second;
}

OrderDesk EmbeddedExchange::desk_of(const std::string& account) const {
    return {*book_,
            account_of(account),
            settings_.leverage,
            [this](const Symbol& symbol) { return market_->quote_at(symbol, time_); },
            [this](const Symbol& symbol) { return market_->price_at(symbol, time_); },
            [this](const Symbol& symbol) {
                return market_->calendar(symbol) == market::TradingCalendar::utc_days;
            }};
}

std::optional<ExchangeRefusal> EmbeddedExchange::refusal(const std::string& account,
                                                         const Order& order) const {
    const auto& known = market_->symbols();
    if (!std::binary_search(known.begin(), known.end(), order.symbol)) {
        return ExchangeRefusal{422, 42210000,
                               "asset \"" + order.symbol.to_string() + "\" not found"};
    }
    return refusal_of(order, market_->instrument(order.symbol), desk_of(account));
}

BrokerAccount EmbeddedExchange::account(const std::string& id) const {
    return valued_account(desk_of(id));
}

std::vector<Position> EmbeddedExchange::positions(const std::string& id) const {
    std::vector<Position> result;
    for (const auto& [symbol, position] : account_of(id).positions) {
        result.push_back(
            {symbol, position.quantity, position.cost, market_->price_at(symbol, time_)});
    }
    return result;
}

std::vector<Order> EmbeddedExchange::orders(const std::string& id) const {
    (void)account_of(id);
    std::vector<Order> result;
    for (const auto& entry : book_->orders()) {
        if (entry.account == id) result.push_back(entry.order);
    }
    return result;
}

std::vector<Order> EmbeddedExchange::open_orders(const std::string& id) const {
    (void)account_of(id);
    std::vector<Order> result;
    for (const auto* entry : book_->open_orders()) {
        if (entry->account == id) result.push_back(entry->order);
    }
    return result;
}

std::optional<Order> EmbeddedExchange::find(const std::string& id,
                                            std::string_view order_id) const {
    (void)account_of(id);
    const auto* entry = book_->find(id, order_id);
    return entry == nullptr ? std::nullopt : std::optional<Order>(entry->order);
}

std::vector<Fill> EmbeddedExchange::fills(const std::string& id, std::size_t from) const {
    const auto& all = account_of(id).fills;
    return {all.begin() + static_cast<std::ptrdiff_t>(std::min(from, all.size())), all.end()};
}

Money EmbeddedExchange::equity_at(const std::string& id, Timestamp time) const {
    const auto& holder = account_of(id);
    Money cash = holder.cash;
    std::map<Symbol, Quantity> quantities;
    for (const auto& [symbol, position] : holder.positions) {
        quantities[symbol] = position.quantity;
    }
    // Backwards from now: what was executed after `time` is taken back.
    for (auto fill = holder.fills.rbegin(); fill != holder.fills.rend(); ++fill) {
        if (fill->time <= time) break;
        cash = cash + fill->price * signed_quantity(fill->side, fill->quantity) + fill->fee;
        quantities[fill->symbol] -= holder.moved_by(*fill);
    }
    for (const auto& [symbol, quantity] : quantities) {
        if (!quantity.is_zero()) cash += market_->price_at(symbol, time) * quantity;
    }
    return cash;
}

std::vector<Bar> EmbeddedExchange::daily_bars(const Symbol& symbol, Timestamp from,
                                              Timestamp to) const {
    std::vector<Bar> result;
    const auto calendar = market_->calendar(symbol);
    Timestamp generated_from = from;
    const auto recorded = market_->history(symbol);
    if (recorded && recorded->daily) {
        for (const auto& bar : recorded->bars) {
            generated_from = std::max(generated_from, bar.end);
            if (bar.start >= from && bar.start < to && bar.end <= time_) result.push_back(bar);
        }
    }
    auto date = market::exchange_date(calendar, generated_from);
    const auto last = market::exchange_date(calendar, std::min(to, time_));
    for (; date <= last; date = date + 1) {
        const auto bar = market_->daily_bar(symbol, date);
        if (!bar || bar->start < generated_from || bar->start >= to || bar->end > time_) continue;
        result.push_back(*bar);
    }
    return result;
}

std::vector<Bar> EmbeddedExchange::minute_bars(const Symbol& symbol, Timestamp from,
                                               Timestamp to) const {
    std::vector<Bar> result;
    const auto calendar = market_->calendar(symbol);
    const auto end = std::min(to, time_);
    Timestamp start{(from.ns + kMinute - 1) / kMinute * kMinute};
    while (start < end) {
        if (!market::session_at(calendar, start)) {
            const auto date = market::exchange_date(calendar, start);
            const auto today = market::session_on(calendar, date);
            start = today && start < today->open ? today->open
                                                 : market::next_session(calendar, date).open;
            continue;
        }
        const auto bar = market_->minute_bar(symbol, start);
        if (bar && bar->end <= time_) result.push_back(*bar);
        start = start + kMinute;
    }
    return result;
}

}  // namespace tradewind::broker

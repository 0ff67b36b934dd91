// What the embedded exchange answers without changing: the admission of an order, accounts,
// positions, orders, bars.
#include <algorithm>

#include "broker/exchange/embedded_exchange.hpp"
#include "market/instruments.hpp"
#include "messages/error.hpp"
#include "orders/bracket.hpp"
#include "orders/order_validation.hpp"

namespace tradewind::broker {
namespace {

// The part of an order that makes a position larger, given the position before it.
Quantity increase(Side side, Quantity quantity, Quantity position) {
    const Quantity closes = side == Side::buy ? -position : position;
    return closes.sign() > 0 ? std::max(Quantity(), quantity - closes) : quantity;
}

Price price_for(const Order& order, const Quote& quote) {
    if (!order.limit_price.is_zero()) return order.limit_price;
    return order.side == Side::buy ? quote.ask : quote.bid;
}

}  // namespace

const ExchangeAccount& EmbeddedExchange::account_of(const std::string& account) const {
    const auto found = accounts_.find(account);
    if (found == accounts_.end()) {
        throw Error(ErrorKind::usage, "the exchange has no such account", account, "",
                    "open it first");
    }
    return found->second;
}

std::optional<ExchangeRefusal> EmbeddedExchange::refusal(const std::string& account,
                                                         const Order& order) const {
    const auto& holder = account_of(account);
    const auto& known = market_->symbols();
    if (!std::binary_search(known.begin(), known.end(), order.symbol)) {
        return ExchangeRefusal{422, 42210000,
                               "asset \"" + order.symbol.to_string() + "\" not found"};
    }
    // An id is never usable again, closed orders and bracket children included.
    bool unique = book_->find(account, order.order_id) == nullptr;
    for (const auto& child : orders::bracket_children(order)) {
        unique = unique && book_->find(account, child.order_id) == nullptr;
    }
    if (!unique) return ExchangeRefusal{422, 40010001, "client_order_id must be unique"};
    const auto quote = market_->quote_at(order.symbol, time_);
    const auto price = price_for(order, quote);
    if (const auto fault =
            orders::fault_of(order, instrument_at(order.symbol, price), quote.mid())) {
        return ExchangeRefusal{422, 42210000, *fault};
    }
    return funds_refusal(holder, order, quote);
}

std::optional<ExchangeRefusal> EmbeddedExchange::funds_refusal(const ExchangeAccount& holder,
                                                               const Order& order,
                                                               const Quote& quote) const {
    const bool coin = market_->calendar(order.symbol) == market::TradingCalendar::utc_days;
    const Quantity position = holder.quantity(order.symbol);
    Quantity held;   // of the same symbol and side, by orders that work already
    Money reserved;  // cash or buying power that working orders may still take
    for (const auto* entry : book_->open_orders()) {
        const Order& open = entry->order;
        if (entry->account != holder.id || !open.parent_order_id.empty()) continue;
        if (open.symbol == order.symbol && open.side == order.side) held += open.open_quantity();
        const auto grows = increase(open.side, open.open_quantity(), holder.quantity(open.symbol));
        const auto open_quote =
            open.limit_price.is_zero() ? market_->quote_at(open.symbol, time_) : Quote();
        reserved += price_for(open, open_quote) * grows;
    }
    if (coin && order.side == Side::sell && order.quantity > position - held) {
        const auto available = std::max(Quantity(), position - held);
        return ExchangeRefusal{403, 40310000,
                               "insufficient balance for " + order.symbol.to_string() +
                                   " (requested: " + order.quantity.to_string() +
                                   ", available: " + available.to_string() + ")"};
    }
    // Orders that work already may close the position before this one does.
    const auto grows = increase(order.side, held + order.quantity, position) -
                       increase(order.side, held, position);
    if (grows.is_zero()) return std::nullopt;
    const auto cost = price_for(order, quote) * grows;
    if (coin) {
        const auto fee =
            book_->terms().costs.fee(AssetClass::crypto, market::Liquidity::taker, cost);
        if (cost + fee <= holder.cash - reserved) return std::nullopt;
        return ExchangeRefusal{
            403, 40310000,
            "insufficient balance for USD (requested: " + (cost + fee).to_string() +
                ", available: " + (holder.cash - reserved).to_string() + ")"};
    }
    if (cost <= account(holder.id).buying_power - reserved) return std::nullopt;
    return ExchangeRefusal{403, 40310000, "insufficient buying power"};
}

BrokerAccount EmbeddedExchange::account(const std::string& id) const {
    const auto& holder = account_of(id);
    BrokerAccount result;
    result.account_id = id;
    result.cash = holder.cash;
    result.equity = holder.cash;
    Money gross;
    for (const auto& [symbol, position] : holder.positions) {
        const auto value = market_->price_at(symbol, time_) * position.quantity;
        result.equity += value;
        gross += value.abs();
    }
    const auto room = share_of(result.equity, settings_.leverage) - gross;
    result.buying_power = std::max(Money(), room);
    return result;
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

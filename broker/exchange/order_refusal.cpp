#include "broker/exchange/order_refusal.hpp"

#include <algorithm>

#include "market/instruments.hpp"
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

std::optional<ExchangeRefusal> funds_refusal(const Order& order, const Quote& quote,
                                             const OrderDesk& desk) {
    const bool coin = desk.needs_cash(order.symbol);
    const auto& holder = desk.holder;
    const Quantity position = holder.quantity(order.symbol);
    Quantity held;   // of the same symbol and side, by orders that work already
    Money reserved;  // cash or buying power that working orders may still take
    for (const auto* entry : desk.book.open_orders()) {
        const Order& open = entry->order;
        if (entry->account != holder.id || !open.parent_order_id.empty()) continue;
        if (open.symbol == order.symbol && open.side == order.side) held += open.open_quantity();
        const auto grows = increase(open.side, open.open_quantity(), holder.quantity(open.symbol));
        const auto open_quote = open.limit_price.is_zero() ? desk.quote(open.symbol) : Quote();
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
            desk.book.terms().costs.fee(AssetClass::crypto, market::Liquidity::taker, cost);
        if (cost + fee <= holder.cash - reserved) return std::nullopt;
        return ExchangeRefusal{
            403, 40310000,
            "insufficient balance for USD (requested: " + (cost + fee).to_string() +
                ", available: " + (holder.cash - reserved).to_string() + ")"};
    }
    if (cost <= valued_account(desk).buying_power - reserved) return std::nullopt;
    return ExchangeRefusal{403, 40310000, "insufficient buying power"};
}

}  // namespace

std::optional<ExchangeRefusal> refusal_of(const Order& order, const Instrument& instrument,
                                          const OrderDesk& desk) {
    // An id is never usable again, closed orders and bracket children included.
    const auto& account = desk.holder.id;
    bool unique = desk.book.find(account, order.order_id) == nullptr;
    for (const auto& child : orders::bracket_children(order)) {
        unique = unique && desk.book.find(account, child.order_id) == nullptr;
    }
    if (!unique) return ExchangeRefusal{422, 40010001, "client_order_id must be unique"};
    const auto quote = desk.quote(order.symbol);
    auto priced = instrument;
    priced.tick = market::tick_at(instrument, price_for(order, quote));
    if (const auto fault = orders::fault_of(order, priced, quote.mid())) {
        return ExchangeRefusal{422, 42210000, *fault};
    }
    return funds_refusal(order, quote, desk);
}

BrokerAccount valued_account(const OrderDesk& desk) {
    BrokerAccount result;
    result.account_id = desk.holder.id;
    result.cash = desk.holder.cash;
    result.equity = desk.holder.cash;
    Money gross;
    for (const auto& [symbol, position] : desk.holder.positions) {
        const auto value = desk.price(symbol) * position.quantity;
        result.equity += value;
        gross += value.abs();
    }
    const auto room = share_of(result.equity, desk.leverage) - gross;
    result.buying_power = std::max(Money(), room);
    return result;
}

}  // namespace tradewind::broker

#include "broker/exchange/exchange_broker.hpp"

#include <iterator>
#include <utility>

namespace tradewind::broker {

ExchangeBroker::ExchangeBroker(EmbeddedExchange& exchange, std::string account)
    : exchange_(exchange), account_(std::move(account)) {}

void ExchangeBroker::offer(const AccountOrderEvent& event) {
    if (event.account == account_) events_.push_back(event.event);
}

void ExchangeBroker::submit(const Order& order, Timestamp now) {
    // A second sending of a known id changes nothing, as the interface says.
    if (exchange_.find(account_, order.order_id)) return;
    const auto refusal = exchange_.submit(account_, order, now);
    if (!refusal) return;
    OrderEvent event;
    event.kind = OrderEventKind::rejected;
    event.order_id = order.order_id;
    event.symbol = order.symbol;
    event.time = exchange_.time();
    event.reason = refusal->message;
    events_.push_back(std::move(event));
}

void ExchangeBroker::cancel(std::string_view order_id, Timestamp now) {
    // An order that is closed or unknown has said, or will say by a read, what became of it.
    (void)exchange_.cancel(account_, order_id, now);
}

void ExchangeBroker::take_events(std::vector<OrderEvent>& out) {
    std::move(events_.begin(), events_.end(), std::back_inserter(out));
    events_.clear();
}

namespace {

template <class Value>
Read<Value> good(Value value, Timestamp as_of) {
    return {ReadState::ok, std::move(value), as_of, {}};
}

}  // namespace

Read<BrokerAccount> ExchangeBroker::account(Timestamp) {
    return good(exchange_.account(account_), exchange_.time());
}
Read<std::vector<Position>> ExchangeBroker::positions(Timestamp) {
    return good(exchange_.positions(account_), exchange_.time());
}
Read<std::vector<Order>> ExchangeBroker::open_orders(Timestamp) {
    return good(exchange_.open_orders(account_), exchange_.time());
}
Read<std::optional<Order>> ExchangeBroker::find(std::string_view order_id, Timestamp) {
    return good(exchange_.find(account_, order_id), exchange_.time());
}

}  // namespace tradewind::broker

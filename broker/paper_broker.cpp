#include "broker/paper_broker.hpp"

#include <utility>

#include "messages/error.hpp"

namespace tradewind::broker {

PaperBroker::PaperBroker(MatchingSettings settings, PaperTerms terms)
    : engine_(std::move(settings)),
      terms_(std::move(terms)),
      // The engine delivers each fill once.
      account_(terms_.cash, terms_.leverage_cap, orders::AccountBook::FillMemory::none) {}

SlotId PaperBroker::add(const Instrument& instrument) {
    const SlotId slot = engine_.add(instrument);
    ensure(account_.slot(instrument.symbol) == slot, "engine and account share their slots");
    return slot;
}

SlotId PaperBroker::slot(Symbol symbol) {
    const SlotId slot = engine_.slot(symbol);
    ensure(account_.slot(symbol) == slot, "engine and account share their slots");
    return slot;
}

void PaperBroker::mark_all() {
    for (SlotId slot = 0; slot < engine_.slot_count(); ++slot) {
        const Price price = engine_.last_price(slot);
        if (!price.is_zero()) account_.mark(slot, price);
    }
}

// What working entries may still cost: the account's free buying power less this.
Money PaperBroker::committed() const {
    Money total;
    for (const Order* order : blotter_.open_orders()) {
        if (order->role != Role::entry) continue;
        const Price price = order->limit_price.is_zero()
                                ? engine_.last_price(account_slot(order->symbol))
                                : order->limit_price;
        total += price * order->open_quantity();
    }
    return total;
}

SlotId PaperBroker::account_slot(Symbol symbol) const {
    const auto found = account_.find(symbol);
    ensure(found.has_value(), "every order's symbol has a slot");
    return *found;
}

void PaperBroker::submit(const Order& order, Timestamp now) {
    if (blotter_.find(order.order_id) != nullptr) return;
    const SlotId where = slot(order.symbol);
    Money needed;
    Money free;
    if (terms_.check_buying_power && order.role == Role::entry) {
        mark_all();
        const Price price =
            order.limit_price.is_zero() ? engine_.last_price(where) : order.limit_price;
        needed = price * order.quantity;
        free = account_.buying_power() - committed();
    }
    Order own = order;
    own.status = OrderStatus::pending_new;
    own.filled_quantity = Quantity{};
    own.filled_notional = Money{};
    blotter_.add(std::move(own));
    if (needed > free) {
        OrderEvent& event = events_.emplace_back();
        event.kind = OrderEventKind::rejected;
        event.order_id = order.order_id;
        event.symbol = order.symbol;
        event.time = now;
        event.reason = "insufficient buying power";
    } else {
        engine_.submit(order, now, events_);
    }
    book();
}

void PaperBroker::cancel(std::string_view order_id, Timestamp now) {
    engine_.cancel(order_id, now, events_);
    book();
}

// Brings the events since the last call into the broker's own books.
void PaperBroker::book() {
    for (; booked_ < events_.size(); ++booked_) {
        const OrderEvent& event = events_[booked_];
        const auto result = blotter_.apply(event);
        if (event.fill) {
            account_.apply(*event.fill,
                           result.order != nullptr ? result.order->reason : std::string_view{});
        }
        if (result.order != nullptr && is_closed(result.order->status)) ++closed_;
    }
    constexpr std::size_t kClosedToKeep = 256;
    if (terms_.forget_closed_orders && closed_ > kClosedToKeep) {
        blotter_.forget_closed([](const Order&) {});
        closed_ = 0;
    }
}

void PaperBroker::take_events(std::vector<OrderEvent>& out) {
    for (OrderEvent& event : events_) out.push_back(std::move(event));
    clear_events();
}

void PaperBroker::clear_events() {
    events_.clear();
    booked_ = 0;
}

void PaperBroker::on_quote(const Quote& quote) {
    engine_.on_quote(slot(quote.symbol), quote, events_);
    book();
}

void PaperBroker::on_session(const SessionEvent& event, Timestamp time) {
    engine_.on_session(event, time, events_);
    book();
}

void PaperBroker::end_of_data(Timestamp now) {
    engine_.end_of_data(now, events_);
    book();
}

void PaperBroker::end_of_data(SlotId slot, Timestamp now) {
    engine_.end_of_data(slot, now, events_);
    if (booked_ != events_.size()) book();
}

Money PaperBroker::accrue_financing(const market::ClassCosts& terms, Timestamp from, Timestamp to) {
    mark_all();
    return orders::accrue_financing(account_, terms, to - from);
}

Read<BrokerAccount> PaperBroker::account(Timestamp now) {
    mark_all();
    BrokerAccount account;
    account.account_id = terms_.account_id;
    account.cash = account_.cash();
    account.equity = account_.equity();
    account.buying_power = account_.buying_power();
    return {ReadState::ok, std::move(account), now, {}};
}

Read<std::vector<Position>> PaperBroker::positions(Timestamp now) {
    mark_all();
    std::vector<Position> positions;
    for (auto& [symbol, position] : account_.snapshot(now).positions) positions.push_back(position);
    return {ReadState::ok, std::move(positions), now, {}};
}

Read<std::vector<Order>> PaperBroker::open_orders(Timestamp now) {
    return {ReadState::ok, engine_.open_orders(), now, {}};
}

Read<std::optional<Order>> PaperBroker::find(std::string_view order_id, Timestamp now) {
    Read<std::optional<Order>> read{ReadState::ok, std::nullopt, now, {}};
    if (const Order* order = blotter_.find(order_id)) read.value = *order;
    return read;
}

}  // namespace tradewind::broker

// The remote half of the exchange's book: groups, replacement, routing, extended hours.
#include <algorithm>
#include <array>
#include <utility>

#include "broker/exchange/exchange_book.hpp"
#include "market/fill_rules.hpp"
#include "messages/error.hpp"

namespace tradewind::broker {
namespace {

constexpr std::array<std::pair<OrderClass, std::string_view>, 4> kClasses{{
    {OrderClass::simple, "simple"},
    {OrderClass::bracket, "bracket"},
    {OrderClass::oco, "oco"},
    {OrderClass::oto, "oto"},
}};

bool waits_for_auction(const Order& order) {
    return order.time_in_force == TimeInForce::opg || order.time_in_force == TimeInForce::cls;
}

bool immediate(const Order& order) {
    return order.time_in_force == TimeInForce::ioc || order.time_in_force == TimeInForce::fok;
}

}  // namespace

std::string_view to_text(OrderClass order_class) {
    for (const auto& [value, text] : kClasses) {
        if (value == order_class) return text;
    }
    return {};
}

std::optional<OrderClass> order_class_of(std::string_view text) {
    for (const auto& [value, name] : kClasses) {
        if (name == text) return value;
    }
    return std::nullopt;
}

const ExchangeOrder* ExchangeBook::find_id(const std::string& account, std::string_view id) const {
    const auto found = by_id_.find(key(account, id));
    return found == by_id_.end() ? nullptr : found->second;
}

bool ExchangeBook::has_extended_orders(const Symbol& symbol) const {
    const auto found = open_.find(symbol);
    return found != open_.end() &&
           std::any_of(found->second.begin(), found->second.end(),
                       [](const ExchangeOrder* entry) { return entry->remote.extended_hours; });
}

void ExchangeBook::tell(ExchangeOrder& entry, std::string_view event, Timestamp now,
                        const Fill* fill) {
    entry.remote.updated = now;
    if (entry.order.status == OrderStatus::filled) {
        entry.remote.filled = now;
    } else if (is_closed(entry.order.status)) {
        entry.remote.ended = now;
    }
    if (observer_) observer_(entry, {event, fill, now});
}

void ExchangeBook::size_by_notional(ExchangeOrder& entry, const Instrument&, const Quote& quote) {
    if (entry.remote.notional.is_zero()) return;
    auto price = entry.order.limit_price;
    if (price.is_zero()) price = entry.order.side == Side::buy ? quote.ask : quote.bid;
    if (price.sign() <= 0) return;
    const auto size = affordable(entry.remote.notional, price, Quantity::from_units(1));
    entry.order.quantity = std::max(size, Quantity::from_units(1));
}

void ExchangeBook::enter_group(std::vector<ExchangeOrder> entries, const Instrument& instrument,
                               const Quote* quote, Timestamp now,
                               std::vector<AccountOrderEvent>& out) {
    ensure(!entries.empty(), "a group has a head");
    for (std::size_t i = 0; i < entries.size(); ++i) {
        auto& entry = entries[i];
        entry.order.time = now;
        entry.order.status = i == 0 ? OrderStatus::pending_new : OrderStatus::held;
        entry.remote.updated = now;
        restore(std::move(entry));
    }
    auto& head = orders_[orders_.size() - entries.size()];
    head.remote.routed = quote != nullptr;
    if (quote != nullptr) size_by_notional(head, instrument, *quote);
    OrderEvent accepted;
    accepted.kind = OrderEventKind::accepted;
    accepted.time = now;
    emit(head, std::move(accepted), out);
    if (quote != nullptr && ended_by_fate(head, now, out)) return;
    if (waits_for_auction(head.order)) return;
    if (quote != nullptr) try_quote(head, *quote, instrument, Arrival::on_entry, now, out);
    if (immediate(head.order) && !is_closed(head.order.status)) {
        close(head, OrderEventKind::canceled,
              quote != nullptr ? "not marketable" : "the market is closed", now, out);
    }
}

bool ExchangeBook::replace(std::string_view order_id, ExchangeOrder successor,
                           const Instrument& instrument, const Quote* quote, Timestamp now,
                           std::vector<AccountOrderEvent>& out) {
    auto* old = record(successor.account, order_id);
    if (old == nullptr || is_closed(old->order.status)) return false;
    const bool held = old->order.status == OrderStatus::held;
    // A member of a group hands its place on.
    if (auto* head = parent_of(*old)) {
        std::replace(head->remote.legs.begin(), head->remote.legs.end(), old->order.order_id,
                     successor.order.order_id);
        successor.order.parent_order_id = head->order.order_id;
    }
    for (auto* leg : children(*old)) leg->order.parent_order_id = successor.order.order_id;
    successor.remote.legs = old->remote.legs;
    successor.remote.routed = old->remote.routed;
    successor.group_filled = old->group_filled;
    successor.order.time = now;
    successor.remote.updated = now;
    successor.order.status = held ? OrderStatus::held : OrderStatus::pending_new;
    old->remote.replaced_by = successor.remote.id;
    restore(std::move(successor));
    auto& entry = orders_.back();
    OrderEvent replaced;
    replaced.kind = held ? OrderEventKind::canceled : OrderEventKind::replaced;
    replaced.time = now;
    replaced.reason = "replaced";
    emit(*old, std::move(replaced), out);
    for (auto* leg : children(entry)) {
        if (!is_closed(leg->order.status)) leg->order.quantity = entry.order.quantity;
    }
    if (held) return true;
    OrderEvent accepted;
    accepted.kind = OrderEventKind::accepted;
    accepted.time = now;
    emit(entry, std::move(accepted), out);
    if (quote != nullptr && !waits_for_auction(entry.order)) {
        try_quote(entry, *quote, instrument, Arrival::on_entry, now, out);
    }
    return true;
}

void ExchangeBook::route(const Instrument& instrument, const Quote& quote, bool extended_only,
                         Timestamp now, std::vector<AccountOrderEvent>& out) {
    for (auto* entry : working(instrument.symbol)) {
        if (!entry->is_remote() || (extended_only && !entry->remote.extended_hours)) continue;
        if (!entry->remote.routed) {
            entry->remote.routed = true;
            size_by_notional(*entry, instrument, quote);
            tell(*entry, "new", now);
        }
        // Outside the session nothing else would match it.
        if (extended_only) try_quote(*entry, quote, instrument, Arrival::on_entry, now, out);
    }
}

Quantity ExchangeBook::allowed_by_fate(const ExchangeOrder& entry, Quantity open,
                                       const Instrument& instrument, Timestamp now) {
    const auto& fate = entry.fate;
    if (fate.is_usual()) return open;
    if (now < fate.held_until) return {};
    if (fate.first_part.is_zero()) return open;
    if (entry.executions > 0) return now < fate.rest_until ? Quantity() : open;
    const auto part = Quantity::from_units(decimal::divide_half_even(
        decimal::multiply(open.units(), fate.first_part.units()), Fraction::kOne));
    return std::min(open, std::max(floor_to_lot(part, instrument.lot), instrument.lot));
}

bool ExchangeBook::ended_by_fate(ExchangeOrder& entry, Timestamp now,
                                 std::vector<AccountOrderEvent>& out) {
    if (entry.fate.ends_at.ns == 0 || now < entry.fate.ends_at) return false;
    const bool partly = entry.order.filled_quantity.sign() > 0;
    // What is partly executed first has that execution before its end.
    if (!partly && !entry.fate.first_part.is_zero()) return false;
    const bool rejects = entry.fate.rejects && !partly;
    close(entry, rejects ? OrderEventKind::rejected : OrderEventKind::canceled,
          rejects ? "rejected by the exchange" : "canceled by the exchange", now, out);
    return true;
}

bool ExchangeBook::execute_now(const std::string& account, std::string_view order_id,
                               const Quote& quote, const Instrument& instrument, Timestamp now,
                               std::vector<AccountOrderEvent>& out) {
    auto* entry = record(account, order_id);
    if (entry == nullptr || !quote.valid()) return false;
    const auto status = entry->order.status;
    if (status != OrderStatus::new_order && status != OrderStatus::partially_filled) return false;
    const auto open = executable(*entry);
    if (open.sign() <= 0) return false;
    const auto& limit = entry->order.limit_price;
    const auto touch = entry->order.side == Side::buy ? quote.ask : quote.bid;
    const auto price = limit.is_zero() ? touch : limit;
    const auto liquidity = limit.is_zero() ? market::Liquidity::taker : market::Liquidity::maker;
    execute(*entry, open, {price, liquidity}, instrument, now, out);
    return true;
}

void ExchangeBook::close_extended(const Instrument& instrument, Timestamp now,
                                  std::vector<AccountOrderEvent>& out) {
    for (auto* entry : working(instrument.symbol)) {
        if (!entry->remote.extended_hours || !entry->remote.routed) continue;
        if (entry->order.time_in_force != TimeInForce::day) continue;
        close(*entry, OrderEventKind::expired, "the extended session has ended", now, out);
    }
}

void ExchangeBook::activate_children(ExchangeOrder& parent, Timestamp now,
                                     std::vector<AccountOrderEvent>& out) {
    for (auto* child : children(parent)) {
        if (child->order.status != OrderStatus::held) continue;
        child->remote.routed = true;
        OrderEvent activated;
        activated.kind = OrderEventKind::activated;
        activated.time = now;
        emit(*child, std::move(activated), out);
    }
}

void ExchangeBook::close_group(ExchangeOrder& head, std::string_view reason, Timestamp now,
                               std::vector<AccountOrderEvent>& out) {
    auto members = children(head);
    members.push_back(&head);
    for (auto* member : members) {
        if (is_closed(member->order.status)) continue;
        OrderEvent canceled;
        canceled.kind = OrderEventKind::canceled;
        canceled.time = now;
        canceled.reason = reason;
        emit(*member, std::move(canceled), out);
    }
}

void ExchangeBook::after_leg_close(ExchangeOrder& leg, ExchangeOrder& head, OrderEventKind kind,
                                   Timestamp now, std::vector<AccountOrderEvent>& out) {
    if (kind == OrderEventKind::expired) {
        if (leg.remote.order_class != OrderClass::oco) return;  // each leg has its own end
    }
    close_group(head, "another order of its group has ended", now, out);
}

void ExchangeBook::try_oco_stop(ExchangeOrder& leg, const Quote& quote,
                                const Instrument& instrument, Timestamp now,
                                std::vector<AccountOrderEvent>& out) {
    auto* head = parent_of(leg);
    if (head == nullptr || !head->remote.routed || is_closed(head->order.status)) return;
    const auto touch = leg.order.side == Side::buy ? quote.ask : quote.bid;
    const bool reached =
        leg.order.side == Side::buy ? touch >= leg.order.stop_price : touch <= leg.order.stop_price;
    if (!reached || executable(leg).sign() <= 0) return;
    leg.remote.routed = true;
    OrderEvent activated;
    activated.kind = OrderEventKind::activated;
    activated.time = now;
    emit(leg, std::move(activated), out);
    OrderEvent canceled;
    canceled.kind = OrderEventKind::canceled;
    canceled.time = now;
    canceled.reason = "the stop of its group was reached";
    emit(*head, std::move(canceled), out);
    try_quote(leg, quote, instrument, Arrival::resting, now, out);
}

}  // namespace tradewind::broker

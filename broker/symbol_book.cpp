#include "broker/symbol_book.hpp"

#include <algorithm>
#include <utility>

#include "broker/fill_draw.hpp"
#include "messages/error.hpp"
#include "orders/bracket.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::broker {
namespace {

using market::FillModel;
using market::FillPoint;

bool at_once(TimeInForce tif) {
    return tif == TimeInForce::ioc || tif == TimeInForce::fok;
}

market::RestingOrder resting_form(const Order& order, Price last) {
    market::RestingOrder resting;
    resting.side = order.side;
    resting.type = order.type;
    resting.limit = order.limit_price;
    if (order.type == OrderType::trailing_stop) {
        resting.trail = order.stop_price;
        resting.mark = last;
    } else {
        resting.stop = order.stop_price;
    }
    return resting;
}

}  // namespace

market::FillRules SymbolBook::rules(const Pass& pass) const {
    return {pass.settings.fill_model, pass.settings.costs.of(instrument_.asset_class).fill_buffer};
}

SymbolBook::Bracket* SymbolBook::bracket_of(const Working& working) {
    return const_cast<Bracket*>(std::as_const(*this).bracket_of(working));
}

const SymbolBook::Bracket* SymbolBook::bracket_of(const Working& working) const {
    if (working.bracket == 0) return nullptr;
    for (const Bracket& each : brackets_) {
        if (each.id == working.bracket) return &each;
    }
    return nullptr;
}

Quantity SymbolBook::available(const Working& working) const {
    const Quantity open = working.order.open_quantity();
    if (!working.child) return open;
    const Bracket* bracket = bracket_of(working);
    return std::min(open, bracket->filled - bracket->exited);
}

bool SymbolBook::idle(const Working& working) const {
    return is_closed(working.order.status) || working.order.status == OrderStatus::held ||
           available(working).sign() <= 0;
}

void SymbolBook::emit(Working& working, OrderEventKind kind, Timestamp time,
                      std::string_view reason, const Pass& pass, std::optional<Fill> execution) {
    if (pass.out.capacity() == 0) pass.out.reserve(8);  // most passes
    OrderEvent& event = pass.out.emplace_back();
    event.kind = kind;
    event.order_id = working.order.order_id;
    event.symbol = working.order.symbol;
    event.time = time;
    event.fill = std::move(execution);
    event.reason = reason;
    ensure(orders::apply(working.order, event).applied(),
           "the matching engine's events follow the order state machine");
}

void SymbolBook::add(Order&& order, Timestamp now, const Pass& pass) {
    std::vector<Order> children = orders::bracket_children(order);
    Working& parent = orders_.emplace_back();
    const Quantity size = order.quantity;
    parent.resting = resting_form(order, pass.last.price);
    parent.order = std::move(order);
    parent.order.status = OrderStatus::pending_new;
    parent.since = now;
    emit(parent, OrderEventKind::accepted, now, {}, pass);
    if (children.empty()) return;
    parent.bracket = next_bracket_++;
    const std::uint32_t id = parent.bracket;
    brackets_.push_back({id, size, {}, {}, false});
    if (children.size() > 1 && children[0].type == OrderType::stop &&
        children[1].type == OrderType::limit &&
        market::target_before_stop(pass.settings.fill_model)) {
        std::swap(children[0], children[1]);
    }
    for (Order& each : children) {
        Working& child = orders_.emplace_back();
        child.order = std::move(each);
        child.since = now;
        child.bracket = id;
        child.child = true;
        child.resting = resting_form(child.order, {});
    }
}

void SymbolBook::submit(Order&& order, Timestamp now, const Pass& pass) {
    const std::size_t index = orders_.size();
    const auto tif = order.time_in_force;
    add(std::move(order), now, pass);
    if (pass.settings.quotes) {
        if (tif == TimeInForce::opg || tif == TimeInForce::cls) return;
        meet_quote(index, true, now, pass);
    } else {
        meet_arrival(index, now, pass);
    }
}

// An order decided at the end of the bar just closed may fill at that close.
void SymbolBook::meet_arrival(std::size_t index, Timestamp now, const Pass& pass) {
    if (pass.last.price.is_zero() || pass.last.time != now) return;
    const Order& order = orders_[index].order;
    const bool closing = order.time_in_force == TimeInForce::cls && closes_each_bar();
    const bool this_close = pass.settings.fill_model == FillModel::this_close &&
                            order.time_in_force != TimeInForce::cls &&
                            order.time_in_force != TimeInForce::opg &&
                            (order.type == OrderType::market || at_once(order.time_in_force));
    if (closing || this_close) {
        meet_auction(index, pass.last.price, FillPoint::at_close, now, pass);
    }
}

// One price for all. What does not fill and cannot wait is over; an exit at the close waits for the
// next close rather than leave a position without its exit.
void SymbolBook::meet_auction(std::size_t index, Price price, FillPoint point, Timestamp time,
                              const Pass& pass) {
    Working& working = orders_[index];
    const auto tif = working.order.time_in_force;
    const auto outcome = market::fill_in_auction(working.resting, price, point);
    if (outcome.filled) {
        const bool whole =
            tif != TimeInForce::ioc && tif != TimeInForce::day && tif != TimeInForce::gtc;
        fill(index, {price, true, time, whole, false}, pass);
    }
    const Order& order = working.order;
    if (is_closed(order.status)) return;
    if (at_once(tif)) {
        close(index, OrderEventKind::canceled, time,
              outcome.filled ? "rest_not_marketable" : "not_marketable", pass);
    } else if (!outcome.filled && (tif == TimeInForce::opg ||
                                   (tif == TimeInForce::cls && order.role == Role::entry))) {
        close(index, tif == TimeInForce::opg ? OrderEventKind::canceled : OrderEventKind::expired,
              time, "no_auction_fill", pass);
    }
}

void SymbolBook::match_open(Timestamp time, Price open, const Pass& pass) {
    opened_ = time;
    any_open_ = true;
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        if (!idle(orders_[i]) && orders_[i].since <= time) meet_open(i, time, open, pass);
    }
}

void SymbolBook::meet_open(std::size_t index, Timestamp time, Price open, const Pass& pass) {
    Working& working = orders_[index];
    const auto tif = working.order.time_in_force;
    if (tif == TimeInForce::cls) return;
    if (tif == TimeInForce::opg && pass.session.known) {
        // Only the session's first bar holds the opening auction.
        if (working.since > pass.session.opened) return;
        if (time != pass.session.opened) {
            close(index, OrderEventKind::canceled, time, "no_auction_fill", pass);
            return;
        }
    }
    if (tif == TimeInForce::opg || at_once(tif)) {
        meet_auction(index, open, FillPoint::at_open, time, pass);
        return;
    }
    if (working.resting.type == OrderType::market &&
        pass.settings.fill_model == FillModel::this_close) {
        return;
    }
    // The open alone is a bar of one price: the rules of the whole bar that hold at its open.
    Bar first;
    first.start = first.end = time;
    first.open = first.high = first.low = first.close = open;
    const auto outcome = market::fill_on_bar(working.resting, first, rules(pass));
    take(index, outcome, {outcome.price, outcome.taker, time, false, false}, pass);
    Working& met = orders_[index];
    if (outcome.filled && !is_closed(met.order.status)) {
        met.met_open = time;
        met.has_met_open = true;
    }
}

void SymbolBook::match_bar(const Bar& bar, const Pass& pass) {
    if (!any_open_ || opened_ != bar.start) match_open(bar.start, bar.open, pass);
    if (brackets_.size() > 1) choose_alternatives(bar, pass);
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        if (!idle(orders_[i])) meet_bar(i, bar, pass);
    }
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        Working& working = orders_[i];
        working.inside = working.yields = false;
        if (idle(working) || !closes_each_bar()) continue;
        if (working.order.time_in_force == TimeInForce::cls && working.since <= bar.end) {
            meet_auction(i, bar.close, FillPoint::at_close, bar.end, pass);
        }
    }
}

void SymbolBook::meet_bar(std::size_t index, const Bar& bar, const Pass& pass) {
    Working& working = orders_[index];
    const auto tif = working.order.time_in_force;
    if (tif == TimeInForce::cls || tif == TimeInForce::opg || at_once(tif)) return;
    const bool market_at_close = working.resting.type == OrderType::market &&
                                 pass.settings.fill_model == FillModel::this_close;
    if (market_at_close) {
        if (working.since <= bar.end) {
            fill(index, {bar.close, true, bar.end, false, true}, pass);
        }
        return;
    }
    if (working.yields || (working.has_met_open && working.met_open == bar.start)) return;
    if (working.inside) {
        const auto outcome = market::fill_after_activation(working.resting, bar, rules(pass));
        take(index, outcome, {outcome.price, outcome.taker, bar.end, false, true}, pass);
    } else if (working.since <= bar.start) {
        const auto outcome = market::fill_on_bar(working.resting, bar, rules(pass));
        take(index, outcome, {outcome.price, outcome.taker, bar.end, false, true}, pass);
    }
}

// The entry of the same decision on the other side; the number of orders: none.
std::size_t SymbolBook::alternative_of(const Working& working) const {
    const Order& order = working.order;
    if (working.child || order.role != Role::entry || order.decision_id.empty()) {
        return orders_.size();
    }
    const auto found = std::find_if(orders_.begin(), orders_.end(), [&](const Working& other) {
        return !other.child && other.order.role == Role::entry && other.order.side != order.side &&
               !is_closed(other.order.status) && other.order.decision_id == order.decision_id;
    });
    return static_cast<std::size_t>(found - orders_.begin());
}

// A bar that trades through both limits of a pair fills one of them: it does not say which came
// first, so the one that the close leaves with the smaller profit counts (optimistic: the larger).
void SymbolBook::choose_alternatives(const Bar& bar, const Pass& pass) {
    const auto fills = [&](const Working& working) {
        return !idle(working) && !working.inside && working.since <= bar.start &&
               market::fill_on_bar(working.resting, bar, rules(pass)).filled;
    };
    const bool optimistic = market::target_before_stop(pass.settings.fill_model);
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        const std::size_t j = alternative_of(orders_[i]);
        if (j == orders_.size() || j < i || !fills(orders_[i]) || !fills(orders_[j])) continue;
        const auto profit = [&](const Working& working) {
            const auto above = bar.close.units() - working.resting.limit.units();
            return working.order.side == Side::buy ? above : -above;
        };
        const bool first_is_less = profit(orders_[i]) <= profit(orders_[j]);
        orders_[first_is_less == optimistic ? i : j].yields = true;
    }
}

void SymbolBook::cancel_alternative(const Working& working, Timestamp time, const Pass& pass) {
    const std::size_t other = alternative_of(working);
    if (other == orders_.size()) return;
    close(other, OrderEventKind::canceled, time, "one_cancels_other", pass);
}

void SymbolBook::match_quote(const Quote& quote, const Pass& pass) {
    if (!quote.valid()) return;
    quote_ = quote;
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        Working& working = orders_[i];
        if (idle(working) || working.order.time_in_force == TimeInForce::cls) continue;
        if (working.order.time_in_force == TimeInForce::opg && pass.session.known) {
            const bool auction = pass.session.open && working.since <= pass.session.opened;
            if (auction) meet_auction(i, quote.mid(), FillPoint::at_open, quote.time, pass);
            continue;
        }
        meet_quote(i, false, quote.time, pass);
    }
}

void SymbolBook::meet_quote(std::size_t index, bool arrival, Timestamp time, const Pass& pass) {
    Working& working = orders_[index];
    const auto tif = working.order.time_in_force;
    const bool closed = pass.session.known && !pass.session.open;
    if (quote_ && !closed) {
        const auto outcome = market::fill_on_quote(working.resting, quote_->bid, quote_->ask);
        const bool rests =
            !arrival && (working.order.type == OrderType::limit || working.resting.triggered);
        Hit hit{rests ? working.resting.limit : outcome.price, !rests, time,
                tif == TimeInForce::fok, false};
        take(index, outcome, hit, pass);
    }
    if (at_once(tif) && !is_closed(orders_[index].order.status)) {
        close(index, OrderEventKind::canceled, time, "not_marketable", pass);
    }
}

void SymbolBook::take(std::size_t index, const market::BarOutcome& outcome, Hit hit,
                      const Pass& pass) {
    Working& working = orders_[index];
    working.resting.triggered = outcome.triggered;
    working.resting.mark = outcome.mark;
    if (!outcome.filled) return;
    fill(index, hit, pass);
    Working& filled = orders_[index];
    // The rest of a stop that was reached is a market order.
    if (filled.order.type == OrderType::stop || filled.order.type == OrderType::trailing_stop) {
        filled.resting.type = OrderType::market;
    }
}

Quantity SymbolBook::part(const Working& working, Quantity whole, const Pass& pass) const {
    const int128 lots = whole.units() / instrument_.lot.units();
    if (pass.settings.partial_fill_probability <= 0 || lots < 2) return whole;
    const FillDraw draw(pass.settings.seed, working.order.order_id, working.fills);
    if (draw.uniform(0) >= pass.settings.partial_fill_probability) return whole;
    const auto taken = static_cast<int128>(draw.uniform(1) * static_cast<double>(lots - 1));
    const int128 filled = std::min<int128>(taken + 1, lots - 1);
    return Quantity::from_units(filled * instrument_.lot.units());
}

void SymbolBook::fill(std::size_t index, const Hit& hit, const Pass& pass) {
    Working& working = orders_[index];
    const Quantity whole = available(working);
    Fill execution;
    execution.quantity = hit.whole ? whole : part(working, whole, pass);
    ++working.fills;
    const std::string ordinal = std::to_string(working.fills);
    execution.fill_id.reserve(working.order.order_id.size() + 1 + ordinal.size());
    execution.fill_id += working.order.order_id;
    execution.fill_id += '.';
    execution.fill_id += ordinal;
    execution.order_id = working.order.order_id;
    execution.symbol = working.order.symbol;
    execution.time = hit.time;
    execution.side = working.order.side;
    execution.price = hit.price;
    execution.fee = pass.settings.costs.fee(
        instrument_.asset_class, hit.taker ? market::Liquidity::taker : market::Liquidity::maker,
        hit.price * execution.quantity);
    execution.strategy = working.order.strategy;
    const Quantity filled = execution.quantity;
    emit(working, OrderEventKind::filled, hit.time, {}, pass, std::move(execution));

    if (Bracket* bracket = bracket_of(working)) {
        if (working.child) {
            bracket->exited += filled;
            resize_children(*bracket);
        } else {
            bracket->filled += filled;
            activate_children(*bracket, hit, pass);
            cancel_alternative(working, hit.time, pass);
        }
    }
    if (is_closed(working.order.status)) after_close(index, hit.time, {}, pass);
}

void SymbolBook::activate_children(const Bracket& bracket, const Hit& hit, const Pass& pass) {
    for (Working& each : orders_) {
        if (each.bracket != bracket.id || !each.child) continue;
        if (each.order.status != OrderStatus::held) continue;
        emit(each, OrderEventKind::activated, hit.time, {}, pass);
        each.since = hit.time;
        each.inside = hit.inside;
    }
}

void SymbolBook::resize_children(const Bracket& bracket) {
    for (Working& each : orders_) {
        if (each.bracket != bracket.id || !each.child || is_closed(each.order.status)) continue;
        each.order.quantity = orders::child_quantity(each.order, bracket.size, bracket.exited);
    }
}

void SymbolBook::close_children(std::uint32_t bracket, OrderEventKind kind, Timestamp time,
                                std::string_view reason, const Pass& pass) {
    for (Working& each : orders_) {
        if (each.bracket != bracket || !each.child || is_closed(each.order.status)) continue;
        emit(each, kind, time, reason, pass);
    }
}

void SymbolBook::close(std::size_t index, OrderEventKind kind, Timestamp time,
                       std::string_view reason, const Pass& pass) {
    emit(orders_[index], kind, time, reason, pass);
    after_close(index, time, reason, pass);
}

// What the end of an order means for the rest of its bracket.
void SymbolBook::after_close(std::size_t index, Timestamp time, std::string_view reason,
                             const Pass& pass) {
    const Working& working = orders_[index];
    Bracket* bracket = bracket_of(working);
    if (bracket == nullptr) return;
    if (!working.child) {
        bracket->parent_closed = true;
        bracket->size = bracket->filled;
        if (bracket->filled.is_zero()) {
            const bool expired = working.order.status == OrderStatus::expired;
            close_children(bracket->id,
                           expired ? OrderEventKind::expired : OrderEventKind::canceled, time,
                           reason.empty() ? "parent_closed" : reason, pass);
            return;
        }
        resize_children(*bracket);
    }
    if (bracket->parent_closed && bracket->exited == bracket->filled) {
        close_children(bracket->id, OrderEventKind::canceled, time, "one_cancels_other", pass);
    }
}

bool SymbolBook::cancel(std::string_view order_id, Timestamp now, std::string_view reason,
                        const Pass& pass) {
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        const Order& order = orders_[i].order;
        if (order.order_id != order_id || is_closed(order.status)) continue;
        close(i, OrderEventKind::canceled, now, reason, pass);
        return true;
    }
    return false;
}

void SymbolBook::close_session(Timestamp time, const Pass& pass) {
    // The close of this session: a price of an older one is none.
    const bool priced = !pass.last.price.is_zero() && pass.last.time <= time &&
                        (!pass.session.known || pass.last.time > pass.session.opened);
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        const Working& working = orders_[i];
        if (idle(working) || working.order.time_in_force != TimeInForce::cls) continue;
        if (priced) {
            meet_auction(i, pass.last.price, FillPoint::at_close, time, pass);
        } else if (working.order.role == Role::entry) {
            close(i, OrderEventKind::expired, time, "no_auction", pass);
        }
    }
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        const Working& working = orders_[i];
        const Order& order = working.order;
        if (is_closed(order.status) || order.status == OrderStatus::held) continue;
        // An order decided on the bar that ended here belongs to the next session.
        if (order.time_in_force == TimeInForce::day && working.since < time) {
            close(i, OrderEventKind::expired, time, "day_end", pass);
        }
    }
}

void SymbolBook::end_of_data(Timestamp now, const Pass& pass) {
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        if (is_closed(orders_[i].order.status)) continue;
        close(i, OrderEventKind::expired, now, "end_of_data", pass);
    }
}

std::size_t SymbolBook::compact(std::vector<std::string>& closed) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < orders_.size(); ++i) {
        if (is_closed(orders_[i].order.status)) {
            closed.push_back(std::move(orders_[i].order.order_id));
            continue;
        }
        if (kept != i) orders_[kept] = std::move(orders_[i]);
        ++kept;
    }
    orders_.resize(kept);
    std::erase_if(brackets_, [&](const Bracket& bracket) {
        return std::none_of(orders_.begin(), orders_.end(),
                            [&](const Working& working) { return working.bracket == bracket.id; });
    });
    return kept;
}

void SymbolBook::append_orders(std::vector<Order>& out) const {
    for (const Working& each : orders_) out.push_back(each.order);
}

}  // namespace tradewind::broker

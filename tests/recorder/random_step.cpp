#include "tests/recorder/random_step.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <tuple>

namespace tradewind::test {

std::int64_t RandomStep::whole() {
    switch (below(6)) {
        case 0:
            return 0;
        case 1:
            return INT64_MAX;
        case 2:
            return INT64_MIN;
        case 3:
            return static_cast<std::int64_t>(below(2000)) - 1000;
        default:
            return static_cast<std::int64_t>(bits_());
    }
}

double RandomStep::real() {
    switch (below(7)) {
        case 0:
            return 0;
        case 1:
            return -0.0;
        case 2:
            return std::numeric_limits<double>::denorm_min();
        case 3:
            return std::numeric_limits<double>::max();
        case 4:
            return 0.1 * static_cast<double>(below(1000));
        default: {
            const auto value = std::bit_cast<double>(bits_());
            return std::isnan(value) ? 1.5 : value;
        }
    }
}

std::string RandomStep::text() {
    std::string text;
    const bool any_bytes = below(3) == 0;
    for (auto left = below(12); left > 0; --left) {
        text += any_bytes ? static_cast<char>(below(256)) : static_cast<char>(' ' + below(95));
    }
    return below(4) == 0 ? text + "\u20ac\"\\\n" : text;
}

Symbol RandomStep::symbol() {
    if (below(5) == 0) return {};
    std::string text;
    for (auto left = 1 + below(Symbol::kMaxLength); left > 0; --left) {
        text += static_cast<char>('!' + below(94));
    }
    return Symbol(text);
}

Bar RandomStep::bar() {
    Bar bar;
    bar.start = {whole()};
    bar.end = {whole()};
    bar.open = decimal<Price>();
    bar.high = decimal<Price>();
    bar.low = decimal<Price>();
    bar.close = decimal<Price>();
    bar.volume = real();
    bar.vwap = real();
    bar.trade_count = static_cast<std::uint32_t>(bits_());
    bar.suspect = flip();
    bar.late = flip();
    return bar;
}

actors::SlotBar RandomStep::slot_bar() {
    return {static_cast<actors::SlotId>(bits_()), flip(), flip(), bar()};
}

OrderEvent RandomStep::order_event() {
    OrderEvent event;
    event.kind = static_cast<OrderEventKind>(below(8));
    event.order_id = text();
    event.symbol = symbol();
    event.time = {whole()};
    event.reason = text();
    if (flip()) {
        Fill fill;
        fill.fill_id = text();
        fill.order_id = text();
        fill.symbol = symbol();
        fill.time = {whole()};
        fill.side = flip() ? Side::buy : Side::sell;
        fill.quantity = decimal<Quantity>();
        fill.price = decimal<Price>();
        fill.fee = decimal<Money>();
        fill.strategy = text();
        event.fill = fill;
    }
    return event;
}

Order RandomStep::order() {
    Order order;
    order.order_id = text();
    order.decision_id = text();
    order.strategy = text();
    order.symbol = symbol();
    order.time = {whole()};
    order.side = flip() ? Side::buy : Side::sell;
    order.role = flip() ? Role::entry : Role::exit;
    order.type = static_cast<OrderType>(below(5));
    order.time_in_force = static_cast<TimeInForce>(below(6));
    order.quantity = decimal<Quantity>();
    order.limit_price = decimal<Price>();
    order.stop_price = decimal<Price>();
    order.exit_plan = {decimal<Price>(), static_cast<TimeInForce>(below(6)), flip(),
                       decimal<Price>()};
    order.parent_order_id = text();
    order.reason = text();
    order.status = static_cast<OrderStatus>(below(11));
    order.filled_quantity = decimal<Quantity>();
    order.filled_notional = decimal<Money>();
    order.closed_time = {whole()};
    return order;
}

actors::StepInputs RandomStep::inputs() {
    actors::StepInputs inputs;
    inputs.step.number = bits_();
    inputs.step.time = {whole()};
    inputs.closes = some([this] { return slot_bar(); });
    inputs.daily = some([this] { return slot_bar(); });
    inputs.quotes = some([this] {
        return actors::SlotQuote{static_cast<actors::SlotId>(below(9)),
                                 {symbol(),
                                  {whole()},
                                  decimal<Price>(),
                                  decimal<Price>(),
                                  decimal<Quantity>(),
                                  decimal<Quantity>(),
                                  flip()}};
    });
    inputs.sessions = some([this] {
        return SessionEvent{flip() ? SessionPhase::opened : SessionPhase::closed,
                            {static_cast<std::int32_t>(bits_())},
                            flip()};
    });
    inputs.passes = some([this] { return PassEnded{bits_()}; });
    inputs.broker_events = some([this] { return order_event(); });
    inputs.broker_states = some([this] { return BrokerState{flip(), text()}; });
    inputs.adjustments = some([this] {
        return ledger::Adjustment{static_cast<ledger::AdjustmentKind>(below(5)),
                                  symbol(),
                                  text(),
                                  decimal<Quantity>(),
                                  decimal<Price>(),
                                  decimal<Money>(),
                                  text()};
    });
    inputs.adopted_orders = some([this] { return order(); });
    inputs.halts = some([this] {
        return HaltTrading{static_cast<KillCause>(below(5)), flip(), text()};
    });
    inputs.resumes = some([this] { return ResumeTrading{text()}; });
    inputs.due = some([this] {
        return PassDue{static_cast<PassKind>(below(kPassKinds)),
                       {static_cast<std::int32_t>(bits_())},
                       {whole()},
                       {whole()},
                       flip()};
    });
    inputs.opens = some([this] {
        return actors::SlotOpen{static_cast<actors::SlotId>(below(9)), {whole()}, decimal<Price>()};
    });
    inputs.stopping = flip();
    inputs.equity_row = flip();
    return inputs;
}

namespace {

bool same(const Bar& a, const Bar& b) {
    return a == b && std::signbit(a.volume) == std::signbit(b.volume) &&
           std::signbit(a.vwap) == std::signbit(b.vwap);
}
bool same(const actors::SlotBar& a, const actors::SlotBar& b) {
    const auto& [slot, tradable, last, bar] = a;
    const auto& [slot_b, tradable_b, last_b, bar_b] = b;
    return std::tie(slot, tradable, last) == std::tie(slot_b, tradable_b, last_b) &&
           same(bar, bar_b);
}
bool same(const actors::SlotQuote& a, const actors::SlotQuote& b) {
    const auto& [slot, quote] = a;
    const auto& [slot_b, quote_b] = b;
    return slot == slot_b && quote == quote_b;
}
bool same(const actors::SlotOpen& a, const actors::SlotOpen& b) {
    const auto& [slot, time, open] = a;
    const auto& [slot_b, time_b, open_b] = b;
    return std::tie(slot, time, open) == std::tie(slot_b, time_b, open_b);
}
bool same(const SessionEvent& a, const SessionEvent& b) {
    const auto& [phase, date, crypto] = a;
    const auto& [phase_b, date_b, crypto_b] = b;
    return std::tie(phase, date, crypto) == std::tie(phase_b, date_b, crypto_b);
}
bool same(const PassEnded& a, const PassEnded& b) {
    const auto& [begun] = a;
    const auto& [begun_b] = b;
    return begun == begun_b;
}
bool same(const OrderEvent& a, const OrderEvent& b) {
    const auto& [kind, id, symbol, time, fill, reason] = a;
    const auto& [kind_b, id_b, symbol_b, time_b, fill_b, reason_b] = b;
    return std::tie(kind, id, symbol, time, fill, reason) ==
           std::tie(kind_b, id_b, symbol_b, time_b, fill_b, reason_b);
}
auto members(const Order& order) {
    const auto& [id, decision, strategy, symbol, time, side, role, type, in_force, quantity, limit,
                 stop, plan, parent, reason, status, filled, notional, closed] = order;
    return std::tie(id, decision, strategy, symbol, time, side, role, type, in_force, quantity,
                    limit, stop, plan, parent, reason, status, filled, notional, closed);
}
bool same(const Order& a, const Order& b) {
    return members(a) == members(b);
}
bool same(const BrokerState& a, const BrokerState& b) {
    const auto& [reachable, reason] = a;
    const auto& [reachable_b, reason_b] = b;
    return std::tie(reachable, reason) == std::tie(reachable_b, reason_b);
}
bool same(const HaltTrading& a, const HaltTrading& b) {
    const auto& [cause, flatten, reason] = a;
    const auto& [cause_b, flatten_b, reason_b] = b;
    return std::tie(cause, flatten, reason) == std::tie(cause_b, flatten_b, reason_b);
}
bool same(const PassDue& a, const PassDue& b) {
    return a == b;
}
bool same(const ResumeTrading& a, const ResumeTrading& b) {
    const auto& [reason] = a;
    const auto& [reason_b] = b;
    return reason == reason_b;
}
template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!same(a[i], b[i])) return false;
    }
    return true;
}

}  // namespace

bool equal(const actors::StepInputs& a, const actors::StepInputs& b) {
    const auto& [step, closes, quotes, sessions, passes, events, states, adjustments, adopted,
                 halts, resumes, due, daily, opens, stopping, equity_row] = a;
    return step.number == b.step.number && step.time == b.step.time && same(closes, b.closes) &&
           same(quotes, b.quotes) && same(sessions, b.sessions) && same(passes, b.passes) &&
           same(events, b.broker_events) && same(states, b.broker_states) &&
           adjustments == b.adjustments && same(adopted, b.adopted_orders) &&
           same(halts, b.halts) && same(resumes, b.resumes) && same(due, b.due) &&
           same(daily, b.daily) && same(opens, b.opens) && equity_row == b.equity_row;
}

}  // namespace tradewind::test

#include "actors/gateway/gateway_stage.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "market/calendar.hpp"
#include "messages/adoption.hpp"
#include "messages/error.hpp"

namespace tradewind::actors {

GatewayStage::GatewayStage(GatewaySettings settings, std::vector<strategy::SymbolInfo> symbols,
                           FillMemory fill_memory)
    : settings_(std::move(settings)),
      symbols_(std::move(symbols)),
      book_(settings_.initial_cash, settings_.leverage_cap, fill_memory),
      gateway_(settings_.limits),
      quotes_(symbols_.size()) {
    for (const auto& info : symbols_) {
        ensure(book_.slot(info.instrument.symbol) == info.slot, "book slots are the run's slots");
        const auto& symbol = info.instrument.symbol;
        const auto named = [&](const std::vector<Symbol>& list) {
            return std::find(list.begin(), list.end(), symbol) != list.end();
        };
        const bool outside = !settings_.universe.empty() && !named(settings_.universe);
        if (outside || named(settings_.no_buys)) gateway_.forbid(symbol, Side::buy);
        if (outside || named(settings_.no_sales)) gateway_.forbid(symbol, Side::sell);
    }
}

BookReply GatewayStage::book(BookRequest&& request) {
    BookReply reply;
    for (const auto& applied : request.events) {
        gateway_.on_event(applied.event);
        if (applied.event.fill) book_.apply(*applied.event.fill, applied.order_reason);
    }
    if (request.inputs) {
        const auto& inputs = *request.inputs;
        for (const auto& close : inputs.closes) book_.mark(close.slot, close.bar.close);
        for (const auto& quote : inputs.quotes) {
            quotes_[quote.slot] = quote.quote;
            if (quote.quote.valid()) book_.mark(quote.slot, quote.quote.mid());
        }
        for (const auto& session : inputs.sessions) {
            if (!session.crypto) nyse_open_ = session.phase == SessionPhase::opened;
            if (session.phase == SessionPhase::closed) accrue(inputs.step.time, reply);
        }
        for (const auto& halt : inputs.halts) gateway_.kill(halt.flatten);
        if (!inputs.resumes.empty()) gateway_.resume();
        for (const auto& each : inputs.adjustments) adopt(each, inputs.step.time, reply);
        for (const auto& order : inputs.adopted_orders) {
            gateway_.adopt(order, book_.last_price(book_.slot(order.symbol)));
        }
        for (const auto& state : inputs.broker_states) {
            if (state.reachable) {
                gateway_.unblock_entries();
            } else {
                gateway_.block_entries(state.reason);
            }
        }
        const bool opening = std::any_of(
            inputs.sessions.begin(), inputs.sessions.end(),
            [](const SessionEvent& event) { return event.phase == SessionPhase::opened; });
        if ((opening || !inputs.passes.empty() || !inputs.due.empty()) && settings_.snapshots) {
            reply.account = book_.snapshot(inputs.step.time);
            reply.headroom = headroom(inputs.step.time);
            reply.holdings = holdings();
        }
    }
    if (request.inputs) check_losses(*request.inputs, reply);
    if (!request.events.empty()) reply.round_trips = book_.take_round_trips();
    reply.equity = book_.equity();
    if (request.works) {
        const auto reserved = gateway_.reserved();
        const auto power = book_.buying_power();
        reply.money.spendable = power > reserved ? power - reserved : Money{};
        reply.money.entries_allowed = !gateway_.killed() && gateway_.blocked().empty();
    }
    reply.events = std::move(request.events);
    return reply;
}

Holdings GatewayStage::holdings() const {
    Holdings holdings;
    for (SlotId slot = 0; slot < book_.slot_count(); ++slot) {
        for (const auto& own : book_.strategy_positions(slot)) {
            if (own.quantity.is_zero()) continue;
            holdings[book_.symbol(slot)].push_back({own.strategy, own.quantity, own.opened});
        }
    }
    return holdings;
}

// The broker's cash or position, taken over. A position without an owner is what all strategies
// together must hold: those that hold too much give up of theirs, the largest first, each at its
// own average; what no owner can give up goes to the largest, or nobody's, at the broker's average.
void GatewayStage::adopt(const ledger::Adjustment& adjustment, Timestamp now, BookReply& reply) {
    const auto take = [&](const ledger::Adjustment& one) {
        if (!one.symbol.empty()) {
            book_.adopt_position(one.symbol, one.strategy, one.quantity, one.price, now);
        }
        if (!one.cash.is_zero()) book_.adjust_cash(one.cash);
        reply.adjustments.push_back(one);
    };
    if (adjustment.symbol.empty()) return take(adjustment);
    const auto slot = book_.slot(adjustment.symbol);
    if (slot >= symbols_.size()) return;  // not traded here: the status shows the broker's word
    if (!adjustment.strategy.empty()) return take(adjustment);
    auto owners = book_.strategy_positions(slot);
    std::stable_sort(owners.begin(), owners.end(), [](const auto& a, const auto& b) {
        return a.quantity.abs() > b.quantity.abs();
    });
    auto change = adjustment.quantity - book_.quantity(slot);
    auto rest = adjustment;  // its cash moves once
    rest.strategy = owners.empty() || owners.front().quantity.is_zero() ? std::string(kAdopted)
                                                                        : owners.front().strategy;
    for (const auto& own : owners) {
        if (change.sign() * own.quantity.sign() >= 0) continue;
        auto part = adjustment;
        part.cash = Money{};
        part.strategy = own.strategy;
        part.price = average_price(own.cost, own.quantity);
        const bool all = change.abs() >= own.quantity.abs();
        part.quantity = all ? Quantity{} : own.quantity + change;
        change = all ? change + own.quantity : Quantity{};
        take(part);
    }
    if (change.is_zero()) {
        if (rest.cash.is_zero()) return;
        rest.symbol = Symbol();
        rest.strategy.clear();
        rest.quantity = Quantity{};
        rest.price = Price{};
        return take(rest);
    }
    rest.quantity = book_.quantity(slot, rest.strategy) + change;
    take(rest);
}

// What losses are measured from, kept when the day begins, when the operator resumes, and when the
// peak has grown by a thousandth: a restart must not forget a drawdown.
void GatewayStage::keep_marks(const StepInputs& inputs, BookReply& reply) {
    constexpr Fraction kWorthKeeping = Fraction::from_units(1'000'000);
    const auto equity = book_.equity();
    const auto day = market::new_york_date(inputs.step.time);
    const bool renewed = day != loss_day_ || !inputs.resumes.empty();
    if (renewed) {
        if (!inputs.resumes.empty()) peak_equity_ = equity;
        loss_day_ = day;
        day_equity_ = equity;
    }
    peak_equity_ = std::max(peak_equity_, equity);
    const auto peak = std::max(book_.peak_equity(), equity);
    if (!renewed && peak <= kept_peak_ + share_of(kept_peak_, kWorthKeeping)) return;
    kept_peak_ = peak;
    ledger::PlanRecord marks;
    marks.plan_id = kLossMarksPlan;
    marks.kind = kLossMarksPlan;
    marks.content = format_date(loss_day_) + ' ' + day_equity_.to_string() + ' ' +
                    peak_equity_.to_string() + ' ' + peak.to_string();
    reply.plans.push_back(std::move(marks));
}

// Halts entries, until the operator resumes, when the account lost more than it may. A resume
// accepts the loss: it is measured anew from there.
void GatewayStage::check_losses(const StepInputs& inputs, BookReply& reply) {
    const bool limited = !settings_.daily_loss.is_zero() || !settings_.drawdown.is_zero();
    if (limited || settings_.value_positions) keep_marks(inputs, reply);
    if (!limited) return;
    const auto equity = book_.equity();
    if (gateway_.killed()) return;
    const auto lost = [&](Money from, Fraction limit) {
        return !limit.is_zero() && equity < from - share_of(from, limit);
    };
    HaltTrading halt;
    halt.cause = KillCause::loss_limit;
    if (lost(day_equity_, settings_.daily_loss)) {
        halt.reason = "equity fell from " + day_equity_.to_string() + " to " + equity.to_string() +
                      " in a day (risk.daily_loss)";
    } else if (lost(peak_equity_, settings_.drawdown)) {
        halt.reason = "equity fell from its peak " + peak_equity_.to_string() + " to " +
                      equity.to_string() + " (risk.drawdown)";
    } else {
        return;
    }
    gateway_.kill();
    reply.halt = std::move(halt);
}

void GatewayStage::restore_loss_marks(const std::string& content) {
    std::istringstream in(content);
    std::string day;
    std::string from;
    std::string peak;
    std::string account_peak;
    in >> day >> from >> peak;
    if (!(in >> account_peak)) account_peak = peak;  // as earlier versions wrote it
    const auto date = parse_date(day);
    const auto day_equity = Money::parse(from);
    const auto peak_equity = Money::parse(peak);
    const auto of_account = Money::parse(account_peak);
    if (!date || !day_equity || !peak_equity || !of_account) {
        throw Error(ErrorKind::corrupt, "unreadable plan", kLossMarksPlan,
                    "not a date and three amounts", "run `tradewind verify` on the state folder");
    }
    loss_day_ = *date;
    day_equity_ = *day_equity;
    peak_equity_ = *peak_equity;
    kept_peak_ = *of_account;
    book_.restore_peak(*of_account);
}

void GatewayStage::restore_fill(const Fill& fill, std::string_view order_reason) {
    const auto slot = book_.slot(fill.symbol);
    const auto before = book_.quantity(slot, fill.strategy).abs();
    book_.apply(fill, order_reason);
    gateway_.recall(fill, book_.quantity(slot, fill.strategy).abs() > before);
}

// What is free: limits minus what is held and what working entries have reserved.
Headroom GatewayStage::headroom(Timestamp now) const {
    Headroom room;
    room.as_of = now;
    room.equity = book_.equity();
    const auto reserved = gateway_.reserved();
    room.gross_exposure = book_.gross_exposure() + reserved;
    const auto cap = settings_.limits.gross_exposure;
    if (cap && book_.equity().sign() > 0) {
        const auto limit = share_of(book_.equity(), *cap);
        if (limit > room.gross_exposure) room.gross_room = limit - room.gross_exposure;
    }
    if (book_.buying_power() > reserved) room.buying_power = book_.buying_power() - reserved;
    for (const auto& info : symbols_) {
        const auto entries = gateway_.reserved(info.instrument.symbol);
        const auto held = (book_.last_price(info.slot) * book_.quantity(info.slot)).abs() + entries;
        if (!held.is_zero()) room.symbol_exposure[info.instrument.symbol] = held;
        if (!entries.is_zero()) room.reserved[info.instrument.symbol] = entries;
    }
    room.entries_allowed = !gateway_.killed() && gateway_.blocked().empty();
    if (gateway_.killed()) room.reason = "trading is halted";
    if (!gateway_.blocked().empty()) room.reason = gateway_.blocked();
    return room;
}

// Interest and borrow fees for the time since the last session close.
void GatewayStage::accrue(Timestamp now, BookReply& reply) {
    if (!settings_.financing) return;
    const auto& terms = *settings_.financing;
    if (accrued_until_.ns != 0 && now > accrued_until_) {
        const auto charged = orders::accrue_financing(book_, terms, now - accrued_until_);
        if (!charged.is_zero()) {
            ledger::Adjustment adjustment;
            adjustment.kind = ledger::AdjustmentKind::financing;
            adjustment.cash = -charged;
            adjustment.reason = "financing";
            reply.adjustments.push_back(adjustment);
        }
    }
    accrued_until_ = now;
}

AssessReply GatewayStage::assess(AssessRequest request) {
    AssessReply reply;
    std::size_t accepted = 0;
    for (auto& order : request.orders) {
        const auto slot = book_.slot(order.symbol);
        const auto verdict =
            gateway_.assess(order, symbols_[slot].instrument, book_.view(slot, order.strategy),
                            market_of(slot, request.now), request.now);
        if (verdict.accepted()) {
            auto& place = request.orders[accepted++];
            if (&place != &order) place = std::move(order);
        } else {
            OrderEvent refusal;
            refusal.kind = OrderEventKind::refused;
            refusal.order_id = order.order_id;
            refusal.symbol = order.symbol;
            refusal.time = request.now;
            refusal.reason = verdict.reason;
            reply.refusals.push_back(std::move(refusal));
        }
    }
    request.orders.resize(accepted);
    reply.accepted = std::move(request.orders);
    return reply;
}

orders::MarketView GatewayStage::market_of(SlotId slot, Timestamp now) const {
    orders::MarketView market;
    market.last_price = book_.last_price(slot);
    if (quotes_[slot].valid()) {
        market.quote = quotes_[slot];
    } else if (settings_.modelled_quotes && market.last_price.sign() > 0) {
        market.quote = market::modelled_quote(symbols_[slot].instrument, *settings_.modelled_quotes,
                                              market.last_price, now);
    }
    market.session_open =
        symbols_[slot].instrument.asset_class != AssetClass::us_equity || nyse_open_;
    return market;
}

ValueReply GatewayStage::value(const StepInputs& inputs) {
    ValueReply reply;
    if (inputs.equity_row) {
        book_.observe(inputs.step.time);
        reply.equity = ledger::EquityRow{inputs.step.time, book_.cash(), book_.market_value(),
                                         book_.gross_exposure()};
    }
    for (const auto& session : inputs.sessions) {
        if (session.phase != SessionPhase::closed) continue;
        auto rows = positions_of(session.crypto, inputs.step.time);
        reply.positions.insert(reply.positions.end(), rows.begin(), rows.end());
    }
    if (settings_.value_positions && inputs.equity_row) {
        reply.valued = positions_of(std::nullopt, inputs.step.time);
    }
    return reply;
}

std::vector<ledger::PositionRow> GatewayStage::positions_of(std::optional<bool> utc_days,
                                                            Timestamp now) const {
    std::vector<ledger::PositionRow> rows;
    for (const auto& info : symbols_) {
        const auto quantity = book_.quantity(info.slot);
        if (quantity.is_zero() || (utc_days && info.utc_days != *utc_days)) continue;
        ledger::PositionRow row;
        row.time = now;
        row.symbol = info.instrument.symbol;
        row.quantity = quantity;
        row.average_entry_price = average_price(book_.cost(info.slot), quantity);
        row.price = book_.last_price(info.slot);
        row.market_value = row.price * quantity;
        row.unrealized_pnl = row.market_value - book_.cost(info.slot);
        rows.push_back(row);
    }
    return rows;
}

}  // namespace tradewind::actors

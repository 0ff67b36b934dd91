#include "actors/execution/execution_stage.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "messages/adoption.hpp"
#include "messages/error.hpp"
#include "orders/bracket.hpp"

namespace tradewind::actors {
namespace {

Order order_of(Intent&& intent) {
    Order order;
    order.order_id.reserve(intent.decision_id.size() + 1 + intent.leg.size());
    order.order_id += intent.decision_id;
    order.order_id += '.';
    order.order_id += intent.leg;
    order.decision_id = std::move(intent.decision_id);
    order.strategy = std::move(intent.strategy);
    order.symbol = intent.symbol;
    order.time = intent.time;
    order.side = intent.side;
    order.role = intent.role;
    order.type = intent.type;
    order.time_in_force = intent.time_in_force;
    order.quantity = intent.quantity;
    order.limit_price = intent.limit_price;
    order.stop_price = intent.stop_price;
    order.exit_plan = intent.exit_plan;
    order.reason = std::move(intent.reason);
    return order;
}

std::vector<Instrument> instruments_of(const std::vector<strategy::SymbolInfo>& symbols) {
    std::vector<Instrument> instruments;
    for (const auto& info : symbols) instruments.push_back(info.instrument);
    return instruments;
}

}  // namespace

void note_works(const std::vector<ledger::PlanRecord>& plans, WorkKeys& at_work) {
    for (const auto& plan : plans) {
        if (plan.kind != kOrderWorkPlan) continue;
        // `order_work.SYMBOL.side.role`
        const auto role_at = plan.plan_id.rfind('.');
        const auto side_at = plan.plan_id.rfind('.', role_at - 1);
        const auto side = side_of(plan.plan_id.substr(side_at + 1, role_at - side_at - 1));
        ensure(side.has_value(), "a work is named by its symbol, side and role");
        const bool entry = plan.plan_id.substr(role_at + 1) == to_text(Role::entry);
        const WorkKey key{plan.symbol, *side, entry ? Role::entry : Role::exit};
        if (plan.closed || plan.status == "cancelling") {
            at_work.erase(key);
        } else {
            at_work.insert(key);
        }
    }
}

ExecutionStage::ExecutionStage(std::vector<strategy::SymbolInfo> symbols,
                               ClosedOrders closed_orders, orders::WorkTerms terms)
    : symbols_(std::move(symbols)),
      closed_orders_(closed_orders),
      holdings_(symbols_.size()),
      worker_(instruments_of(symbols_), std::move(terms)) {
    for (const auto& info : symbols_) slots_.emplace(info.instrument.symbol, info.slot);
}

ApplyReply ExecutionStage::apply(std::vector<OrderEvent> events) {
    ApplyReply reply;
    reply.events.reserve(events.size());
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto& event = events[i];
        const auto result = blotter_.apply(event);
        if (!result.order || result.duplicate || result.transition.refused()) continue;
        const Order& order = *result.order;
        // A child of a bracket may have been closed here with its parent before the broker said so;
        // what the broker said is kept all the same.
        if (!result.transition.applied() && order.parent_order_id.empty()) continue;
        const bool rejected = event.kind == OrderEventKind::rejected;
        if (rejected || event.kind == OrderEventKind::refused) {
            worker_.on_refusal(event.order_id, event.reason);
        }
        auto& applied = reply.events.emplace_back(
            AppliedEvent{static_cast<std::uint32_t>(i), std::move(event), slots_.at(order.symbol),
                         order.strategy, order.reason, order.role, is_closed(order.status)});
        if (auto& fill = applied.event.fill) {
            fill->strategy = order.strategy;
            hold(order.strategy, applied.slot, signed_quantity(fill->side, fill->quantity));
        }
        if (rejected) close_children(order, reply);
    }
    reply.ready = !reply.events.empty() && !worker_.empty();
    reply.ready =
        reply.ready || std::any_of(waiting_.begin(), waiting_.end(), [this](const Intent& intent) {
            return !cancelling(intent.strategy, slots_.at(intent.symbol));
        });
    return reply;
}

// Children of an entry that never reached a market: nobody else will say that they ended.
void ExecutionStage::close_children(const Order& parent, ApplyReply& reply) const {
    const AppliedEvent rejection = reply.events.back();
    for (const auto& child : orders::bracket_children(parent)) {
        AppliedEvent closed{rejection};
        closed.event.kind = OrderEventKind::canceled;
        closed.event.order_id = child.order_id;
        closed.role = child.role;
        closed.closed = true;
        reply.events.push_back(std::move(closed));
    }
}

PlanReply ExecutionStage::plan(PlanRequest request) {
    PlanReply reply;
    if (closed_orders_ == ClosedOrders::ids_only) {
        blotter_.forget_closed([this](const Order& order) { forgotten_.add(order.order_id); });
    }
    if (!request.stolen.empty() || request.idle) {
        give_way(request.stolen, reply);
        return reply;
    }
    for (const auto& order : request.adopted_orders) restore(order);
    for (const auto& each : request.adopted) {
        const auto slot = slots_.at(each.symbol);
        hold(each.strategy, slot, each.quantity - held(each.strategy, slot));
    }
    for (const auto& ordered : request.halts) halt(ordered, false, request.now, reply);
    // A daemon that ends leaves to others what others sent.
    if (request.inputs && request.inputs->stopping) {
        halt(HaltTrading{}, true, request.now, reply);
    }
    for (const auto& cancel : request.cancels) {
        worker_.withdraw(cancel);
        cancel_working(cancel, reply);
    }
    if (waiting_.empty()) {
        waiting_ = std::move(request.intents);
    } else {
        std::move(request.intents.begin(), request.intents.end(), std::back_inserter(waiting_));
    }
    form_all(reply);
    work(request, reply);
    // The order in which shards are merged, so that any number of them gives the same.
    const auto by_symbol = [](const Order& a, const Order& b) { return a.symbol < b.symbol; };
    if (!std::is_sorted(reply.orders.begin(), reply.orders.end(), by_symbol)) {
        std::stable_sort(reply.orders.begin(), reply.orders.end(), by_symbol);
    }
    std::sort(reply.cancel_ids.begin(), reply.cancel_ids.end());
    return reply;
}

void ExecutionStage::form_all(PlanReply& reply) {
    reply.orders.reserve(waiting_.size());
    // In order of arrival; an intent that waits holds back those behind it of the same strategy and
    // symbol.
    std::vector<Intent> still;
    for (auto& intent : waiting_) {
        const auto slot = slots_.at(intent.symbol);
        const bool behind = std::any_of(still.begin(), still.end(), [&](const Intent& other) {
            return other.strategy == intent.strategy && other.symbol == intent.symbol;
        });
        if (behind || cancelling(intent.strategy, slot)) {
            still.push_back(std::move(intent));
        } else {
            form(std::move(intent), reply);
        }
    }
    waiting_ = std::move(still);
}

void ExecutionStage::form(Intent&& intent, PlanReply& reply) {
    auto order = order_of(std::move(intent));
    const auto slot = slots_.at(order.symbol);
    if (order.type == OrderType::market && order.time_in_force == TimeInForce::day &&
        !symbols_[slot].instrument.allows(TimeInForce::day)) {
        order.time_in_force = TimeInForce::gtc;  // a market without days
    }
    if (order.role == Role::exit && order.quantity.is_zero()) {
        const auto quantity = held(order.strategy, slot);
        if (quantity.is_zero()) return;
        order.side = quantity.sign() > 0 ? Side::sell : Side::buy;
        order.quantity = quantity.abs();
    }
    if (forgotten_.contains(order.order_id) || !blotter_.add(order))
        return;  // decided and formed before: never twice
    reply.orders.push_back(std::move(order));
}

bool ExecutionStage::cancelling(const std::string& strategy, SlotId slot) const {
    return blotter_.any_open(symbols_[slot].instrument.symbol, [&](const Order& order) {
        return order.status == OrderStatus::pending_cancel && order.strategy == strategy;
    });
}

void ExecutionStage::cancel_working(const CancelIntent& cancel, PlanReply& reply) {
    for (const auto* order : blotter_.open_orders(cancel.symbol)) {
        if (order->strategy != cancel.strategy || (cancel.role && order->role != *cancel.role) ||
            (cancel.side && order->side != *cancel.side) || order->status == OrderStatus::held) {
            continue;
        }
        const auto id = order->order_id;
        if (blotter_.request_cancel(id).applied()) reply.cancel_ids.push_back(id);
    }
}

// Every working entry is cancelled; with `flatten` every position is left as well.
void ExecutionStage::halt(const HaltTrading& halt_command, bool own, Timestamp now,
                          PlanReply& reply) {
    for (const auto* order : blotter_.open_orders()) {
        if (order->status == OrderStatus::held || (own && order->strategy == kAdopted)) continue;
        if (order->role != Role::entry && !halt_command.flatten) continue;
        const auto id = order->order_id;
        if (blotter_.request_cancel(id).applied()) reply.cancel_ids.push_back(id);
    }
    std::erase_if(waiting_, [&](const Intent& intent) {
        return intent.role == Role::entry || halt_command.flatten;
    });
    worker_.withdraw_entries();
    if (halt_command.flatten) flatten(now);
}

void ExecutionStage::flatten(Timestamp now) {
    for (const auto& info : symbols_) {
        const Symbol symbol = info.instrument.symbol;
        std::map<std::string, Side> leaving;  // the side that is held, or may yet be
        for (const auto& holding : holdings_[info.slot]) {
            if (holding.quantity.is_zero()) continue;
            leaving[holding.strategy] = holding.quantity.sign() > 0 ? Side::buy : Side::sell;
        }
        for (const Order* order : blotter_.open_orders(symbol)) {
            const bool entry = order->role == Role::entry && order->status != OrderStatus::held;
            if (entry) leaving.try_emplace(order->strategy, order->side);
        }
        for (const auto& [strategy, side] : leaving) {
            OrderWork work;
            work.kind = WorkKind::gradual_exit;
            work.forced = true;
            work.intent.decision_id = "halt." + symbol.to_string() + '.' + std::to_string(now.ns);
            work.intent.strategy = strategy;
            work.intent.symbol = symbol;
            work.intent.time = now;
            work.intent.side = opposite(side);
            work.intent.role = Role::exit;
            work.intent.leg = "close." + strategy;
            work.intent.reason = "flatten";
            worker_.begin(std::move(work), now);
        }
    }
}

// Works orders over time: what is new, what the market and the broker's events ask for.
void ExecutionStage::work(PlanRequest& request, PlanReply& reply) {
    for (auto& asked : request.works) worker_.begin(std::move(asked), request.now);
    if (request.inputs) {
        for (const auto& quote : request.inputs->quotes) {
            if (slots_.contains(quote.quote.symbol)) worker_.on_quote(quote.quote);
        }
    }
    if (worker_.empty()) return;
    orders::WorkFacts facts;
    facts.blotter = &blotter_;
    facts.held = [this](const std::string& strategy, Symbol symbol) {
        return held(strategy, slots_.at(symbol));
    };
    facts.now = request.now;
    facts.spendable = request.money.spendable;
    facts.entries_allowed = request.money.entries_allowed;
    auto actions = worker_.step(facts);
    for (const auto& id : actions.cancel) {
        if (blotter_.request_cancel(id).applied()) reply.cancel_ids.push_back(id);
    }
    for (auto& order : actions.submit) {
        ensure(blotter_.add(order), "a work names each of its orders once");
        reply.orders.push_back(std::move(order));
    }
    for (const auto& name : actions.changed) {
        keep_work(name, reply);
        const auto ending = actions.endings.find(name);
        if (ending != actions.endings.end()) reply.plans.back().status = ending->second;
    }
    std::sort(reply.plans.begin(), reply.plans.end(),
              [](const auto& a, const auto& b) { return a.plan_id < b.plan_id; });
    reply.working = !worker_.empty();
    reply.short_of_money = std::move(actions.short_of_money);
    reply.claims = std::move(actions.working);
}

void ExecutionStage::keep_work(const std::string& name, PlanReply& reply) const {
    ledger::PlanRecord kept;
    kept.plan_id = std::string(kOrderWorkPlan) + '.' + name;
    kept.kind = kOrderWorkPlan;
    kept.content = worker_.text_of(name);
    kept.closed = kept.content.empty();
    kept.status = kept.closed ? "ended" : worker_.standing_of(name);
    const auto symbol = name.substr(0, name.rfind('.', name.rfind('.') - 1));
    kept.symbol = Symbol(symbol);
    reply.plans.push_back(std::move(kept));
}

void ExecutionStage::give_way(const std::vector<orders::StolenOrder>& stolen, PlanReply& reply) {
    for (const auto& order : stolen) {
        if (const auto name = worker_.give_way(order); !name.empty()) keep_work(name, reply);
        if (blotter_.request_cancel(order.order_id).applied()) {
            reply.cancel_ids.push_back(order.order_id);
        }
    }
    reply.working = !worker_.empty();
}

void ExecutionStage::restore_work(const std::string& content) {
    worker_.restore(content);
}

Quantity ExecutionStage::held(const std::string& strategy, SlotId slot) const {
    for (const auto& holding : holdings_[slot]) {
        if (holding.strategy == strategy) return holding.quantity;
    }
    return {};
}

void ExecutionStage::hold(const std::string& strategy, SlotId slot, Quantity change) {
    for (auto& holding : holdings_[slot]) {
        if (holding.strategy == strategy) {
            holding.quantity += change;
            return;
        }
    }
    holdings_[slot].push_back({strategy, change});
}

void ExecutionStage::restore(const Order& order) {
    // Children of a working entry come with it and again by themselves.
    (void)blotter_.add(order);
}

void ExecutionStage::restore_position(const std::string& strategy, SlotId slot, Quantity quantity) {
    hold(strategy, slot, quantity);
}

}  // namespace tradewind::actors

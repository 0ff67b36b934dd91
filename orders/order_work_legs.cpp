// Two entries of a strategy on both sides of a symbol: whose turn it is.
#include <algorithm>

#include "orders/order_worker.hpp"

namespace tradewind::orders {

// The strategy's entry of the other side.
const OrderWorker::Work* OrderWorker::sibling_of(const Work& work) const {
    const Intent& own = work.asked.intent;
    const auto found = works_.find({own.symbol, opposite(own.side), Role::entry});
    if (found == works_.end() || found->second.asked.kind != WorkKind::watch_entry) return nullptr;
    return found->second.asked.intent.strategy == own.strategy ? &found->second : nullptr;
}

// How far the market is from the limit of an entry that would be sent now, as a fraction of it;
// nothing: it would not be.
std::optional<double> OrderWorker::nearness(const Work& work, const WorkFacts& facts) const {
    const Intent& intent = work.asked.intent;
    const Quote* market = quote(intent.symbol);
    if (work.withdrawn || work.done || market == nullptr) return std::nullopt;
    if (facts.now < work.not_before || facts.now < work.progress.pause_until) return std::nullopt;
    if (!facts.entries_allowed || !entries_open(intent.symbol, facts.now)) return std::nullopt;
    const EntryPlan plan = entry_plan(work, facts.now);
    const bool buy = intent.side == Side::buy;
    const Price reference = buy ? market->ask : market->bid;
    if (!plan.forced && !near_limit(plan, reference)) return std::nullopt;
    const Quantity reached = Quantity::from_units(plan.target.units() / 100 * 99);
    if (work.entered >= reached) return std::nullopt;
    const double away = reference.to_double() / plan.limit.to_double() - 1;
    return std::max(0.0, buy ? away : -away);
}

// The other leg's position is there, one of its orders works, or the market is nearer to it.
bool OrderWorker::waits_for_sibling(const Work& work, const WorkFacts& facts) const {
    const Intent& own = work.asked.intent;
    if (to_leave(own, facts).sign() > 0) return true;  // what the other side holds
    for (const Order* order : facts.blotter->open_orders(own.symbol)) {
        if (order->strategy != own.strategy || order->status == OrderStatus::held) continue;
        const bool entry = order->role == Role::entry;
        if (entry ? order->side != own.side : order->side == own.side) return true;
    }
    const Work* other = sibling_of(work);
    if (other == nullptr) return false;
    if (other->progress.pending.sign() > 0 || !other->counted) return true;  // sent in this step
    if (!facts.held(own.strategy, own.symbol).is_zero()) return false;
    const auto theirs = nearness(*other, facts);
    const auto ours = nearness(work, facts);
    return theirs && ours && *theirs < *ours;
}

// A working order goes where the market is nearer to the other leg by half.
bool OrderWorker::gives_way(const Work& work, const WorkFacts& facts) const {
    const Work* other = sibling_of(work);
    const Intent& own = work.asked.intent;
    if (other == nullptr || !facts.held(own.strategy, own.symbol).is_zero()) return false;
    const Quote* market = quote(own.symbol);
    const auto theirs = nearness(*other, facts);
    if (!theirs || market == nullptr) return false;
    const bool buy = own.side == Side::buy;
    const double away =
        (buy ? market->ask : market->bid).to_double() / own.limit_price.to_double() - 1;
    return 2 * *theirs < (buy ? away : -away);
}

}  // namespace tradewind::orders

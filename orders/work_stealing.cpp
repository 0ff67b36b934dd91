#include "orders/work_stealing.hpp"

#include <algorithm>

namespace tradewind::orders {
namespace {

void forget_before(std::deque<Timestamp>& times, Timestamp since) {
    while (!times.empty() && times.front() <= since) times.pop_front();
}

std::pair<Symbol, Symbol> pair_of(Symbol a, Symbol b) {
    return a < b ? std::pair(a, b) : std::pair(b, a);
}

}  // namespace

std::size_t WorkStealing::fights(const Pair& pair, Timestamp now) {
    const auto found = fights_.find(pair);
    if (found == fights_.end()) return 0;
    forget_before(found->second, now - terms_.fight_window_ns);
    return found->second.size();
}

bool WorkStealing::may_rob(const MoneyClaim& thief, const MoneyClaim& victim, Timestamp now) {
    if (victim.symbol == thief.symbol || victim.notional < terms_.smallest) return false;
    if (victim.distance <= terms_.protection || victim.distance <= thief.distance) return false;
    auto& times = robbed_[victim.symbol];
    forget_before(times, now - kHour);
    if (times.size() >= terms_.cancels_per_hour) return false;
    const bool fighting =
        fights(pair_of(thief.symbol, victim.symbol), now) >= terms_.fight_threshold;
    const auto cooldown = fighting ? terms_.fight_cooldown_ns : terms_.cooldown_ns;
    if (!times.empty() && now - times.back() < cooldown) return false;
    return !fighting || thief.forecast_pnl > victim.forecast_pnl;
}

std::vector<StolenOrder> WorkStealing::choose(const std::vector<MoneyClaim>& short_of_money,
                                              const std::vector<MoneyClaim>& working,
                                              Timestamp now) {
    std::vector<StolenOrder> stolen;
    if (!terms_.enabled) return stolen;
    for (const auto& thief : short_of_money) {
        if (thief.distance > terms_.tolerance) continue;
        const MoneyClaim* victim = nullptr;
        for (const auto& claim : working) {
            const bool taken = std::any_of(
                stolen.begin(), stolen.end(),
                [&](const StolenOrder& order) { return order.order_id == claim.order_id; });
            if (taken || !may_rob(thief, claim, now)) continue;
            const bool better =
                victim == nullptr || claim.distance > victim->distance ||
                (claim.distance == victim->distance && claim.forecast_pnl < victim->forecast_pnl);
            if (better) victim = &claim;
        }
        if (victim == nullptr || terms_.dry_run) continue;
        robbed_[victim->symbol].push_back(now);
        fights_[pair_of(thief.symbol, victim->symbol)].push_back(now);
        stolen.push_back({victim->symbol, victim->order_id, now + terms_.cooldown_ns});
    }
    return stolen;
}

}  // namespace tradewind::orders

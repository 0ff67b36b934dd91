#include "orders/work_stealing.hpp"

#include <algorithm>
#include <sstream>

#include "messages/error.hpp"

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

std::string WorkStealing::text(Timestamp now) const {
    std::string text;
    const auto add = [&](const std::string& head, const std::deque<Timestamp>& times,
                         std::int64_t life_ns) {
        std::string line;
        for (const auto time : times) {
            if (now - time < life_ns) line += ' ' + std::to_string(time.ns);
        }
        if (!line.empty()) text += head + line + '\n';
    };
    for (const auto& [symbol, times] : robbed_) add("robbed " + symbol.to_string(), times, kHour);
    for (const auto& [pair, times] : fights_) {
        add("fought " + pair.first.to_string() + ' ' + pair.second.to_string(), times,
            terms_.fight_window_ns);
    }
    return text;
}

void WorkStealing::restore(const std::string& text) {
    robbed_.clear();
    fights_.clear();
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
        std::istringstream in(line);
        std::string word;
        std::string first;
        std::string second;
        in >> word >> first;
        if (word == "fought") in >> second;
        const bool known = word == "fought" ? Symbol::valid(second) : word == "robbed";
        std::deque<Timestamp> times;
        for (std::int64_t ns = 0; in >> ns;) times.push_back({ns});
        if (!known || !Symbol::valid(first) || times.empty() || !in.eof()) {
            throw Error(ErrorKind::corrupt, "unreadable plan", "who gave way to whom", line,
                        "run `tradewind verify` on the state folder");
        }
        if (second.empty()) {
            robbed_[Symbol(first)] = std::move(times);
        } else {
            fights_[{Symbol(first), Symbol(second)}] = std::move(times);
        }
    }
}

}  // namespace tradewind::orders

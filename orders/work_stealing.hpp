// Which working entry gives way to one that is nearer to its limit and short of money.
//
// A state machine over virtual time with one owner for the whole account (shards only report
// claims). The victim is the entry farthest from its limit, ties: the one of the least forecast.
// Protected are entries near their limit, small ones (probes), and whoever was robbed a moment ago;
// two symbols that keep robbing each other are kept apart longer, and the better forecast wins; no
// symbol loses its orders more often than `cancels_per_hour` (I-22). text() and restore() carry the
// memory of it over a restart (H5). Not thread-safe; no clock. Source: strategies spec 4.9.1.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "messages/money.hpp"
#include "messages/order.hpp"
#include "messages/time.hpp"

namespace tradewind::orders {

// One entry that is short of money (no order), or one whose order has money reserved.
struct MoneyClaim {
    Symbol symbol;
    Side side = Side::buy;
    std::string order_id;  // of a working order; empty: it has none
    Money notional;        // wanted, or reserved by the order
    double distance = 0;   // of the market from the limit, a fraction
    double forecast_pnl = 0;
};

struct StealingTerms {
    bool enabled = true;
    bool dry_run = false;  // chooses nobody
    double tolerance = 0.0066;
    double protection = 0.004;
    Money smallest = Money::whole(500);
    std::int64_t cooldown_ns = 120 * kSecond;
    std::uint32_t fight_threshold = 5;
    std::int64_t fight_window_ns = 30 * kMinute;
    std::int64_t fight_cooldown_ns = 600 * kSecond;
    std::uint32_t cancels_per_hour = 10;  // of one symbol
};

struct StolenOrder {
    Symbol symbol;
    std::string order_id;
    Timestamp until;  // its owner sends nothing before
};

class WorkStealing {
  public:
    WorkStealing() = default;
    explicit WorkStealing(StealingTerms terms) : terms_(terms) {}

    // Orders to cancel: at most one for each claim that is short. Both lists in order of symbol.
    [[nodiscard]] std::vector<StolenOrder> choose(const std::vector<MoneyClaim>& short_of_money,
                                                  const std::vector<MoneyClaim>& working,
                                                  Timestamp now);

    // Who lost an order when, and who took it: one `robbed SYMBOL TIME...` or
    // `fought SYMBOL SYMBOL TIME...` a line, in order. Times that count no more are left out.
    [[nodiscard]] std::string text(Timestamp now) const;
    // Throws Error (corrupt) naming the line that is unreadable.
    void restore(const std::string& text);

  private:
    using Pair = std::pair<Symbol, Symbol>;  // ascending
    [[nodiscard]] bool may_rob(const MoneyClaim& thief, const MoneyClaim& victim, Timestamp now);
    [[nodiscard]] std::size_t fights(const Pair& pair, Timestamp now);

    StealingTerms terms_;
    std::map<Symbol, std::deque<Timestamp>> robbed_;  // within the hour, oldest first
    std::map<Pair, std::deque<Timestamp>> fights_;
};

}  // namespace tradewind::orders

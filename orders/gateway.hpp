// The gateway's logic: the last judgement on every order before it is made durable and sent.
//
// Owned by the one gateway actor; not thread-safe; no clock of its own. assess() answers accepted
// or refused with a reason; on acceptance it has reserved what the order may use, and the
// reservation lives until order events release it: reject, cancel and expiry release the rest, a
// fill releases its part (H34, I-16). Every order that assess() accepted must end in events passed
// to on_event(), or in abandon() when it was never sent.
//
// Entries may be refused for any rule. Exits are refused only where they would not reduce the
// strategy's position (or would sell the same quantity twice: cancel what works first), where the
// instrument forbids their form, or by the price rules I-7, I-9, I-12 and the aggressive side of
// the price band when those are on; never for want of headroom and never by the kill switch. I-7
// spares stop orders, I-9 spares market exits. A position that an exit under way will free still
// counts in the exposure of a new entry. Of two alternatives (messages/order.hpp), of which one can
// fill at most, the later one reserves nothing where it is no larger than the earlier; it takes the
// reservation over when that one ends. Cost: a few hash lookups per order, O(log n) in the
// symbol's working orders. Source: strategies spec 4.7, I-7, I-9, I-10, I-12, I-16, I-34; contract
// section 9.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages/account.hpp"
#include "messages/headroom.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"
#include "orders/account_view.hpp"

namespace tradewind::orders {

enum class Refusal : std::uint8_t {
    none,
    duplicate_id,
    invalid_order,      // instrument rules (I-13)
    killed,             // kill switch: no new risk
    entries_blocked,    // broker state unknown or data stale
    side_forbidden,     // permissions of symbol and side (I-34)
    not_reducing,       // an exit without a position to reduce
    held_for_orders,    // the position is already promised to working exits
    no_price,           // nothing to judge the order by
    price_band,         // too far from the mid
    market_order_rule,  // I-12
    crossed_sides,      // I-9
    death_spiral,       // I-7
    churn,              // I-10
    order_notional,
    symbol_exposure,
    gross_exposure,
    buying_power,
    open_orders,
};
[[nodiscard]] std::string_view to_text(Refusal refusal);  // "price_band", ...

struct Verdict {
    Refusal refusal = Refusal::none;
    std::string reason;  // one line for the decision's row; empty where accepted

    [[nodiscard]] bool accepted() const { return refusal == Refusal::none; }
};

// Limits; an empty optional is no limit.
struct RiskLimits {
    std::optional<Fraction> symbol_exposure;  // of equity
    std::optional<Fraction> gross_exposure;   // of equity: the leverage cap
    std::optional<Fraction> price_band;       // distance of limit or stop price from the mid
    std::optional<Money> order_notional;
    std::optional<std::uint32_t> open_orders;     // of the account, entries and exits
    bool buying_power = true;                     // reserve against the account's buying power
    std::optional<Fraction> market_order_spread;  // I-12: widest, of the mid; its other rules too
    std::optional<Fraction> opposite_gap;         // I-9: (sell - buy) / buy at least this
    bool death_spiral_rule = false;               // I-7
    std::optional<Fraction> churn_gap;            // I-10, within 45 min

    // The forecast portfolio's rules: 60 % per symbol, `leverage_cap`, 10 % band, 500 open orders,
    // I-7, I-9 (3 bp), I-10 (0.1 %), I-12, I-16.
    [[nodiscard]] static RiskLimits standard(Fraction leverage_cap);
    // Bar strategies with the leverage check off: instrument rules, permissions, kill switch and
    // the exits' rules only.
    [[nodiscard]] static RiskLimits unlimited();
};

class Gateway {
  public:
    explicit Gateway(RiskLimits limits);

    // Judges `order`; reserves on acceptance.
    Verdict assess(const Order& order, const Instrument& instrument, const AccountView& account,
                   const MarketView& market, Timestamp now);

    // An event of an accepted order or of a child of its bracket; others are ignored.
    void on_event(const OrderEvent& event);
    // An accepted order that will certainly never be sent.
    void abandon(const std::string& order_id);
    // An earlier fill that this gateway did not see (restart): remembered for the rules of prices
    // (I-7, I-10). Call in the order of the fills; `opening`: it grew the strategy's position.
    void recall(const Fill& fill, bool opening);
    // A working order that this gateway did not assess (restart, adoption): reserved as it stands.
    void adopt(const Order& order, Price reference);

    // Kill switch. Entries are refused while on; exits pass. `leaving_all`: the operator wants
    // every position left, so that until he resumes no exit is held back by the death-spiral rule
    // (I-7).
    void kill(bool leaving_all = false) {
        killed_ = true;
        leaving_all_ = leaving_all_ || leaving_all;
    }
    void resume() { killed_ = leaving_all_ = false; }
    [[nodiscard]] bool killed() const { return killed_; }
    // Entries blocked for a reason that is not the operator's: unknown broker state, stale data.
    void block_entries(std::string reason) { blocked_ = std::move(reason); }
    void unblock_entries() { blocked_.clear(); }
    [[nodiscard]] const std::string& blocked() const { return blocked_; }

    // Entries of this side in the symbol are refused until allowed again.
    void forbid(Symbol symbol, Side side);
    void allow(Symbol symbol, Side side);
    // The next closing order of the symbol passes the death-spiral rule, once (I-7).
    void override_death_spiral(Symbol symbol);

    // What new risk the account can still bear, for sizing: limits less positions and reservations.
    [[nodiscard]] Headroom headroom(const AccountSnapshot& account) const;

    [[nodiscard]] Money reserved() const { return reserved_; }
    [[nodiscard]] Money reserved(Symbol symbol) const;
    [[nodiscard]] std::size_t working() const { return reservations_.size(); }
    [[nodiscard]] const RiskLimits& limits() const { return limits_; }

  private:
    struct SymbolState;
    struct Reservation {
        SymbolState* state = nullptr;
        std::string strategy;
        Side side = Side::buy;
        Role role = Role::entry;
        Quantity open;    // not yet filled
        Price price;      // at which an entry's open quantity is reserved
        Price own_price;  // of one that is covered by its alternative; else zero
        decltype(Order::decision_id) decision_id;  // of a bracket entry
        Price level;                               // working limit of the I-9 rule; zero: none
        Price target_level;        // limit of the bracket's target, on the other side
        Quantity bracket_open;     // filled entry that the bracket's children hold
        std::size_t children = 0;  // of the bracket, not closed
        bool closed = false;       // the order itself; kept while its children hold anything
    };
    struct LastFill {
        Price price;
        Timestamp time;
        bool known = false;
    };
    struct HeldExits {  // of one strategy in one symbol: promised to working exits
        std::string strategy;
        Quantity sells;
        Quantity buys;
    };
    struct SymbolState {
        Symbol symbol;
        Money reserved;                  // entries not filled, both sides
        std::multiset<Price> levels[2];  // working limits by side
        std::vector<HeldExits> held;
        std::vector<Reservation*> brackets;  // entries with a target, not closed
        LastFill last[2];                    // newest fill by side
        LastFill last_entry[2];              // newest opening fill by side
        bool forbidden[2] = {false, false};
        bool spiral_override = false;
    };
    struct Prices {
        Price reference;  // of the order's side of the market; zero: none
        Price mid;
        Price reserve;  // at which an entry is reserved
    };
    using Map = std::unordered_map<std::string, Reservation>;

    SymbolState& state_of(Symbol symbol);
    Verdict entry_rules(const Order& order, const SymbolState& state, const AccountView& account,
                        Price price) const;
    [[nodiscard]] static bool is_covered(const Order& order, const SymbolState& state,
                                         Money notional);
    void take_over(const Reservation& ended);
    Verdict exit_rules(const Order& order, const SymbolState& state,
                       const AccountView& account) const;
    Verdict price_rules(const Order& order, const Instrument& instrument, const MarketView& market,
                        const Prices& prices, Timestamp now) const;
    Verdict opposite_rules(const Order& order, const SymbolState& state,
                           const Prices& prices) const;
    Verdict memory_rules(const Order& order, const SymbolState& state, const Prices& prices,
                         Timestamp now) const;
    void reserve(const Order& order, SymbolState& state, Price price);
    void release(Reservation& reservation, Quantity quantity);
    void on_fill(Reservation& reservation, const Fill& fill);
    void on_child(const OrderEvent& event);
    void close_order(Map::iterator found);
    void settle(Map::iterator found);
    static void hold(Reservation& reservation, Side side, Quantity delta);

    RiskLimits limits_;
    bool killed_ = false;
    bool leaving_all_ = false;
    std::string blocked_;
    Map reservations_;
    std::deque<SymbolState> states_;  // stable addresses
    std::unordered_map<Symbol, SymbolState*> symbols_;
    Money reserved_;
};

}  // namespace tradewind::orders

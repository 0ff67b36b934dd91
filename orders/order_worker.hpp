// Works orders over time: entry watchers, ramps, target watchers and gradual exits, one owner per
// (symbol, side, role).
//
// A state machine over virtual time: step() is told the time, the market and what of its orders
// became of them (it reads the blotter), and answers what to cancel and what to send. Nothing is
// sent beside a working order of the same work: it is cancelled, the cancel confirmed, then
// replaced (I-14, H36). A new work of a key takes it over in that way too (I-21); what the old one
// fills after the new one was asked for counts for the new one. Where a strategy waits on both
// sides of a symbol, one of its two entries is at work at a time, that which the market is nearer
// to, and none while the other's position is there: the legs share one netted position, so each
// waits until the other's order is confirmed gone and the symbol is flat. An entry ends when its
// quantity is filled, it expires or is withdrawn; an exit never ends before the position is flat
// (I-24: worth less than a dollar) or worth less than its market takes, and a second request for
// one only merges into it, or follows it where it is another strategy's (I-40). A forced gradual
// exit does not wait: it is priced to fill, at market where that may be. Ids are the decision's,
// the leg's and the attempt's, so that the same work names the same orders after a restart.
//
// Entries are sent without children: what an entry fills gets its target as a work of its own, in
// the step that learns of it (I-8), so that any broker will do; a target whose idea is to leave at
// the day's close turns into a gradual exit before it, and its entry ends by then. What is refused
// is asked for again after a pause that grows.
//
// Owned by one execution shard; not thread-safe; no clock. Works are ordered by symbol, side, role.
// text_of() and restore() carry a work over a restart, with the one that is to follow it. Source:
// strategies spec 1.4, 4.8, 4.9 (H5, H34 to H36).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "messages/instrument.hpp"
#include "messages/order_work.hpp"
#include "messages/quote.hpp"
#include "orders/blotter.hpp"
#include "orders/entry_watcher.hpp"
#include "orders/execution_prices.hpp"
#include "orders/work_stealing.hpp"

namespace tradewind::orders {

// How works are worked; the defaults are the reference's.
struct WorkTerms {
    Fraction entry_tolerance = Fraction::of("0.0066");
    Fraction crypto_night_tolerance = Fraction::of("0.02");  // coins while the NYSE is closed
    Fraction exit_tolerance = Fraction::of("0.001");         // a working target this near is kept
    std::int64_t entry_poll_ns = 12 * kSecond;
    std::int64_t exit_poll_ns = 12 * kSecond;
    std::int64_t stock_ramp_ns = 2 * kMinute;  // between two prices of a ramp
    std::int64_t crypto_ramp_ns = 5 * kMinute;
    std::int64_t debounce_ns = 120 * kSecond;  // an equal request this soon is the same one
    GradualExitTerms gradual;
};

struct WorkActions {
    std::vector<Order> submit;
    std::vector<std::string> cancel;  // order ids
    std::vector<MoneyClaim> short_of_money;
    std::vector<MoneyClaim> working;   // entries with an order: one of another shard may be short
    std::vector<std::string> changed;  // names of works whose text changed; ended ones too
    std::map<std::string, std::string> endings;  // of those that ended, where not as they should
};

// What the worker asks of its owner.
struct WorkFacts {
    const Blotter* blotter = nullptr;
    // Held by a strategy in a symbol, signed.
    std::function<Quantity(const std::string& strategy, Symbol symbol)> held;
    Timestamp now;
    Money spendable;  // buying power that no order has reserved
    bool entries_allowed = true;
};

class OrderWorker {
  public:
    using Key = std::tuple<Symbol, Side, Role>;

    OrderWorker(std::vector<Instrument> instruments, WorkTerms terms);

    // A new work: merged, ignored, or the successor of the key's present one.
    void begin(OrderWork work, Timestamp now);
    // Ends the strategy's entries or targets of the symbol; their orders are cancelled. A gradual
    // exit goes on.
    void withdraw(const CancelIntent& cancel);
    void withdraw_entries();  // all: a halt
    // The order was taken from its entry: cancelled, and nothing is sent before `until`. The name
    // of the work; empty: none of these has the order.
    std::string give_way(const StolenOrder& order);
    void on_quote(const Quote& quote);
    // The gateway refused or the broker rejected an order, whoever's it is.
    void on_refusal(const std::string& order_id, const std::string& reason);

    [[nodiscard]] WorkActions step(const WorkFacts& facts);

    [[nodiscard]] bool empty() const { return works_.empty(); }
    [[nodiscard]] bool owns(Symbol symbol) const;  // a work of the symbol, any role
    [[nodiscard]] bool leaves_urgently() const;    // an exit is forced

    // `SYMBOL.side.role`, the name of a work, and its text; empty: it is gone.
    [[nodiscard]] std::vector<std::string> names() const;
    [[nodiscard]] std::string text_of(const std::string& name) const;
    [[nodiscard]] std::string_view state_of(const std::string& name) const;
    // Its state; where its orders are refused, how often in a row and why.
    [[nodiscard]] std::string standing_of(const std::string& name) const;
    // Throws Error (corrupt) naming what is unreadable.
    void restore(const std::string& text);

  private:
    struct Work {
        OrderWork asked;
        Timestamp started;
        Timestamp next;        // the next look at it
        Timestamp not_before;  // no order before: it gave way to another, or was refused
        EntryProgress progress;
        std::uint32_t attempts = 0;
        std::uint32_t exits = 0;                 // of an entry: targets begun for what it filled
        std::string order_id;                    // of the newest order; empty: none yet
        Quantity entered;                        // by orders that are closed
        std::optional<Quantity> entered_before;  // the successor was asked for; empty: not noted
        bool counted = true;                     // the newest order's fills are in `entered`
        bool withdrawn = false;                  // to be ended: cancel, confirm, go
        bool done = false;
        bool changed = true;  // its text, since the last step
        std::optional<OrderWork> successor;
        std::vector<OrderWork> next_exits;  // of other strategies, after this exit
        std::string refusal;                // of the newest order; empty: it was not refused
        std::string_view state = "initializing";
    };

    void begin_targets(const WorkFacts& facts);
    [[nodiscard]] bool lacks_target(const Key& key, const Work& work, const WorkFacts& facts) const;
    void leave_in_time(Work& work, Timestamp now);
    void step_work(Work& work, const WorkFacts& facts, WorkActions& actions);
    void step_entry(Work& work, const WorkFacts& facts, WorkActions& actions);
    [[nodiscard]] const Work* sibling_of(const Work& work) const;
    [[nodiscard]] bool waits_for_sibling(const Work& work, const WorkFacts& facts) const;
    [[nodiscard]] bool gives_way(const Work& work, const WorkFacts& facts) const;
    [[nodiscard]] std::optional<double> nearness(const Work& work, const WorkFacts& facts) const;
    void step_ramp(Work& work, const WorkFacts& facts, WorkActions& actions);
    void step_target(Work& work, const WorkFacts& facts, WorkActions& actions);
    void step_gradual(Work& work, const WorkFacts& facts, WorkActions& actions);
    [[nodiscard]] Quantity to_leave(const Intent& intent, const WorkFacts& facts) const;
    [[nodiscard]] bool may_be_sent(Symbol symbol, Quantity quantity, Price price) const;
    void give_up(Work& work, WorkActions& actions) const;
    static void join_exit(Work& present, OrderWork&& asked, Timestamp now);
    [[nodiscard]] static std::vector<OrderWork> exits_after(const Work& present,
                                                            const OrderWork& asked, Timestamp now);
    [[nodiscard]] static std::string standing(const Work& work);
    [[nodiscard]] EntryPlan entry_plan(const Work& work, Timestamp now) const;
    void take_outcome(Work& work, const WorkFacts& facts) const;
    Order& submit(Work& work, Quantity quantity, Price limit, Timestamp now,
                  WorkActions& actions) const;
    [[nodiscard]] const Instrument& instrument(Symbol symbol) const;
    [[nodiscard]] const Quote* quote(Symbol symbol) const;
    [[nodiscard]] bool market_open(Symbol symbol, Timestamp now) const;
    [[nodiscard]] bool entries_open(Symbol symbol, Timestamp now) const;
    [[nodiscard]] Timestamp leaving_time(Symbol symbol, Timestamp now) const;
    [[nodiscard]] Timestamp last_entry_time(Symbol symbol, Timestamp now) const;
    [[nodiscard]] static Key key_of(const OrderWork& work);
    [[nodiscard]] static std::string name_of(const Key& key);

    std::map<Symbol, Instrument> instruments_;
    WorkTerms terms_;
    std::map<Symbol, Quote> quotes_;
    std::map<Key, Work> works_;
};

}  // namespace tradewind::orders

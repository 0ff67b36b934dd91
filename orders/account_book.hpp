// The arithmetic of one account: cash, positions, fees, financing, profit, round trips.
//
// Owned by one actor; not thread-safe; no clock. Exact: at every moment
//     equity = cash + market value
//            = initial cash + realised + unrealised - fees - financing + adjustments
// to the last digit (Money holds price x quantity without rounding). Fills are idempotent by id.
// Several strategies share the account: positions and round trips are kept per (symbol, strategy)
// and, netted, per symbol. Marks are O(1) and equity is always up to date; a mark of a symbol
// without a position is one store.
//
// Division rule: closing a part of a position takes the part's share of the cost, rounded half-even
// to 1e-18, and leaves the exact rest, so that realised + unrealised never drifts. A fill that
// crosses zero closes one round trip and opens the next: the opened part bears its share of the fee
// by quantity, rounded half-even to 1e-8, the closed part the exact rest.
// Source: contract 2.1 and 4, strategies spec 0.4, I-28, I-39.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "messages/account.hpp"
#include "messages/order.hpp"
#include "orders/account_view.hpp"

namespace tradewind::orders {

// Index of a symbol in an AccountBook: dense, in the order of first registration.
using SlotId = std::uint32_t;

constexpr Money kUnlimitedBuyingPower = Money::whole(1'000'000'000'000'000'000);

// One trip of a strategy in a symbol from flat to flat: a row of trades.csv.
struct RoundTrip {
    std::string trade_id;  // the fill that opened it
    Symbol symbol;
    Side side = Side::buy;  // of the entry: buy is a long trip
    std::string strategy;
    Quantity quantity;     // all that was entered
    Timestamp entry_time;  // first entry fill
    Price entry_price;     // average, rounded to 1e-8
    Timestamp exit_time;   // last exit fill
    Price exit_price;      // average, rounded to 1e-8
    Money entry_notional;  // exact, positive
    Money exit_notional;   // exact, positive
    Money fees;
    Money financing;
    Money pnl;                 // net of fees and financing
    Fraction profit_fraction;  // pnl / entry notional: the column `return`
    std::string exit_reason;   // reason given with the last exit fill
};

struct StrategyPosition {
    std::string strategy;
    Quantity quantity;  // signed
    Money cost;         // signed notional at which it was entered
    Timestamp opened;
};

// The account after one fill; what a row of fills.csv needs.
struct FillResult {
    bool applied = false;  // false: this fill id was seen before, nothing changed
    Quantity position;     // of the symbol, all strategies, after the fill
    Quantity strategy_position;
    Money cash;
};

struct BookTotals {
    Money realised;  // before fees and financing
    Money unrealised;
    Money fees;
    Money financing;
    Money adjustments;
    Money traded_notional;
};

class AccountBook {
  public:
    // Whether fill ids are remembered for ever, so that a second delivery is ignored, or whether
    // the source cannot deliver twice (a matching engine in the same process).
    enum class FillMemory : std::uint8_t { all, none };

    // `leverage_cap` x equity - gross exposure is the buying power (never below 0). A cap of 0
    // means no limit: kUnlimitedBuyingPower.
    explicit AccountBook(Money initial_cash, Fraction leverage_cap = Fraction::whole(1),
                         FillMemory fill_memory = FillMemory::all);

    // The slot of a symbol, made at first use. Throws std::length_error beyond 2^32 - 2 symbols.
    SlotId slot(Symbol symbol);
    [[nodiscard]] std::optional<SlotId> find(Symbol symbol) const;  // empty: never registered
    [[nodiscard]] Symbol symbol(SlotId slot) const { return slots_[slot].symbol; }
    [[nodiscard]] std::size_t slot_count() const { return slots_.size(); }

    // The symbol's price moved. O(1).
    void mark(SlotId slot, Price price) {
        Slot& entry = slots_[slot];
        if (!entry.quantity.is_zero()) [[unlikely]] {
            revalue(entry, price);
        } else {
            entry.last_price = price;
        }
    }

    // `order_reason` becomes the exit reason of the round trip that the fill ends. The fill also
    // marks the symbol at its price when the symbol never had one.
    FillResult apply(const Fill& fill, std::string_view order_reason = {});

    // Financing of one symbol (borrow fee of a short): paid from cash, borne by the symbol's open
    // trips by |quantity|. Without a position it is borne by the account alone.
    void charge_financing(SlotId slot, Money amount);
    // Financing of the account (margin interest): borne by all open positions by |market value|.
    void charge_financing(Money amount);

    // Quantities and cash adopted from the broker, which are not fills (contract section 9).
    void adopt_position(Symbol symbol, const std::string& strategy, Quantity quantity,
                        Price average, Timestamp time);
    void adjust_cash(Money delta);

    // Remembers the peak of equity; called once per equity row.
    void observe(Timestamp now);
    // After a restart: the peak that an earlier process remembered.
    void restore_peak(Money peak) { peak_ = std::max(peak_, peak); }

    [[nodiscard]] Money cash() const { return cash_; }
    [[nodiscard]] Money market_value() const { return market_value_; }
    [[nodiscard]] Money equity() const { return cash_ + market_value_; }
    [[nodiscard]] Money gross_exposure() const { return gross_; }
    [[nodiscard]] Money short_exposure() const;  // sum of |market value| of the short symbols
    [[nodiscard]] Money peak_equity() const { return peak_; }
    [[nodiscard]] Money buying_power() const;
    [[nodiscard]] BookTotals totals() const;

    [[nodiscard]] Quantity quantity(SlotId slot) const { return slots_[slot].quantity; }
    [[nodiscard]] Money cost(SlotId slot) const;
    [[nodiscard]] Price last_price(SlotId slot) const { return slots_[slot].last_price; }
    [[nodiscard]] Quantity quantity(SlotId slot, std::string_view strategy) const;
    [[nodiscard]] std::vector<StrategyPosition> strategy_positions(SlotId slot) const;

    // What the gateway looks at for one order. O(1) in symbols.
    [[nodiscard]] AccountView view(SlotId slot, std::string_view strategy) const;
    [[nodiscard]] AccountSnapshot snapshot(Timestamp as_of) const;

    // Trips that ended since the last call, in the order in which they ended.
    [[nodiscard]] std::vector<RoundTrip> take_round_trips();

  private:
    struct Leg {  // one strategy in one symbol
        std::string strategy;
        Quantity quantity;
        Money cost;
        RoundTrip trip;
        Quantity exited;
    };
    struct Slot {
        Quantity quantity;
        Money value;
        Price last_price;
        Symbol symbol;
        std::vector<Leg> legs;
    };
    void revalue(Slot& slot, Price price);
    void set_quantity(Slot& slot, Quantity quantity);
    Leg& leg(Slot& slot, const std::string& strategy);
    void open_part(Leg& leg, const Fill& fill, Quantity quantity, Money fee);
    void close_part(Leg& leg, const Fill& fill, Quantity quantity, Money fee,
                    std::string_view reason);
    void finish(Leg& leg);
    void bear(Slot& slot, Money amount);

    std::vector<Slot> slots_;
    std::unordered_map<Symbol, SlotId> by_symbol_;
    std::unordered_set<std::string> fill_ids_;
    std::vector<RoundTrip> finished_;
    Fraction leverage_cap_;
    FillMemory fill_memory_;
    Money cash_;
    Money market_value_;
    Money gross_;
    Money peak_;
    Money realised_;
    Money fees_;
    Money financing_;
    Money adjustments_;
    Money traded_;
};

}  // namespace tradewind::orders

// The matching engine: fills working orders against bars or quotes, and says so in order events.
//
// Owned by one broker actor (or one fused replay); not thread-safe; no clock: every call carries
// its time. The order of calls is the order of the world; calls of one instant belong in this
// order: closed bars, submissions decided on them, session close, session open, submissions decided
// at the open, opened bars. Events are appended to `out` in the order in which they happened. Equal
// calls give equal events: random partial fills are drawn from (seed, order id, ordinal), never
// from a shared stream.
//
// Rules on bars (fill_rules of market/ hold the price tests):
// * An order takes part in a bar only if it was submitted, or activated, at or before the bar's
//   start; a bracket's children activated inside a bar follow the intrabar rule of the fill model.
// * market: at the next open of the symbol (fill time: the bar's start); with `this_close` at once
//   at the close of the bar just closed when submitted at its end, else at the next close.
// * limit: at the open where the bar opens beyond it, else at the limit when the bar trades
//   strictly through it. ioc and fok: at the next open (`this_close`: at the close just seen) if
//   marketable there, at that price; else canceled.
// * stop: when touched, at the stop, or at the open where the bar opens beyond it. stop_limit:
//   becomes a limit when touched. trailing_stop: follows the best price since submission.
// * opg: at the first bar of the session that opens next, or canceled. cls: at the session's close.
//   Generic instruments have no sessions: every open is an opening, every close a closing auction,
//   and a cls order submitted at the end of the bar just closed fills at that close.
// * Two entries of one decision on opposite sides are alternatives: the first fill of one cancels
//   the other. A bar that trades through both limits does not say which came first: the one that
//   its close leaves with the smaller profit fills (intrabar_optimistic: the larger). What the bar
//   opened beyond filled at its open, before.
// * day: expires at the first session close after its submission (generic instruments: never).
// Fills inside a bar carry the bar's end.
// Rules on quotes (settings.quotes): marketable orders fill at once at the touch, resting limits at
// their limit when the other side reaches it; bars then only set the last price.
// Errors: an order the engine cannot carry is answered by a `rejected` event; unknown ids in
// cancel() by false. Source: strategies spec 3.1, 4.8; broker protocol 2.3, 2.5; contract 2.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "market/cost_model.hpp"
#include "market/fill_rules.hpp"
#include "messages/bar.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"
#include "messages/step.hpp"

namespace tradewind::broker {

// Index of a symbol in the engine: dense, in the order of first registration.
using SlotId = std::uint32_t;

class SymbolBook;  // the working orders of one symbol (broker/symbol_book.hpp)

struct MatchingSettings {
    market::FillModel fill_model = market::FillModel::next_open;
    // Fees per class and side, and the fill buffer of limits.
    market::CostModel costs = market::flat_fee(Fraction{});
    // Probability that a fill is partial; 0: never. The part is uniform, at least one lot. Auctions
    // and fok orders always fill whole.
    double partial_fill_probability = 0;
    std::uint64_t seed = 0;
    bool quotes = false;  // fill on quotes, not on bars
};

// The newest price the engine saw in a symbol; price zero: none. `time` is the end of the bar.
struct LastPrice {
    Price price;
    Timestamp time;
};

// State of the exchange that a symbol trades on.
struct SessionState {
    bool known = false;  // false: no session event was ever seen
    bool open = true;
    Timestamp opened;  // of the newest session
};

class MatchingEngine {
  public:
    explicit MatchingEngine(MatchingSettings settings);
    ~MatchingEngine();
    MatchingEngine(MatchingEngine&&) noexcept;
    MatchingEngine& operator=(MatchingEngine&&) noexcept;

    // Registers an instrument (or replaces the terms of a known symbol) and returns its slot. A
    // symbol first seen in submit() is a generic instrument.
    SlotId add(const Instrument& instrument);
    // The slot of a symbol, registered as generic where unknown.
    SlotId slot(Symbol symbol);

    // Accepts or rejects; may fill at once. Children of the bracket are held here.
    void submit(Order order, Timestamp now, std::vector<OrderEvent>& out);
    // Cancels a working or held order, with its held children where it never filled. False: not
    // working (unknown or closed).
    bool cancel(std::string_view order_id, Timestamp now, std::vector<OrderEvent>& out,
                std::string_view reason = {});

    void on_bar_opened(SlotId slot, Timestamp time, Price open, std::vector<OrderEvent>& out) {
        if (working_[slot] == 0) [[likely]]
            return;
        match_open(slot, time, open, out);
    }
    void on_bar_closed(SlotId slot, const Bar& bar, std::vector<OrderEvent>& out) {
        last_[slot] = {bar.close, bar.end};
        if (working_[slot] == 0) [[likely]]
            return;
        match_bar(slot, bar, out);
    }
    void on_quote(SlotId slot, const Quote& quote, std::vector<OrderEvent>& out);
    // `time` is the instant of the open or the close. At a close: cls orders fill, day orders end.
    void on_session(const SessionEvent& event, Timestamp time, std::vector<OrderEvent>& out);
    // Every order still working or held expires, reason `end_of_data`.
    void end_of_data(Timestamp now, std::vector<OrderEvent>& out);
    void end_of_data(SlotId slot, Timestamp now, std::vector<OrderEvent>& out);  // of one symbol

    // Orders working or held, by slot, oldest first.
    [[nodiscard]] std::vector<Order> open_orders() const;
    [[nodiscard]] bool is_open(std::string_view order_id) const;
    [[nodiscard]] std::size_t working(SlotId slot) const { return working_[slot]; }
    [[nodiscard]] const Instrument& instrument(SlotId slot) const;
    [[nodiscard]] std::size_t slot_count() const { return working_.size(); }
    // The newest close, open or mid the engine saw; zero: none.
    [[nodiscard]] Price last_price(SlotId slot) const { return last_[slot].price; }

  private:
    void match_open(SlotId slot, Timestamp time, Price open, std::vector<OrderEvent>& out);
    void match_bar(SlotId slot, const Bar& bar, std::vector<OrderEvent>& out);
    void settle(SlotId slot);
    [[nodiscard]] SessionState session_of(SlotId slot) const;

    MatchingSettings settings_;
    std::vector<std::uint32_t> working_;  // orders per slot, held children included
    std::vector<LastPrice> last_;
    std::vector<std::unique_ptr<SymbolBook>> books_;
    std::unordered_map<Symbol, SlotId> by_symbol_;
    std::unordered_map<std::string, SlotId> open_;  // order id -> slot
    SessionState equity_session_;
    SessionState crypto_session_;
    std::vector<std::string> closed_;  // scratch of settle()
};

}  // namespace tradewind::broker

// The matching engine: fills working orders against bars or quotes, and says so in order events.
//
// Owned by one broker actor (or one fused replay); not thread-safe; no clock: every call carries
// its time. The order of calls is the order of the world; calls of one instant belong in this
// order: closed bars, session close, submissions decided on them, session open, opened bars. Events
// are appended to `out` in the order in which they happened. Equal calls give equal events: random
// partial fills are drawn from (seed, order id, ordinal), never from a shared stream.
//
// Rules on bars (fill_rules of market/ hold the price tests):
// * An order takes part in a bar only if it was submitted, or activated, at or before the bar's
//   start; a bracket's children activated inside a bar follow the intrabar rule of the fill model.
// * market: at the next open of the symbol (fill time: the bar's start); with `this_close` at once
//   at the close of the bar just closed (fill time: the bar's end).
// * limit: when the bar trades strictly through the limit, at the limit. ioc and fok: at the
//   next open if marketable there, at the open; else canceled. fok never fills in part.
// * stop: when touched, at the stop, or at the open where the bar opens beyond it. stop_limit:
//   becomes a limit when touched. trailing_stop: follows the best price since submission.
// * opg: at the next open, or canceled. cls: at the session's close (instruments without sessions:
//   at the close of the bar just closed if submitted at its end, else of the next bar).
// * day: expires at the first session close after its submission (instruments without sessions:
//   never). Fills inside a bar carry the bar's end.
// Rules on quotes (settings.quotes): marketable orders fill at once at the touch, resting limits at
// their limit when the other side reaches it; bars then only set the last price.
// Errors: an order the engine cannot carry is answered by a `rejected` event; unknown ids in
// cancel() by false. Source: strategies spec 3.1, 4.8; broker protocol 2.3, 2.5; contract 2.1.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages/bar.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"
#include "messages/step.hpp"

namespace tradewind::broker {

enum class FillModel : std::uint8_t {
    next_open,              // market orders at the next open; inside a bar conservative
    this_close,             // market orders at the close just seen; inside a bar conservative
    intrabar_conservative,  // as next_open
    intrabar_optimistic,    // as next_open; inside a bar the favourable order of prices
};

// Index of a symbol in the engine: dense, in the order of first registration.
using SlotId = std::uint32_t;

struct FeeRates {
    Fraction maker;  // resting limits
    Fraction taker;  // market, stop, and limits that fill on arrival
};

struct MatchingSettings {
    FillModel fill_model = FillModel::next_open;
    // Fee per side as a fraction of notional, by asset class (index: AssetClass).
    std::array<FeeRates, 3> fees{};
    // A limit fills only where the bar trades through it by this fraction of the limit ("fill
    // buffer"). 0: strictly through.
    Fraction fill_buffer;
    // Probability that a fill is partial; 0: never. The part is uniform, at least one lot.
    double partial_fill_probability = 0;
    std::uint64_t seed = 0;
    bool quotes = false;  // fill on quotes, not on bars

    // Every class and side pays `fee`.
    [[nodiscard]] static MatchingSettings flat_fee(FillModel model, Fraction fee);
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
    void submit(const Order& order, Timestamp now, std::vector<OrderEvent>& out);
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

    // Orders working or held, by slot, oldest first.
    [[nodiscard]] std::vector<Order> open_orders() const;
    [[nodiscard]] bool is_open(std::string_view order_id) const;
    [[nodiscard]] std::size_t working(SlotId slot) const { return working_[slot]; }
    [[nodiscard]] std::size_t slot_count() const { return working_.size(); }
    // The newest close, open or mid the engine saw; zero: none.
    [[nodiscard]] Price last_price(SlotId slot) const { return last_[slot].price; }
    [[nodiscard]] Symbol symbol(SlotId slot) const;

  private:
    struct Last {
        Price price;
        Timestamp time;
    };
    class Book;  // the working orders of one symbol

    void match_open(SlotId slot, Timestamp time, Price open, std::vector<OrderEvent>& out);
    void match_bar(SlotId slot, const Bar& bar, std::vector<OrderEvent>& out);
    void settle(SlotId slot);

    MatchingSettings settings_;
    std::vector<std::uint32_t> working_;  // orders per slot, held children included
    std::vector<Last> last_;
    std::vector<std::unique_ptr<Book>> books_;
    std::unordered_map<Symbol, SlotId> by_symbol_;
    std::unordered_map<std::string, SlotId> open_;  // order id -> slot
};

}  // namespace tradewind::broker

// The paper broker: a Broker whose exchange is the matching engine in the same process.
//
// Owned by one broker actor or one fused replay; not thread-safe; no clock. It keeps its own truth
// of the account from its own fills, as a remote broker would, so that reconciliation compares two
// books and not one with itself. Market inputs go in by the on_* functions, which are as cheap as
// the engine's; events come out by take_events() or, without the detour, through events().
// Source: architecture 3, contract 2.1.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "broker/broker.hpp"
#include "broker/matching_engine.hpp"
#include "orders/account_book.hpp"
#include "orders/blotter.hpp"
#include "orders/financing.hpp"

namespace tradewind::broker {

struct PaperTerms {
    std::string account_id = "paper";
    Money cash = Money::whole(100'000);
    Fraction leverage_cap = Fraction::whole(1);
    // Reject orders that the account cannot carry, as a real broker does; off for bar strategies.
    bool check_buying_power = false;
    // Forget orders once they closed, so that a long replay stays in the cache: find() then answers
    // absent for them, and their ids may be sent again.
    bool forget_closed_orders = false;
};

class PaperBroker final : public Broker {
  public:
    PaperBroker(MatchingSettings settings, PaperTerms terms);

    // Registers an instrument; engine and account use the same slot.
    SlotId add(const Instrument& instrument);
    SlotId slot(Symbol symbol);

    void submit(const Order& order, Timestamp now) override;
    void cancel(std::string_view order_id, Timestamp now) override;
    void take_events(std::vector<OrderEvent>& out) override;
    [[nodiscard]] Read<BrokerAccount> account(Timestamp now) override;
    [[nodiscard]] Read<std::vector<Position>> positions(Timestamp now) override;
    [[nodiscard]] Read<std::vector<Order>> open_orders(Timestamp now) override;
    [[nodiscard]] Read<std::optional<Order>> find(std::string_view order_id,
                                                  Timestamp now) override;

    void on_bar_opened(SlotId slot, Timestamp time, Price open) {
        engine_.on_bar_opened(slot, time, open, events_);
        if (booked_ != events_.size()) [[unlikely]]
            book();
    }
    void on_bar_closed(SlotId slot, const Bar& bar) {
        engine_.on_bar_closed(slot, bar, events_);
        if (booked_ != events_.size()) [[unlikely]]
            book();
    }
    void on_quote(const Quote& quote);
    void on_session(const SessionEvent& event, Timestamp time);
    void end_of_data(Timestamp now);
    void end_of_data(SlotId slot, Timestamp now);  // of one symbol

    // Events not yet taken, oldest first.
    [[nodiscard]] const std::vector<OrderEvent>& events() const { return events_; }
    void clear_events();

    // Margin interest and borrow fees from `from` to `to`, charged to the broker's cash.
    // Returns what was charged. Marks are the engine's last prices.
    Money accrue_financing(const market::ClassCosts& terms, Timestamp from, Timestamp to);

    [[nodiscard]] const MatchingEngine& engine() const { return engine_; }

  private:
    void book();
    void mark_all();
    [[nodiscard]] Money committed() const;
    [[nodiscard]] SlotId account_slot(Symbol symbol) const;

    MatchingEngine engine_;
    PaperTerms terms_;
    orders::AccountBook account_;
    orders::Blotter blotter_;
    std::vector<OrderEvent> events_;
    std::size_t closed_ = 0;  // orders closed since the blotter was last cleared of them
    std::size_t booked_ = 0;  // events of events_ that are in the books
};

}  // namespace tradewind::broker

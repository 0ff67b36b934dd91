// The orders of all accounts at the embedded exchange, and their matching against quotes.
//
// Why not the matching engine of the paper broker: an exchange must survive a kill with orders in
// any state (trailing marks, triggered stops, half-filled brackets), so everything here is plain
// data that a snapshot holds. The price rules themselves are market/fill_rules.hpp, the states
// orders/order_state_machine.hpp, the brackets orders/bracket.hpp, as everywhere.
//
// Rules: an order that is marketable on arrival takes the touch (taker); one that rested fills at
// its limit when the other side reaches it (maker). ioc and fok fill on arrival or are canceled.
// opg takes part in the next opening auction, cls in the closing one. day orders expire at the
// session's close, gtc orders after 90 days. Held children begin to work with the first fill of
// their parent, never for more than it filled, and the last one standing cancels the others.
// Deterministic: a partial fill is drawn from (seed, order id, ordinal). One owner, one thread, no
// clock. Source: broker protocol 2.3 and 2.5, architecture 3.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "broker/exchange/exchange_account.hpp"
#include "broker/exchange/exchange_order.hpp"
#include "market/cost_model.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"

namespace tradewind::broker {

constexpr std::int64_t kGoodTillCanceledLife = 90 * kDay;

struct AccountOrderEvent {
    std::string account;
    OrderEvent event;
};

struct BookTerms {
    market::CostModel costs;
    std::uint64_t seed = 0;
    double partial_fill_probability = 0;
    bool coin_fees_in_kind = false;  // a buyer of coins pays in coins, not in cash
};

// What a change of an order looks like from outside, with the order already in its new state.
struct OrderNews {
    std::string_view event;      // the broker's word: `new`, `fill`, `canceled`, ...
    const Fill* fill = nullptr;  // of an execution
    Timestamp time;
};

class ExchangeBook {
  public:
    using Accounts = std::map<std::string, ExchangeAccount>;

    // `accounts` outlives the book and receives the fills.
    ExchangeBook(BookTerms terms, Accounts& accounts);

    // Appends to the events, in order of happening.
    // The order (valid, its id new) and its bracket's children enter the book. `quote`: null while
    // the symbol's session is closed.
    void enter(const std::string& account, const Order& order, const Instrument& instrument,
               const Quote* quote, Timestamp now, std::vector<AccountOrderEvent>& out);
    // The head of a group and its legs (one entry: a simple order), each with its remote terms; ids
    // new. `quote`: null while this order may not trade.
    void enter_group(std::vector<ExchangeOrder> entries, const Instrument& instrument,
                     const Quote* quote, Timestamp now, std::vector<AccountOrderEvent>& out);
    // `successor` takes the place of the working order `order_id`, in its group too, for what the
    // old one had not filled. False: that one does not work.
    bool replace(std::string_view order_id, ExchangeOrder successor, const Instrument& instrument,
                 const Quote* quote, Timestamp now, std::vector<AccountOrderEvent>& out);
    // The market of this symbol opens for the waiting orders: all, or those of extended hours.
    void route(const Instrument& instrument, const Quote& quote, bool extended_only, Timestamp now,
               std::vector<AccountOrderEvent>& out);
    // The extended session ends: day orders that were good for it expire.
    void close_extended(const Instrument& instrument, Timestamp now,
                        std::vector<AccountOrderEvent>& out);
    // False: not working or held.
    bool cancel(const std::string& account, std::string_view order_id, Timestamp now,
                std::string_view reason, std::vector<AccountOrderEvent>& out);
    // All that is open of it is executed now, at its limit or the touch; a stop does not wait.
    // False: it does not work.
    bool execute_now(const std::string& account, std::string_view order_id, const Quote& quote,
                     const Instrument& instrument, Timestamp now,
                     std::vector<AccountOrderEvent>& out);
    void match(const Quote& quote, const Instrument& instrument, Timestamp now,
               std::vector<AccountOrderEvent>& out);
    void open_auction(const Instrument& instrument, Price price, Timestamp now,
                      std::vector<AccountOrderEvent>& out);
    // The session ends: closing auction (zero: without a price there is none), then expiries.
    void close_session(const Instrument& instrument, Price price, Timestamp now,
                       std::vector<AccountOrderEvent>& out);

    // Null: no such order.
    [[nodiscard]] const ExchangeOrder* find(const std::string& account,
                                            std::string_view order_id) const;
    // Not closed, held children included, in order of entry. A copy: what is done with them may
    // close others.
    [[nodiscard]] std::vector<const ExchangeOrder*> open_orders() const { return in_order_; }
    // Those of the symbol.
    [[nodiscard]] std::vector<const ExchangeOrder*> open_orders(const Symbol& symbol) const;
    [[nodiscard]] bool has_open_orders(const Symbol& symbol) const;
    [[nodiscard]] const std::deque<ExchangeOrder>& orders() const { return orders_; }
    // By the exchange's own id; null: no such order.
    [[nodiscard]] const ExchangeOrder* find_id(const std::string& account,
                                               std::string_view id) const;
    [[nodiscard]] bool has_extended_orders() const { return extended_ != 0; }
    [[nodiscard]] bool has_extended_orders(const Symbol& symbol) const;
    // Called on every change of a remote order, from inside the calls above; nothing else is told.
    using Observer = std::function<void(const ExchangeOrder&, const OrderNews&)>;
    void observe(Observer observer) { observer_ = std::move(observer); }
    // Puts a stored order back; in order of entry, before anything else happens.
    void restore(ExchangeOrder order);

    [[nodiscard]] const BookTerms& terms() const { return terms_; }
    void set_terms(BookTerms terms) { terms_ = std::move(terms); }

  private:
    enum class Arrival : std::uint8_t { on_entry, resting };
    struct Execution {
        Price price;
        market::Liquidity liquidity = market::Liquidity::taker;
    };

    static std::string key(const std::string& account, std::string_view order_id);
    ExchangeOrder* record(const std::string& account, std::string_view order_id);
    std::vector<ExchangeOrder*> working(const Symbol& symbol);
    std::vector<ExchangeOrder*> held_oco_stops(const Symbol& symbol);
    std::vector<ExchangeOrder*> children(const ExchangeOrder& parent);
    ExchangeOrder* parent_of(const ExchangeOrder& child);
    void tell(ExchangeOrder& order, std::string_view event, Timestamp now,
              const Fill* fill = nullptr);
    void activate_children(ExchangeOrder& parent, Timestamp now,
                           std::vector<AccountOrderEvent>& out);
    void close_group(ExchangeOrder& head, std::string_view reason, Timestamp now,
                     std::vector<AccountOrderEvent>& out);
    void after_leg_close(ExchangeOrder& leg, ExchangeOrder& head, OrderEventKind kind,
                         Timestamp now, std::vector<AccountOrderEvent>& out);
    void try_oco_stop(ExchangeOrder& leg, const Quote& quote, const Instrument& instrument,
                      Timestamp now, std::vector<AccountOrderEvent>& out);
    void size_by_notional(ExchangeOrder& order, const Instrument& instrument, const Quote& quote);
    // What its fate lets it execute now, of what is open.
    static Quantity allowed_by_fate(const ExchangeOrder& order, Quantity open,
                                    const Instrument& instrument, Timestamp now);
    // True: its fate has ended it now.
    bool ended_by_fate(ExchangeOrder& order, Timestamp now, std::vector<AccountOrderEvent>& out);
    // What may still be executed: the open quantity, of a child at most what its parent filled.
    Quantity executable(const ExchangeOrder& order);

    void emit(ExchangeOrder& order, OrderEvent event, std::vector<AccountOrderEvent>& out);
    void close(ExchangeOrder& order, OrderEventKind kind, std::string_view reason, Timestamp now,
               std::vector<AccountOrderEvent>& out);
    void try_quote(ExchangeOrder& order, const Quote& quote, const Instrument& instrument,
                   Arrival arrival, Timestamp now, std::vector<AccountOrderEvent>& out);
    bool try_auction(ExchangeOrder& order, const Instrument& instrument, Price price, bool at_open,
                     Timestamp now, std::vector<AccountOrderEvent>& out);
    void execute(ExchangeOrder& order, Quantity quantity, Execution execution,
                 const Instrument& instrument, Timestamp now, std::vector<AccountOrderEvent>& out);
    void after_execution(ExchangeOrder& order, Quantity quantity, Timestamp now,
                         std::vector<AccountOrderEvent>& out);
    void after_close(ExchangeOrder& order, OrderEventKind kind, Timestamp now,
                     std::vector<AccountOrderEvent>& out);
    void resize_children(ExchangeOrder& parent);
    [[nodiscard]] Quantity drawn_quantity(const ExchangeOrder& order, Quantity open,
                                          const Instrument& instrument) const;

    BookTerms terms_;
    Accounts& accounts_;
    std::deque<ExchangeOrder> orders_;
    std::map<std::string, ExchangeOrder*, std::less<>> by_key_;
    std::map<std::string, ExchangeOrder*, std::less<>> by_id_;
    std::map<Symbol, std::vector<ExchangeOrder*>> open_;
    std::vector<const ExchangeOrder*> in_order_;  // the same, in order of entry
    std::size_t extended_ = 0;                    // open orders with extended_hours
    Observer observer_;
};

}  // namespace tradewind::broker

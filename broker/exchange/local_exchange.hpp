// An own account matched against another market's quotes: what a broker's paper account would do,
// with nothing sent to anybody.
//
// It is told the time and the quotes; orders rest in an ExchangeBook and fill when a quote reaches
// them. A new order meets the newest quote if that one is young, and else waits for the next.
// Sessions follow the calendar of the symbol's class: a session that ended is closed with its last
// quote, an auction at the open takes the first one. While no quotes come nothing fills.
//
// Durable: when submit() or cancel() returns, the command is on disk; when take_events() returns
// events, so is all that they follow from. After a kill at any instant it resumes there, with the
// same orders, positions and cash. Dropping the object is the same as a kill. One owner, one
// thread, no clock. Errors: Error as the store's (exchange_store.hpp); corrupt where the journal
// does not reproduce what it recorded, usage where a symbol with orders is not among the
// instruments. Source: contract 2.5 (`--broker local`), architecture 3.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/exchange/exchange_book.hpp"
#include "broker/exchange/order_refusal.hpp"
#include "messages/step.hpp"

namespace tradewind::broker {

class ExchangeStore;

// Counts for a new store; of an old one the costs and the leverage are taken over from here on.
struct LocalTerms {
    std::string account_id = "LOCAL-1";
    Money cash = Money::whole(100'000);
    Fraction leverage = Fraction::whole(2);
    std::string costs = "realistic";  // market/cost_model.hpp preset
    Timestamp start;                  // its time at the first opening
    // On arrival an order is filled by no quote that came longer ago, in exchange time.
    std::int64_t quote_age_ns = 10 * kSecond;
};

class LocalExchange {
  public:
    LocalExchange(const std::filesystem::path& folder, const LocalTerms& terms,
                  std::vector<Instrument> instruments);
    ~LocalExchange();
    LocalExchange(const LocalExchange&) = delete;
    LocalExchange& operator=(const LocalExchange&) = delete;

    [[nodiscard]] Timestamp time() const { return time_; }
    // Sessions that ended until then are closed. A time that has passed changes nothing.
    void advance_to(Timestamp now);
    // A price of the symbol, where no quote is known yet: it values, and fills nothing.
    void set_reference(const Symbol& symbol, Price price);
    // At time(). A quote of a symbol that is not traded here changes nothing.
    void on_quote(const Quote& quote);

    // Empty: accepted; what becomes of it comes as events.
    [[nodiscard]] std::optional<ExchangeRefusal> submit(const Order& order);
    [[nodiscard]] std::optional<ExchangeRefusal> cancel(std::string_view order_id);
    // Moves the events since the last call to the end of `out`.
    void take_events(std::vector<OrderEvent>& out);

    [[nodiscard]] BrokerAccount account() const;
    [[nodiscard]] std::vector<Position> positions() const;
    [[nodiscard]] std::vector<Order> orders() const;  // closed ones too
    [[nodiscard]] const std::vector<Fill>& fills() const { return holder().fills; }

    // The whole state as text: equal texts, equal exchanges.
    [[nodiscard]] std::string state() const;

  private:
    struct Known {
        Quote quote;
        Timestamp came;  // zero: never, it is a reference
    };
    [[nodiscard]] const ExchangeAccount& holder() const { return accounts_.begin()->second; }
    [[nodiscard]] OrderDesk desk() const;
    [[nodiscard]] const Known& newest(const Symbol& symbol) const;
    [[nodiscard]] const Quote& quote_of(const Symbol& symbol) const { return newest(symbol).quote; }
    [[nodiscard]] bool is_young(const Symbol& symbol) const;
    [[nodiscard]] const Instrument& instrument(const Symbol& symbol) const;
    [[nodiscard]] bool is_open(const Symbol& symbol) const;
    void open_account(const LocalTerms& terms);
    void load(const std::string& snapshot, const LocalTerms& terms);
    void apply_record(const std::string& text);
    void enter(const Order& order, bool at_quote);
    void match(const Quote& quote);
    void close_session(const Symbol& symbol, Price price, Timestamp at);
    void append(const std::string& text, bool sync);
    void write_snapshot();
    void gather();

    std::unique_ptr<ExchangeStore> store_;
    std::map<Symbol, Instrument> instruments_;
    LocalTerms terms_;
    Timestamp time_;
    std::uint64_t order_events_ = 0;
    std::uint64_t snapshot_bytes_ = 0;
    ExchangeBook::Accounts accounts_;  // one
    std::unique_ptr<ExchangeBook> book_;
    std::map<Symbol, Known> quotes_;
    std::vector<AccountOrderEvent> order_out_;  // scratch
    std::vector<OrderEvent> pending_;
};

}  // namespace tradewind::broker

// The embedded exchange: a whole market with accounts in this process, on its own time, with its
// own store. The daemon trades on it as on a remote broker, reconciliation included.
//
// What happens is a function of (market terms, settings, the commands accepted with their times):
// it has no clock; the owner says how late it is at the exchange, and how fast that goes is the
// owner's business. Between two calls it makes, at every multiple of the quote interval, in this
// order: minute bars that ended, session close, session open, then per symbol quote, trade and what
// the quote does to the orders.
//
// Durable: when submit() or cancel() returns, the command is on disk; when advance_to() returns
// order events, so is the time up to which they follow from the commands. After a kill at any
// instant the exchange resumes there, with the same orders, positions and cash. Dropping the object
// is the same as a kill.
//
// One owner, one thread. Accounts: one is opened by the settings, others by open_account().
// Errors: Error as the store's (exchange_store.hpp); corrupt also where the journal does not
// reproduce what it recorded. Source: architecture 3, contract 2.4, broker protocol 1.5 and 2.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "broker/broker.hpp"
#include "broker/exchange/exchange_book.hpp"
#include "broker/exchange/exchange_market.hpp"
#include "broker/exchange/order_refusal.hpp"
#include "messages/step.hpp"

namespace tradewind::broker {

class ExchangeStore;

struct ExchangeSettings {
    Timestamp start;  // exchange time at the first opening of the store
    std::uint64_t seed = 1;
    // Quotes of an open symbol are this far apart; a divisor of a minute, at least 100 ms. The
    // owner derives it from the speed: five quotes per real second are 12 s at 60x.
    std::int64_t quote_interval_ns = 12 * kSecond;
    std::string account_id = "PAPER-1";
    Money cash = Money::whole(100'000);
    Fraction leverage = Fraction::whole(2);  // of equity, for stocks; coins need cash
    std::string costs = "realistic";         // market/cost_model.hpp preset: the fees
    double partial_fill_probability = 0;
};

using ExchangePayload = std::variant<Quote, Trade, BarClosed, SessionEvent, AccountOrderEvent>;
struct ExchangeEvent {
    Timestamp time;
    ExchangePayload payload;
};

class EmbeddedExchange {
  public:
    // Opens the store in `folder`, or makes a new one. `settings` count for a new store; of an old
    // one only the quote interval, leverage, costs and partial fills are taken over from here on,
    // start, seed and accounts stay. `market` is made from the same terms (stored_market_terms).
    EmbeddedExchange(const std::filesystem::path& folder, const ExchangeSettings& settings,
                     std::unique_ptr<const ExchangeMarket> market);
    ~EmbeddedExchange();
    EmbeddedExchange(const EmbeddedExchange&) = delete;
    EmbeddedExchange& operator=(const EmbeddedExchange&) = delete;

    // The terms of the market that the store in `folder` was made with; empty: no store there.
    [[nodiscard]] static std::optional<std::string> stored_market_terms(
        const std::filesystem::path& folder);

    [[nodiscard]] Timestamp time() const { return time_; }
    [[nodiscard]] const ExchangeMarket& market() const { return *market_; }
    [[nodiscard]] const ExchangeSettings& settings() const { return settings_; }
    // True while the symbol's session is open.
    [[nodiscard]] bool is_open(const Symbol& symbol) const;

    // Moves on to `now` and appends everything since the last call to `out`, in order, what the
    // commands in between caused included. A time that has passed changes nothing.
    void advance_to(Timestamp now, std::vector<ExchangeEvent>& out);

    // Commands at `now` (or at time(), where that is later). The order's id is the client order id.
    // Empty: accepted; what becomes of it comes as events.
    [[nodiscard]] std::optional<ExchangeRefusal> submit(const std::string& account,
                                                        const Order& order, Timestamp now);
    [[nodiscard]] std::optional<ExchangeRefusal> cancel(const std::string& account,
                                                        std::string_view order_id, Timestamp now);
    void open_account(const std::string& account, Money cash);

    // Commands of a remote client, at time(): the caller has advanced to now and admitted the
    // order (broker/exchange/server/order_admission.hpp). Durable when they return.
    void submit_group(std::vector<ExchangeOrder> entries);
    void replace(const std::string& order_id, const ExchangeOrder& successor);
    // What is open of the order is executed at once, at its limit or the touch. False: it does not
    // work, or its market is closed.
    bool execute_now(const std::string& account, std::string_view order_id);
    void set_document(const std::string& account, const std::string& name,
                      const std::string& text);  // empty text: removed
    // True while an order of this symbol may trade: in session, or in the extended one.
    [[nodiscard]] bool may_trade(const Symbol& symbol, bool extended_hours) const;
    [[nodiscard]] bool has_account(const std::string& account) const {
        return accounts_.contains(account);
    }

    // The books themselves, as of time(); references last until the next call that changes them.
    [[nodiscard]] const ExchangeBook& book() const { return *book_; }
    [[nodiscard]] const ExchangeAccount& books_of(const std::string& account) const {
        return account_of(account);
    }
    // exchange_book.hpp: of what happens from here on, before it is durable.
    void observe(ExchangeBook::Observer observer) { book_->observe(std::move(observer)); }

    // The truth as of time(). Unknown accounts throw Error (usage).
    [[nodiscard]] BrokerAccount account(const std::string& account) const;
    [[nodiscard]] std::vector<Position> positions(const std::string& account) const;
    [[nodiscard]] std::vector<Order> open_orders(const std::string& account) const;
    [[nodiscard]] std::vector<Order> orders(const std::string& account) const;  // closed ones too
    [[nodiscard]] std::optional<Order> find(const std::string& account,
                                            std::string_view order_id) const;
    // Executions from the `from`th on, oldest first: what a reader that lost the stream needs.
    [[nodiscard]] std::vector<Fill> fills(const std::string& account, std::size_t from = 0) const;

    // Cash and positions as they were at `time`, at that time's prices; from the executions alone.
    [[nodiscard]] Money equity_at(const std::string& account, Timestamp time) const;

    // Bars that have ended, start in [from, to), ascending: recorded, then generated ones.
    [[nodiscard]] std::vector<Bar> daily_bars(const Symbol& symbol, Timestamp from,
                                              Timestamp to) const;
    [[nodiscard]] std::vector<Bar> minute_bars(const Symbol& symbol, Timestamp from,
                                               Timestamp to) const;

    // The whole state as text: equal texts, equal exchanges.
    [[nodiscard]] std::string state() const;
    // Writes a snapshot and empties the journal. advance_to() does it by itself now and then.
    void compact();

  private:
    enum class Replaying : bool { no, yes };

    void load(const std::string& snapshot);
    void replay(const std::vector<std::string>& records);
    void adopt(const ExchangeSettings& settings);
    void apply_record(const std::string& text);

    void run_to(Timestamp now, Replaying replaying);
    void process(Timestamp now, Replaying replaying);
    void process_calendar(market::TradingCalendar calendar, Timestamp now, Replaying replaying);
    void process_extended(Timestamp now, Replaying replaying);
    void open_session(const Symbol& symbol, Timestamp now, Replaying replaying);
    void enter_group(std::vector<ExchangeOrder> entries);
    void apply_execute(const std::string& account, std::string_view order_id);
    void apply_replace(const std::string& order_id, ExchangeOrder successor);
    void commit(std::string text);
    [[nodiscard]] bool is_active(Timestamp now) const;
    [[nodiscard]] Timestamp next_active(Timestamp now) const;
    void emit(Timestamp time, ExchangePayload payload, Replaying replaying);
    void emit_orders(Replaying replaying);
    void record_time(bool sync);
    void settle_time();

    [[nodiscard]] std::optional<ExchangeRefusal> refusal(const std::string& account,
                                                         const Order& order) const;
    [[nodiscard]] OrderDesk desk_of(const std::string& account) const;
    void enter(const std::string& account, const Order& order);
    [[nodiscard]] const ExchangeAccount& account_of(const std::string& account) const;
    [[nodiscard]] const std::vector<Symbol>& symbols_of(market::TradingCalendar calendar) const;

    std::unique_ptr<ExchangeStore> store_;
    ExchangeSettings settings_;
    std::unique_ptr<const ExchangeMarket> market_;
    std::vector<Symbol> stocks_;
    std::vector<Symbol> coins_;
    Timestamp time_;
    Timestamp recorded_time_;  // of the newest journal record
    std::uint64_t order_events_ = 0;
    std::uint64_t recorded_order_events_ = 0;
    ExchangeBook::Accounts accounts_;
    std::unique_ptr<ExchangeBook> book_;
    std::vector<AccountOrderEvent> order_out_;  // scratch
    std::vector<ExchangeEvent> pending_;
};

}  // namespace tradewind::broker

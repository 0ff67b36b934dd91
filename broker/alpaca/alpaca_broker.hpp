// The account at Alpaca behind the order path's Broker interface.
//
// Threads of its own: one owns the order tracker and never waits for the network; others send
// orders, cancels (several at a time), and look-ups, each over its connection, so that none waits
// behind another's answer; one reads account, positions, open orders and clock (the audit); one
// follows the trade updates. The public functions may be called from one other thread, do not block
// on the network, and hand over what happened since the last call.
//
// Entries leave only while the state is known: the stream listens, the reads after its last
// (re)connect succeeded and are not older than the audit period, books and broker agree, the
// account may trade. Else an entry comes back as `rejected` with the reason, and an exit waits.
// A position that differs from the books is a contradiction until executions explain it: those of
// known orders, or of orders by hand that the account's activities name, which are adopted then;
// after ten minutes it is adopted as a correction, with the cash that belongs to it. An order by
// hand in dollars has no quantity: it is adopted at its end, with what it filled. Source: contract
// 9, architecture 8, broker protocol 9.
#pragma once

#include <atomic>
#include <condition_variable>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "broker/alpaca/exchange_clock.hpp"
#include "broker/alpaca/exit_legs.hpp"
#include "broker/alpaca/request_lane.hpp"
#include "broker/alpaca/trade_stream.hpp"
#include "broker/alpaca/trading_client.hpp"
#include "broker/broker.hpp"
#include "messages/step.hpp"

namespace tradewind::broker::alpaca {

// The broker's truth taken over where no execution explains it.
struct AccountCorrection {
    Symbol symbol;      // empty: cash
    Quantity quantity;  // the position from now on, signed
    Price average;      // its average entry price
    Money cash;         // change of cash
    std::string cause;
};

struct BrokerTerms {
    std::map<Symbol, AssetClass> symbols;
    std::shared_ptr<const std::atomic<bool>> kill_switch;  // read before every entry leaves
    // Nothing is sent or canceled: new orders come back as rejected, those of the start stay.
    bool read_only = false;
    std::function<void(const std::string&)> log;  // any thread
    // Called once where a thread of the client failed: nothing more is done then. Any thread.
    std::function<void(std::exception_ptr)> failed;
    std::int64_t adopt_after_ns = 10 * kMinute;
    TrackerTerms tracker;
};

// What the books hold once the start's reconciliation is applied.
struct BrokerStart {
    struct Held {
        Order order;
        std::vector<Fill> executed;
        bool at_broker = false;  // of a leg: found there
    };
    std::vector<Held> open_orders;
    // Entries, ended or not, with all of their legs, some of which have not (exit_legs.hpp).
    struct Exits {
        Order entry;
        std::vector<Held> legs;
    };
    std::vector<Exits> exits;
    std::vector<Order> unsent_exits;
    std::set<std::string> closed_orders;    // of which nothing new can be told
    std::set<std::string> closed_unfilled;  // of them: perhaps given up too early
    Timestamp since;                        // the books' last news; zero: a day ago
    std::map<Symbol, Quantity> positions;
    Money cash;
};

struct BrokerCondition {
    bool known = false;
    bool listening = false;  // the trade updates
    std::vector<std::string> reasons;
};

class AlpacaBroker final : public Broker {
  public:
    AlpacaBroker(const AlpacaSettings& settings, BrokerTerms terms, SharedBudgetPtr budget,
                 std::shared_ptr<ExchangeClock> clock, const BrokerStart& start);
    ~AlpacaBroker() override;

    void submit(const Order& order, Timestamp now) override;
    void cancel(std::string_view order_id, Timestamp now) override;
    void take_events(std::vector<OrderEvent>& out) override;
    [[nodiscard]] Read<BrokerAccount> account(Timestamp now) override;
    [[nodiscard]] Read<std::vector<Position>> positions(Timestamp now) override;
    [[nodiscard]] Read<std::vector<Order>> open_orders(Timestamp now) override;
    [[nodiscard]] Read<std::optional<Order>> find(std::string_view order_id,
                                                  Timestamp now) override;

    // Changes of the state since the last call, and corrections of the books.
    void take_states(std::vector<BrokerState>& out);
    void take_corrections(std::vector<AccountCorrection>& out);
    // Orders of the traded symbols that this program did not send, once each, with nothing filled:
    // what was executed of them comes as events from then on.
    void take_adopted(std::vector<Order>& out);
    [[nodiscard]] BrokerCondition condition() const;
    // Reads everything again soon.
    void audit_now();
    // Waits until nothing is being sent or canceled, at most so long; false: not in time.
    bool wait_until_idle(std::int64_t most_ms);

  private:
    struct Audit {
        Moment asked;
        std::optional<WireAccount> account;
        std::optional<std::vector<WirePosition>> positions;
        std::optional<std::vector<WireOrder>> orders;
        std::vector<WireOrder> unknown;  // executed since positions and books last agreed
        std::string fault;               // empty: all of them are there
    };
    // What a difference of positions asks of the next audit.
    struct Search {
        Timestamp since;
        std::set<Symbol> symbols;
        std::set<std::string> known;  // ids at the broker
    };
    using Job = std::function<void(Moment)>;
    struct Difference {
        int audits = 0;
        int seen = 0;  // audits in a row by which no order in motion excuses it
        std::int64_t since_ns = 0;
    };

    void begin(const BrokerStart& start);
    void push(Job job);
    [[nodiscard]] Moment now() const;
    void run();
    void run_audits();
    // Runs one of the two; what it throws is a failure.
    void guard(void (AlpacaBroker::*body)());
    void fail(std::exception_ptr failure);
    [[nodiscard]] std::unique_ptr<RequestLane> make_lane();
    [[nodiscard]] Audit read_all();
    [[nodiscard]] std::vector<WireOrder> read_unknown(const Search& search);
    bool wait_for_budget();
    void perform(const Work& work);
    void post(const Work& work);
    void cancel(const Work& work);
    void read(const Work& work);
    // Told on the owner's thread, which the work's kinds are free for again from then on.
    void finished(WorkKind kind, TradingClient& client, Job told);
    void audited(const Audit& audit, Moment now);
    void heard(const TradeUpdate& update, Moment now);
    void adopt(const WireOrder& wire, Moment now);
    // True: every position is the same.
    bool check_positions(const Audit& audit, Moment now);
    void check_position(const Symbol& symbol, const WirePosition* theirs, const Audit& audit,
                        Moment now);
    // Adopts the orders that explain the differences.
    void explain(const Audit& audit, Moment now);
    void check_cash(const Audit& audit);
    // The cash from now on, with the correction that says so.
    void adopt_cash(Money cash, const std::string& cause);
    void judge(Moment now);
    void publish(Moment now);
    void ask_for_legs(Moment now);
    void send_leg(const ExitLegs::Requests::Send& asked, Moment now);
    [[nodiscard]] AssetClass class_of(const Symbol& symbol) const;
    void book(const std::vector<OrderEvent>& events, std::int64_t now_ns);
    [[nodiscard]] std::vector<std::string> doubts(Moment now) const;
    [[nodiscard]] bool moved_since(const Symbol& symbol, const Audit& audit) const;

    AlpacaSettings settings_;
    BrokerTerms terms_;
    SharedBudgetPtr budget_;
    std::shared_ptr<ExchangeClock> clock_;
    TradingClient audit_client_;

    // Of the owner's thread.
    OrderTracker tracker_;
    ExitLegs legs_;
    std::map<std::string, std::vector<Fill>> executed_;  // of legs, before the start
    WorkKinds free_ = WorkKinds::all();                  // kinds whose lane has nothing under way
    std::set<std::string> closed_before_;    // orders of the books that had ended at the start
    std::set<std::string> closed_unfilled_;  // of them, without an execution
    std::map<Symbol, Quantity> positions_;
    std::map<Symbol, Quantity> bought_;  // coins since books and broker last agreed
    std::map<Symbol, std::int64_t> moved_ns_;
    Money cash_;
    std::int64_t cash_moved_ns_ = INT64_MIN;
    std::map<Symbol, Difference> differences_;
    Timestamp agreed_;  // every position was the same
    int cash_differs_ = 0;
    std::vector<AccountCorrection> corrected_;  // by this audit
    bool listening_ = false;
    std::string stream_reason_ = "trade updates: not listening yet";
    std::int64_t listening_since_ns_ = 0;
    std::int64_t good_audit_ns_ = INT64_MIN;  // asked at
    std::string audit_fault_ = "the account has not been read yet";
    bool blocked_ = false;
    bool told_ = false;
    BrokerCondition judged_;

    // Shared.
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Job> jobs_;
    std::vector<OrderEvent> events_;
    std::vector<BrokerState> states_;
    std::vector<AccountCorrection> corrections_;
    std::vector<Order> adopted_;
    BrokerCondition condition_;
    Audit newest_;
    std::int64_t newest_ns_ = INT64_MIN;
    std::vector<Order> open_;
    bool idle_ = true;
    std::condition_variable idle_wake_;
    std::condition_variable audit_wake_;
    bool audit_asked_ = false;
    bool audit_soon_ = false;  // something differs that the next audit may explain
    std::optional<Search> search_;
    std::atomic<bool> stop_ = false;

    std::unique_ptr<TradeStream> stream_;
    std::thread audits_;
    std::thread owner_;
    // The last members: their threads end first.
    std::unique_ptr<RequestLane> posts_;
    std::vector<std::unique_ptr<RequestLane>> cancels_;
    std::vector<RequestLane*> free_cancels_;  // of the owner's thread
    std::unique_ptr<RequestLane> reads_;
};

}  // namespace tradewind::broker::alpaca

// What is known of each order that this program sent, and what must be done to know the rest.
//
// Pure: commands, replies and stream updates go in, each with the time; work to do (requests) and
// order events come out. The caller does one piece of work at a time or several, and tells how each
// ended. Everything may come late, twice, in any order or not at all. What holds whatever happens:
//   * an order is sent under its own id, and again only after the broker said several times, over
//     some seconds, that it has no such order; evidence of it ends every repetition;
//   * an execution becomes one `filled` event, told apart by execution id and, where sources name
//     executions differently, by its place in the order's cumulative quantity, its size and price;
//   * a closing event comes after the executions it counts, and filled quantities never fall;
//   * once a POST has left whose outcome is open, an order that is given up ends as canceled, which
//     executions may still follow, never as rejected; found at work after all, it is canceled
//     there;
//   * an order that disappears from a list is looked up; only the broker's word on it closes it.
// A pair (target and stop of which one cancels the other) is one POST under the target's id; the
// stop has an id of the broker's making, which is learned from the reply, or from a look-up with
// legs. Until it is known no order that may be this stop counts as foreign.
// Times: `steady_ns` for deadlines, `exchange` for events. One owner, one thread. Source: contract
// 9, broker protocol 2.5 and 7, strategies spec I-14, I-15, I-20.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/alpaca/wire_values.hpp"

namespace tradewind::broker::alpaca {

struct Moment {
    std::int64_t steady_ns = 0;
    Timestamp exchange;
};

enum class WorkKind : std::uint8_t {
    post,        // POST /v2/orders
    cancel,      // DELETE /v2/orders/{id}
    look_up,     // by client order id
    executions,  // FILL activities since `since`
};

// Kinds of work, as a set.
class WorkKinds {
  public:
    [[nodiscard]] static constexpr WorkKinds all() { return WorkKinds(0xF); }
    [[nodiscard]] constexpr bool has(WorkKind kind) const { return (bits_ & bit(kind)) != 0; }
    constexpr void add(WorkKind kind) { bits_ |= bit(kind); }
    constexpr void remove(WorkKind kind) { bits_ &= ~bit(kind); }

  private:
    explicit constexpr WorkKinds(unsigned bits) : bits_(bits) {}
    static constexpr unsigned bit(WorkKind kind) { return 1U << static_cast<unsigned>(kind); }
    unsigned bits_;
};

struct Work {
    WorkKind kind = WorkKind::post;
    std::string client_order_id;
    std::string broker_id;  // of cancel
    Order order;            // of post
    // Of post: the stop that goes with it. Of look_up: the id of the order that this one, a stop,
    // went with; empty: none.
    std::optional<Order> stop;
    std::string head;
    bool with_legs = false;  // look_up: the stop's id at the broker is wanted too
    AssetClass asset_class = AssetClass::us_equity;
    Timestamp since;      // of executions
    bool urgent = false;  // look_up: the outcome of something sent is open
};

struct PostReply {
    enum class Kind : std::uint8_t {
        accepted,      // `order` is set
        duplicate,     // the id is taken: it is there
        refused,       // 4xx with a reason
        keys_refused,  // 401, or 403 without a reason of trading
        rate_limited,  // nothing was taken; again after `wait_ns`
        not_sent,      // no connection: surely not there
        unknown,       // time-out, reset, 5xx, a body that is no order
    };
    Kind kind = Kind::unknown;
    std::optional<WireOrder> order;
    std::string reason;
    std::int64_t wait_ns = 0;
};

struct LookUpReply {
    enum class Kind : std::uint8_t { found, absent, failed };
    Kind kind = Kind::failed;
    std::optional<WireOrder> order;
};

struct CancelReply {
    enum class Kind : std::uint8_t {
        requested,  // 204
        too_late,   // 422: closed already, or being canceled
        absent,     // 404
        failed,     // unknown
    };
    Kind kind = Kind::failed;
};

struct TrackerTerms {
    std::int64_t first_look_up_ns = 1 * kSecond;  // after an unknown outcome; then doubling
    std::int64_t absent_after_ns = 6 * kSecond;   // and after `absent_answers` answers
    int absent_answers = 4;
    std::int64_t poll_ns = 30 * kSecond;            // an open order without news is read
    std::int64_t cancel_poll_ns = 2 * kSecond;      // the same after a cancel was asked for
    std::int64_t settle_ns = 1 * kSecond;           // executions missing: activities are read
    int settle_attempts = 5;                        // then the order's own numbers are adopted
    std::int64_t entry_patience_ns = 20 * kSecond;  // an entry not there by then is given up
};

class OrderTracker {
  public:
    explicit OrderTracker(TrackerTerms terms = {});

    // Sends the order, as soon as sending is allowed. A known id changes nothing.
    void submit(const Order& order, AssetClass asset_class, Moment now);
    // Both as one order of the broker, under the target's id.
    void submit_pair(const Order& target, const Order& stop, AssetClass asset_class, Moment now);
    // Sends an order again that ended without an execution, refused or in another order's company.
    void renew(const Order& order, AssetClass asset_class, Moment now);
    // After a restart: an open order of the books, its executions so far, and whether the broker
    // already has it. One that it does not have is looked up before anything else.
    void restore(const Order& order, AssetClass asset_class, const std::vector<Fill>& executed,
                 Moment now);
    // An order that was given up in an earlier life, without an execution, and works after all: it
    // is canceled, and what it fills is told.
    void reclaim(const WireOrder& order, AssetClass asset_class, Moment now);
    // The same of a stop that went with `head`, perhaps: it has an id of the broker's making then.
    void restore_stop(const Order& stop, const std::string& head, AssetClass asset_class,
                      const std::vector<Fill>& executed, Moment now);
    void cancel(std::string_view client_order_id, Moment now);

    // While sending is not allowed no `post` is offered; cancels and look-ups are.
    void allow_sending(bool allowed) { sending_allowed_ = allowed; }
    // Entries that were never sent come back as rejected.
    void refuse_waiting_entries(const std::string& reason, Moment now);

    // The most urgent work of these kinds that is due; marks it as under way until the reply is
    // given.
    [[nodiscard]] std::optional<Work> next_work(Moment now, WorkKinds kinds = WorkKinds::all());
    // When the next work of these kinds falls due, steady; INT64_MAX: with news only.
    [[nodiscard]] std::int64_t next_due_ns(WorkKinds kinds = WorkKinds::all()) const;
    // Work that could not leave (the rate budget): due again at `due_ns`.
    void postpone(const Work& work, std::int64_t due_ns);

    void posted(const std::string& client_order_id, const PostReply& reply, Moment now);
    void looked_up(const std::string& client_order_id, const LookUpReply& reply, Moment now);
    void canceled(const std::string& client_order_id, const CancelReply& reply, Moment now);
    // Empty: the read failed.
    void read_executions(const std::optional<std::vector<WireExecution>>& executions, Moment now);
    void updated(const TradeUpdate& update, Moment now);
    // A whole list of open orders, read from `asked_at` on. Orders of ours that are not in it are
    // looked up; orders that are not ours are kept as foreign().
    void listed(const std::vector<WireOrder>& open, Moment asked_at, Moment now);
    // After a reconnect of the stream: everything open is read again.
    void doubt_all(Moment now);

    // Moves the events since the last call to the end of `out`.
    void take_events(std::vector<OrderEvent>& out);
    // What cannot be true, or has no explanation, each once.
    [[nodiscard]] std::vector<std::string> take_alarms();

    [[nodiscard]] bool knows(std::string_view client_order_id) const;
    [[nodiscard]] bool knows(const WireOrder& order) const;
    // The ids at the broker of what it knows.
    [[nodiscard]] std::set<std::string> broker_ids() const;
    // It may be the stop of a pair whose id at the broker is not known yet.
    [[nodiscard]] bool may_be_stop(const WireOrder& order) const;
    // The order as the broker has it; empty: not ours.
    [[nodiscard]] std::optional<Order> find(std::string_view client_order_id) const;
    [[nodiscard]] std::vector<Order> open_orders() const;
    [[nodiscard]] const std::vector<WireOrder>& foreign() const { return foreign_; }
    // An order whose outcome at the broker is open, or whose executions are incomplete.
    [[nodiscard]] bool unsettled() const;
    // Something is on its way to the broker, or a cancel has no answer yet.
    [[nodiscard]] bool sending_or_canceling() const;
    // True while an order of `symbol` may still be moving the position.
    [[nodiscard]] bool in_motion(const Symbol& symbol) const;

  private:
    enum class Phase : std::uint8_t {
        to_send,   // not at the broker
        sending,   // the POST is under way
        unknown,   // the outcome of a POST is open
        working,   // at the broker
        settling,  // closed at the broker, executions missing here
        closed,
    };
    struct Span {
        Quantity from;
        Quantity to;
    };
    struct Tracked {
        Order order;
        AssetClass asset_class = AssetClass::us_equity;
        Phase phase = Phase::to_send;
        std::string broker_id;
        std::string stop;          // of the target of a pair: the id of its stop
        std::string head;          // of the stop of a pair: the id of its target
        std::uint64_t number = 0;  // of submission
        Quantity reported;         // the highest cumulative quantity said by the broker
        Price average;             // with it
        std::vector<Span> spans;   // executions told, by cumulative quantity
        std::vector<std::pair<Quantity, Price>> told;  // the same by size and price
        std::set<std::string> execution_ids;
        bool accepted_told = false;
        bool closing_told = false;
        bool perhaps_there = false;  // a POST left, and its outcome was open
        bool given_up = false;       // closed here, not by the broker's word
        bool cancel_wanted = false;
        bool cancel_under_way = false;
        bool look_up_under_way = false;
        int absent = 0;  // answers in a row that there is no such order
        std::int64_t submitted_ns = 0;
        std::int64_t sent_ns = 0;
        std::int64_t look_up_due_ns = INT64_MAX;
        std::int64_t look_up_pause_ns = 0;
        std::int64_t post_due_ns = 0;
        std::int64_t cancel_due_ns = INT64_MAX;
        std::int64_t settle_due_ns = INT64_MAX;
        int settle_attempts = 0;
        WireStatus status = WireStatus::other;
        Timestamp updated;
        Timestamp complete;  // of the broker's newest word by which no execution is missing
        std::optional<OrderEvent> closing;  // told once the executions are complete
    };

    [[nodiscard]] Tracked* find_tracked(std::string_view client_order_id);
    [[nodiscard]] Tracked* find_tracked(const WireOrder& order);
    void tell(Tracked& tracked, OrderEventKind kind, Timestamp time, std::string reason = {});
    void apply(Tracked& tracked, const WireOrder& order, const std::string& reason, Moment now);
    bool execute(Tracked& tracked, const Fill& fill, Quantity cumulative);
    [[nodiscard]] bool covered(const Tracked& tracked, Quantity cumulative, Quantity size) const;
    void settle(Tracked& tracked, Moment now);
    // Executions of one order, of which some may have been told.
    void take_executions(Tracked& tracked, const std::vector<const WireExecution*>& all,
                         Moment now);
    void adopt_rest(Tracked& tracked, Moment now);
    void revive(Tracked& tracked, const WireOrder& said, Moment now);
    void give_up(Tracked& tracked, OrderEventKind kind, const std::string& reason, Moment now);
    void doubt(Tracked& tracked, Moment now);
    void absent(Tracked& tracked, Moment now);
    void look_up_stop(const WireOrder& order, Moment now);
    [[nodiscard]] bool waits_for_head(const Tracked& tracked) const;
    [[nodiscard]] bool is_stop_of(const Tracked& stop, const WireOrder& order) const;
    // What the state of a pair's target says of its stop.
    void follow_pair(Tracked& target, const WireOrder& said, Moment now);
    [[nodiscard]] static bool is_complete(const Tracked& tracked) {
        return tracked.order.filled_quantity >= tracked.reported;
    }
    [[nodiscard]] static Timestamp executions_since(const Tracked& tracked);
    [[nodiscard]] static bool wants_cancel(const Tracked& tracked);
    // When that work on the order falls due; INT64_MAX: there is none.
    [[nodiscard]] std::int64_t due_of(const Tracked& tracked, WorkKind kind) const;
    [[nodiscard]] static int rank_of(const Tracked& tracked, WorkKind kind);
    void alarm(std::string text);

    TrackerTerms terms_;
    std::map<std::string, Tracked, std::less<>> tracked_;
    std::map<std::string, std::string, std::less<>> by_broker_id_;
    std::set<std::string> retired_;  // ids at the broker of orders that were renewed
    std::vector<WireOrder> foreign_;
    std::vector<OrderEvent> events_;
    std::vector<std::string> alarms_;
    std::set<std::string> alarmed_;
    std::uint64_t submissions_ = 0;
    bool sending_allowed_ = false;
    bool executions_under_way_ = false;
    bool ids_comparable_ = false;  // activities name executions as the stream does
};

}  // namespace tradewind::broker::alpaca

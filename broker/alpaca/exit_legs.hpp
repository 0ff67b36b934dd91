// The exits that travel with an entry (orders/bracket.hpp), at a broker whose own brackets wait for
// the whole fill and end with a cancelled entry.
//
// Pure: orders, events of the tracker and the time go in; orders to send, ids to cancel and events
// of legs come out. Legs are active in the books from the entry's first fill on; the resting ones
// are sent when the entry has ended, for what it filled, and rest at the broker, whatever becomes
// of this program: target and stop as one order of the broker's, of which one cancels the other.
// Where both end with a day that only the target was for, the stop goes on alone; a stop or a
// target that the price has passed when it is sent leaves at once. A leg for the close is sent as a
// market-on-close order before the broker's last moment for them, in place of the resting one;
// after that moment, or when it was refused, as a market order. A coin's is a market order just
// before its day ends. An entry with such a leg is cancelled by then. One leg that ends, other than
// by its time, ends the others. Owned by AlpacaBroker's owner thread. Source:
// strategies spec 1.4, 4.8, I-8; broker protocol 2.3 (order classes, time in force).
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "broker/alpaca/order_tracker.hpp"
#include "messages/order.hpp"

namespace tradewind::broker::alpaca {

class ExitLegs {
  public:
    // What to ask of the tracker.
    struct Requests {
        struct Send {
            Order order;
            std::optional<Order> stop;  // goes with it: one cancels the other
            std::string head;           // the order went as the stop of that one, perhaps
            bool may_be_there = false;  // sent before a restart, perhaps: looked up first
            bool again = false;         // it ended without an execution
        };
        std::vector<Send> send;
        std::vector<std::string> cancel;
    };

    // Why the exit plan of `entry` cannot be kept here; empty: it can.
    [[nodiscard]] static std::string refusal(const Order& entry, AssetClass asset_class);

    // The entry is being sent; its legs are known under their ids.
    void add(const Order& entry, AssetClass asset_class = AssetClass::us_equity);
    // After a restart: the entry and all of its legs as the books have them, ended or not, and the
    // ids of legs that were found working at the broker.
    void restore(const Order& entry, const std::vector<Order>& legs,
                 const std::set<std::string>& there = {},
                 AssetClass asset_class = AssetClass::us_equity);
    [[nodiscard]] bool knows(std::string_view order_id) const;
    // False: the order is at the broker, or is none of these; its cancel is the tracker's.
    bool cancel(std::string_view order_id, Timestamp now, std::vector<OrderEvent>& events);

    // `events` of the tracker, to which those of legs are added in their place.
    void follow(std::vector<OrderEvent>& events, Timestamp now);
    // What the time asks for.
    void pass(Timestamp now, std::vector<OrderEvent>& events);
    [[nodiscard]] Requests take_requests();

  private:
    struct Leg {
        Order order;
        bool sent = false;
        bool again = false;   // the broker has had it before
        bool passed = false;  // the price was beyond it: it leaves at once
    };
    struct Group {
        Order entry;
        std::vector<Leg> legs;
        AssetClass asset_class = AssetClass::us_equity;
        Quantity exited;
        bool restored = false;
        bool leaving = false;                  // the resting legs are being cancelled for the close
        bool canceled = false;                 // a leg was, by the client
        std::optional<OrderEvent> stop_ended;  // why it did its target's end will say
    };

    Group* group_of(std::string_view order_id);
    void entry_event(Group& group, const OrderEvent& event, std::vector<OrderEvent>& out);
    void leg_event(Group& group, Leg& leg, OrderEvent event, std::vector<OrderEvent>& out);
    void act(Group& group, Timestamp now);
    void send(Group& group, Leg& leg, Leg* stop = nullptr);
    void send_closing(Group& group, Leg& closing, std::int64_t left_ns);
    void cancel_sent(const Group& group);
    void send_resting(Group& group, Leg* target, Leg* stop);
    // True: an end of the leg that is not the books' business, since it goes on.
    static bool goes_on(Group& group, Leg& leg, OrderEvent& event);
    static bool is_exited(const Group& group);
    static bool outlives_target(Group& group, const Leg& stop, const OrderEvent& event);
    static void activate(Group& group, Timestamp now, std::vector<OrderEvent>& out);
    static void end_legs(Group& group, const std::string& reason, Timestamp now,
                         std::vector<OrderEvent>& out);
    static OrderEvent event_of(const Order& order, OrderEventKind kind, Timestamp now,
                               const std::string& reason = {});
    void forget_ended();

    std::map<std::string, Group, std::less<>> groups_;  // by the entry's id
    Requests requests_;
};

}  // namespace tradewind::broker::alpaca

// The blotter: every order of an account in the order it was entered, moved by order events.
//
// Owned by one actor; not thread-safe. Adding an entry with an exit plan adds its held children
// (orders/bracket.hpp); they end with a parent that closes without a fill. Executions are
// idempotent by their id. References stay valid until forget_closed(); an event of a forgotten
// order is one of an unknown order. Source: strategies spec I-14, I-15; contract section 9.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "messages/order.hpp"
#include "orders/order_state_machine.hpp"

namespace tradewind::orders {

struct BlotterResult {
    const Order* order = nullptr;  // null: no order of that id
    Transition transition;
    bool duplicate = false;  // an execution that was applied before
};

class Blotter {
  public:
    // False, and nothing changed, where the id is known: a second sending of one decision.
    bool add(Order order);

    BlotterResult apply(const OrderEvent& event);
    Transition request_cancel(std::string_view order_id);
    Transition cancel_refused(std::string_view order_id);

    // Null: unknown.
    [[nodiscard]] const Order* find(std::string_view order_id) const;
    // Orders of the symbol that are not closed (held children included), oldest first.
    [[nodiscard]] std::vector<const Order*> open_orders(Symbol symbol) const;
    [[nodiscard]] std::vector<const Order*> open_orders() const;
    // Whether `holds(order)` for one of the symbol's open orders.
    template <class Predicate>
    [[nodiscard]] bool any_open(Symbol symbol, Predicate&& holds) const {
        const auto found = open_by_symbol_.find(symbol);
        if (found == open_by_symbol_.end()) return false;
        for (const Record* each : found->second) {
            if (holds(each->order)) return true;
        }
        return false;
    }
    [[nodiscard]] std::size_t open_count() const { return open_count_; }

    // All orders, oldest first, children directly after their parent.
    void for_each(const std::function<void(const Order&)>& visit) const;
    [[nodiscard]] std::size_t size() const { return size_; }

    // Hands every closed order from the front of the blotter to `visit`, up to the first that is
    // still open, and forgets it: keeps a long run's memory bounded.
    void forget_closed(const std::function<void(const Order&)>& visit);

  private:
    struct Record {
        Order order;
        std::vector<std::string> fill_ids;
        std::vector<Record*> children;
        Record* parent = nullptr;
        Quantity group_filled;  // of a parent: what its children exited
    };
    Record* record(std::string_view order_id) const;
    Record& append(Order order);
    void note_closed(const Record& record);
    void resize_children(Record& parent);
    void close_or_resize_children(Record& parent, const OrderEvent& event);

    std::deque<Record> records_;
    std::unordered_map<std::string_view, Record*> by_id_;
    std::unordered_map<Symbol, std::vector<Record*>> open_by_symbol_;
    std::size_t open_count_ = 0;
    std::size_t size_ = 0;
};

}  // namespace tradewind::orders

// A market and a broker for laws on works of orders: quotes that wander, limits that are touched,
// partial executions, cancels that a fill may come before, answers that come a step later or are
// lost with the process that waited.
//
// Deterministic by its seed; owned by a test; one thread.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "actors/step/step_data.hpp"
#include "actors/wiring/reconcile.hpp"

namespace tradewind::test {

// The broker remembers every order it was sent, and all that it executed.
class WorkBroker {
  public:
    explicit WorkBroker(std::uint32_t seed, Money cash) : draw_(seed), cash_(cash) {}

    // Executes what the quotes reach; the events wait for take().
    void move(const std::vector<actors::SlotQuote>& quotes, Timestamp now);
    void send(const actors::SendRequest& request);
    std::vector<OrderEvent> take() { return std::exchange(events_, {}); }
    void lose_answers() { events_.clear(); }

    [[nodiscard]] actors::BrokerTruth truth(Timestamp now) const;
    [[nodiscard]] const std::vector<Order>& sent() const { return sent_; }
    [[nodiscard]] std::vector<Order> working() const;
    [[nodiscard]] bool cancelling(const std::string& id) const { return cancelling_.contains(id); }
    [[nodiscard]] Quantity entered(const std::string& decision_id,
                                   std::optional<Side> side = std::nullopt) const;
    [[nodiscard]] Quantity entered(Symbol symbol, Side side) const;  // by all decisions
    [[nodiscard]] const Quote& quote(Symbol symbol) const { return quotes_.at(symbol); }

  private:
    void tell(const Order& order, OrderEventKind kind, Timestamp now);
    void match(Order& order, Timestamp now);

    std::mt19937 draw_;
    Money cash_;
    std::map<std::string, Order> orders_;
    std::vector<Order> sent_;
    std::vector<Fill> fills_;
    std::map<Symbol, Quantity> positions_;
    std::map<Symbol, Quote> quotes_;
    std::vector<OrderEvent> events_;
    std::set<std::string> cancelling_;  // until the market has moved once more
};

}  // namespace tradewind::test

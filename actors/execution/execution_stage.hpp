// The execution role: turns intents into orders with content ids, follows every order's life by the
// broker's events, cancels, and works over time what is to be worked (orders/order_worker.hpp).
//
// One stage holds the symbols of one shard; owned by that shard's actor or by a fused replay; one
// thread. Intents that come while a cancel of the same strategy and symbol is not confirmed wait
// for it; an exit of quantity zero then takes what was filled. An order id that is known is never
// sent again. A flatten is a forced exit work of each position, and of each entry that may still
// fill: it outlives the process and is worked until the position is flat (I-40). Source:
// contract 2.1 and 9, spec 4.9, I-16.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/step/step_data.hpp"
#include "orders/blotter.hpp"
#include "orders/id_index.hpp"
#include "orders/order_worker.hpp"

namespace tradewind::actors {

// The kind of the plans under which works of orders are kept; their ids begin with it and a dot.
constexpr const char* kOrderWorkPlan = "order_work";

// Brings the works under way up to date with the records that execution made of them: in with
// what is worked, out with what ended or is about to.
void note_works(const std::vector<ledger::PlanRecord>& plans, WorkKeys& at_work);

class ExecutionStage {
  public:
    // What is kept of orders that closed: a broker in the same process says nothing of them any
    // more, so that their ids are enough and a long replay stays in the cache.
    enum class ClosedOrders : std::uint8_t { kept, ids_only };

    explicit ExecutionStage(std::vector<strategy::SymbolInfo> symbols,
                            ClosedOrders closed_orders = ClosedOrders::kept,
                            orders::WorkTerms terms = {});

    ApplyReply apply(std::vector<OrderEvent> events);
    PlanReply plan(PlanRequest request);

    // After a restart: an order as the store or the broker knows it, and what a strategy holds.
    void restore(const Order& order);
    void restore_position(const std::string& strategy, SlotId slot, Quantity quantity);
    void restore_work(const std::string& content);

    // Positions are being left at the operator's word.
    [[nodiscard]] bool leaves_urgently() const { return worker_.leaves_urgently(); }
    [[nodiscard]] const orders::Blotter& blotter() const { return blotter_; }
    [[nodiscard]] Quantity held(const std::string& strategy, SlotId slot) const;

  private:
    struct Holding {
        std::string strategy;
        Quantity quantity;
    };

    // `reply` ends with the rejection of `parent`.
    void close_children(const Order& parent, ApplyReply& reply) const;
    // A cancel of this strategy's orders in the symbol is not confirmed yet.
    [[nodiscard]] bool cancelling(const std::string& strategy, SlotId slot) const;
    void cancel_working(const CancelIntent& cancel, PlanReply& reply);
    // `own`: orders that were adopted stay.
    void halt(const HaltTrading& halt, bool own, Timestamp now, PlanReply& reply);
    void flatten(Timestamp now);
    void give_way(const std::vector<orders::StolenOrder>& stolen, PlanReply& reply);
    void work(PlanRequest& request, PlanReply& reply);
    void keep_work(const std::string& name, PlanReply& reply) const;
    void form(Intent&& intent, PlanReply& reply);
    void form_all(PlanReply& reply);
    void hold(const std::string& strategy, SlotId slot, Quantity change);

    std::vector<strategy::SymbolInfo> symbols_;
    std::unordered_map<Symbol, SlotId> slots_;
    ClosedOrders closed_orders_;
    orders::Blotter blotter_;
    orders::IdMemory forgotten_;                  // closed orders that the blotter no longer has
    std::vector<std::vector<Holding>> holdings_;  // by slot
    std::vector<Intent> waiting_;
    orders::OrderWorker worker_;
};

}  // namespace tradewind::actors

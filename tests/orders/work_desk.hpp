// A desk for tests of works: a worker with its blotter, quotes that stay until they change, and a
// broker that answers as the test tells it to. Owned by a test; one thread.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "market/instruments.hpp"
#include "orders/order_worker.hpp"
#include "tests/catch.hpp"

namespace tradewind::test {

using namespace tradewind::orders;

inline const Symbol kShare("AAA");
inline const Symbol kCoin("ABCUSD");
// Wednesday, 10:00 New York.
inline const Timestamp kTen = *parse_time("2024-06-12T14:00:00Z");

struct Desk {
    explicit Desk(WorkTerms terms = {})
        : worker({market::default_instrument(kShare, AssetClass::us_equity),
                  market::default_instrument(kCoin, AssetClass::crypto)},
                 std::move(terms)) {}

    void quote(Symbol symbol, const char* bid, const char* ask) {
        Quote quote;
        quote.symbol = symbol;
        quote.bid = Price::of(bid);
        quote.ask = Price::of(ask);
        quotes[symbol] = quote;
    }
    // One step; what it sends is accepted at once, what it cancels stays pending.
    WorkActions step() {
        for (auto& [symbol, newest] : quotes) {
            if (quoting || newest.time.ns == 0) newest.time = now;
            worker.on_quote(newest);
        }
        WorkFacts facts;
        facts.blotter = &blotter;
        facts.held = [this](const std::string& strategy, Symbol symbol) {
            const auto found = held.find({strategy, symbol});
            return found == held.end() ? Quantity{} : found->second;
        };
        facts.now = now;
        facts.spendable = spendable;
        facts.entries_allowed = entries_allowed;
        auto actions = worker.step(facts);
        for (const auto& id : actions.cancel) {
            REQUIRE(blotter.request_cancel(id).applied());
            ++cancels;
        }
        for (const auto& order : actions.submit) {
            // Never beside a working order of the same work.
            for (const auto* open : blotter.open_orders(order.symbol)) {
                const bool same = open->side == order.side && open->role == order.role &&
                                  open->status != OrderStatus::held;
                if (same) FAIL_CHECK("sent " << order.order_id << " beside " << open->order_id);
            }
            REQUIRE(blotter.add(order));
            sent.push_back(order);
            if (accepts) event(order.order_id, OrderEventKind::accepted);
        }
        return actions;
    }
    void event(const std::string& id, OrderEventKind kind, const char* quantity = nullptr) {
        const Order* order = blotter.find(id);
        REQUIRE(order != nullptr);
        OrderEvent event;
        event.kind = kind;
        event.order_id = id;
        event.symbol = order->symbol;
        event.time = now;
        if (quantity != nullptr) {
            Fill fill;
            fill.fill_id = id + '#' + std::to_string(++fills);
            fill.order_id = id;
            fill.symbol = order->symbol;
            fill.side = order->side;
            fill.quantity = Quantity::of(quantity);
            fill.price = order->limit_price.is_zero() ? Price::whole(100) : order->limit_price;
            event.fill = fill;
            held[{order->strategy, order->symbol}] += signed_quantity(fill.side, fill.quantity);
        }
        blotter.apply(event);
    }
    void confirm_cancels() {
        std::vector<std::string> pending;
        for (const auto* order : blotter.open_orders()) {
            if (order->status == OrderStatus::pending_cancel) pending.push_back(order->order_id);
        }
        for (const auto& id : pending) event(id, OrderEventKind::canceled);
    }
    std::string newest() const { return sent.empty() ? std::string() : sent.back().order_id; }

    OrderWorker worker;
    Blotter blotter;
    std::map<std::pair<std::string, Symbol>, Quantity> held;
    std::vector<Order> sent;
    Timestamp now = kTen;
    Money spendable = Money::whole(100'000);
    bool entries_allowed = true;
    bool accepts = true;
    bool quoting = true;  // the newest quotes come again and again
    std::map<Symbol, Quote> quotes;
    int cancels = 0;
    int fills = 0;
};

inline OrderWork work_of(WorkKind kind, Symbol symbol, const char* limit, const char* quantity,
                         const char* decision = "maxdiff.AAA.1") {
    OrderWork work;
    work.kind = kind;
    const bool entry = kind == WorkKind::watch_entry || kind == WorkKind::ramp_entry;
    work.intent.decision_id = decision;
    work.intent.strategy = "maxdiff";
    work.intent.symbol = symbol;
    work.intent.side = entry ? Side::buy : Side::sell;
    work.intent.role = entry ? Role::entry : Role::exit;
    work.intent.limit_price = Price::of(limit);
    work.intent.quantity = Quantity::of(quantity);
    work.intent.leg = entry ? "open" : "close";
    work.intent.reason = "because";
    work.expiry = kTen + kDay;
    return work;
}

}  // namespace tradewind::test

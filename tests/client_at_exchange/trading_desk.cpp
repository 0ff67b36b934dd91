#include "tests/client_at_exchange/trading_desk.hpp"

#include <chrono>
#include <thread>

#include "broker/alpaca/stream_thread.hpp"

namespace tradewind::broker::test {

void TradingDesk::tell_time() {
    Timestamp now;
    exchange_.server().run([&](ExchangeHost& host) { now = host.now(); });
    clock_->set(now, alpaca::steady_now_ns(), 0);
}

// A few milliseconds for the network's threads.
void TradingDesk::pause() {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

std::vector<Fill> TradingDesk::executed(const std::string& id) const {
    std::vector<Fill> found;
    for (const auto& fill : fills) {
        if (fill.order_id == id) found.push_back(fill);
    }
    return found;
}

void TradingDesk::start() {
    tell_time();
    alpaca::AlpacaSettings settings;
    settings.trading = alpaca::parse_address(
        "http://127.0.0.1:" + std::to_string(exchange_.server().port()), "the test");
    settings.keys = {Secret("KEY1"), Secret("SECRET1")};
    settings.audit_ms = 2'000;
    settings.reply_timeout_ms = 1'000;
    alpaca::BrokerTerms terms;
    terms.symbols = {{Symbol("AAPL"), AssetClass::us_equity},
                     {Symbol("MSFT"), AssetClass::us_equity},
                     {Symbol("BTCUSD"), AssetClass::crypto}};
    terms.log = [log = log_](const std::string& line) {
        const std::lock_guard lock(log->mutex);
        log->lines.push_back(line);
    };
    terms.adopt_after_ns = adopt_after_ns_;
    terms.read_only = observing;
    terms.tracker.first_look_up_ns = 100 * kMillisecond;
    terms.tracker.absent_after_ns = 500 * kMillisecond;
    terms.tracker.poll_ns = 500 * kMillisecond;
    terms.tracker.cancel_poll_ns = 200 * kMillisecond;
    terms.tracker.settle_ns = 200 * kMillisecond;
    alpaca::BrokerStart begin;
    begin.cash = cash();
    for (const auto& fill : fills) {
        begin.positions[fill.symbol] += signed_quantity(fill.side, fill.quantity);
    }
    for (const auto& id : entries_) {
        const auto& entry = *books.find(id);
        if (!is_closed(entry.status)) begin.open_orders.push_back({entry, executed(id)});
        alpaca::BrokerStart::Exits exits{entry, {}};
        for (const auto& child : orders::bracket_children(entry)) {
            const auto& leg = *books.find(child.order_id);
            if (!is_closed(leg.status)) exits.legs.push_back({leg, executed(leg.order_id)});
        }
        if (!exits.legs.empty()) begin.exits.push_back(std::move(exits));
    }
    books.for_each([&](const Order& order) {
        if (!is_closed(order.status)) return;
        begin.closed_orders.insert(order.order_id);
        if (order.filled_quantity.is_zero()) begin.closed_unfilled.insert(order.order_id);
    });
    begin.unsent_exits = unsent_exits;
    broker_ = std::make_unique<alpaca::AlpacaBroker>(
        settings, std::move(terms), std::make_shared<alpaca::SharedBudget>(1'000'000), clock_,
        begin);
    REQUIRE((contradicted || until([&] { return broker_->condition().known; })));
}

void TradingDesk::take() {
    std::vector<Order> found;
    broker_->take_adopted(found);
    for (auto& order : found) {
        REQUIRE(books.add(order));
        entries_.push_back(order.order_id);
        adopted.push_back(std::move(order));
    }
    broker_->take_corrections(corrections);
    std::vector<OrderEvent> events;
    broker_->take_events(events);
    for (const auto& event : events) {
        const auto result = books.apply(event);
        REQUIRE(result.order != nullptr);
        if (event.fill && !result.duplicate) fills.push_back(*event.fill);
    }
}

Money TradingDesk::cash() const {
    auto cash = Money::whole(100'000);
    for (const auto& fill : fills) {
        cash -= fill.price * signed_quantity(fill.side, fill.quantity) + fill.fee;
    }
    for (const auto& correction : corrections) cash += correction.cash;
    return cash;
}

Quantity TradingDesk::held(const Symbol& symbol) const {
    Quantity held;
    for (const auto& fill : fills) {
        if (fill.symbol == symbol) held += signed_quantity(fill.side, fill.quantity);
    }
    return held;
}

Quantity TradingDesk::held_there(const std::string& symbol) {
    const auto answer = exchange_.get("/v2/positions/" + symbol);
    return answer.status == 200 ? Quantity::of(answer.json()["qty"].get<std::string>())
                                : Quantity();
}

}  // namespace tradewind::broker::test

// An exchange in a few lines, for laws of the order tracker: it accepts, fills and closes orders as
// a script of random numbers says, and hands out its replies and stream updates so that a test can
// lose, repeat and reorder them. Not a server; one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "broker/alpaca/order_tracker.hpp"

namespace tradewind::test {

namespace alpaca = broker::alpaca;

class ScriptedExchange {
  public:
    struct Held {
        alpaca::WireOrder order;
        Money notional;
    };

    std::map<std::string, Held> orders;  // by client order id
    std::vector<alpaca::WireExecution> executions;
    std::vector<alpaca::TradeUpdate> updates;  // not yet delivered
    Timestamp time{1'000 * kSecond};
    int posts = 0;

    // Empty: refused as a duplicate.
    std::optional<alpaca::WireOrder> post(const Order& order) {
        ++posts;
        if (orders.contains(order.order_id)) return std::nullopt;
        alpaca::WireOrder wire;
        wire.id = "b-" + order.order_id;
        wire.client_order_id = order.order_id;
        wire.symbol = order.symbol;
        wire.side = order.side;
        wire.quantity = order.quantity;
        wire.status = alpaca::WireStatus::new_order;
        wire.created = wire.submitted = wire.updated = tick();
        orders[order.order_id] = {wire, {}};
        tell(orders[order.order_id], "new");
        return wire;
    }

    void fill(Held& held, Quantity size, Price price) {
        if (is_terminal(held.order.status)) return;
        const auto open = *held.order.quantity - held.order.filled_quantity;
        size = std::min(size, open);
        held.order.filled_quantity += size;
        held.notional += price * size;
        held.order.filled_average = Price::from_units(static_cast<std::int64_t>(
            decimal::divide_half_even(held.notional.units(), held.order.filled_quantity.units())));
        const bool whole = size == open;
        held.order.status =
            whole ? alpaca::WireStatus::filled : alpaca::WireStatus::partially_filled;
        held.order.updated = tick();
        if (whole) held.order.closed = held.order.updated;
        alpaca::WireExecution execution;
        const auto id = "x" + std::to_string(executions.size());
        execution.activity_id = std::to_string(time.ns) + "::" + (renames ? "act" + id : id);
        execution.order_id = held.order.id;
        execution.symbol = held.order.symbol;
        execution.side = held.order.side;
        execution.quantity = size;
        execution.price = price;
        execution.cumulative = held.order.filled_quantity;
        execution.time = time;
        executions.push_back(execution);
        tell(held, whole ? "fill" : "partial_fill");
        updates.back().execution_id = id;
        updates.back().price = price;
        updates.back().quantity = size;
    }

    void close(Held& held, alpaca::WireStatus status, const std::string& event) {
        if (is_terminal(held.order.status)) return;
        if (status == alpaca::WireStatus::rejected && held.order.filled_quantity.sign() > 0) return;
        held.order.status = status;
        held.order.updated = held.order.closed = tick();
        tell(held, event);
    }

    [[nodiscard]] Held* by_broker_id(const std::string& id) {
        for (auto& [client, held] : orders) {
            if (held.order.id == id) return &held;
        }
        return nullptr;
    }

    [[nodiscard]] std::vector<alpaca::WireOrder> open() const {
        std::vector<alpaca::WireOrder> all;
        for (const auto& [id, held] : orders) {
            if (!is_terminal(held.order.status)) all.push_back(held.order);
        }
        return all;
    }

    bool renames = false;  // activities name executions unlike the stream

  private:
    Timestamp tick() {
        time = time + kMillisecond;
        return time;
    }
    void tell(const Held& held, const std::string& event) {
        alpaca::TradeUpdate update;
        update.event = event;
        update.time = time;
        update.order = held.order;
        updates.push_back(std::move(update));
    }
};

}  // namespace tradewind::test

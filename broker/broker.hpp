// The broker as the order path sees it: one interface for the local paper broker, the embedded
// exchange and the real one.
//
// Owned by one broker actor; not thread-safe. Commands never answer directly: whatever becomes of
// an order arrives as order events, which the owner fetches with take_events() and turns into
// inputs of a later step (a local broker has them at once). Reads say how good they are: only `ok`
// may cause an order, an error is never an empty list (I-15, I-18). Source: architecture 4 and 5,
// contract section 9, strategies spec I-18.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "messages/account.hpp"
#include "messages/order.hpp"

namespace tradewind::broker {

enum class ReadState : std::uint8_t { ok, stale, error };

template <class Value>
struct Read {
    ReadState state = ReadState::error;
    Value value{};
    Timestamp as_of;
    std::string reason;  // of stale and error

    [[nodiscard]] bool ok() const { return state == ReadState::ok; }
};

struct BrokerAccount {
    std::string account_id;
    Money cash;
    Money equity;
    Money buying_power;
    bool trading_blocked = false;
};

class Broker {
  public:
    virtual ~Broker() = default;

    // Sends the order under its order_id. Sending a known id again changes nothing.
    virtual void submit(const Order& order, Timestamp now) = 0;
    // Asks for a cancel; the order's next event says what became of it.
    virtual void cancel(std::string_view order_id, Timestamp now) = 0;
    // Moves the events since the last call to the end of `out`, oldest first.
    virtual void take_events(std::vector<OrderEvent>& out) = 0;

    // The account's truth at the broker.
    [[nodiscard]] virtual Read<BrokerAccount> account(Timestamp now) = 0;
    [[nodiscard]] virtual Read<std::vector<Position>> positions(Timestamp now) = 0;
    // Orders not closed, bracket children included.
    [[nodiscard]] virtual Read<std::vector<Order>> open_orders(Timestamp now) = 0;
    // One order by its id, closed ones too; an empty optional under `ok` is evidence of absence.
    [[nodiscard]] virtual Read<std::optional<Order>> find(std::string_view order_id,
                                                          Timestamp now) = 0;
};

}  // namespace tradewind::broker

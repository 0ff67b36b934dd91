// The canonical JSON text of event bodies, and back.
//
// Keys sorted, no spaces, decimals and doubles as text, empty and zero members left out (their
// defaults on reading). Text that is not UTF-8 has its bad bytes replaced by U+FFFD. Reading throws
// Error corrupt (without a place: the store adds it). Any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "ledger/event.hpp"
#include "ledger/payload_writer.hpp"

namespace tradewind::ledger {

// Appends the text of a body to `to`. True: bad bytes of a text were replaced.
bool encode(const RunStarted& started, ByteBuffer& to);
bool encode(const RunEnded& ended, ByteBuffer& to);
bool encode(const SessionEvent& session, ByteBuffer& to);
bool encode(const Decision& decision, ByteBuffer& to);
bool encode(const Order& order, ByteBuffer& to);
bool encode(const OrderEvent& event, ByteBuffer& to);  // without its fill
bool encode(const Fill& fill, ByteBuffer& to);
bool encode(const Adjustment& adjustment, ByteBuffer& to);
bool encode(const HaltTrading& halt, ByteBuffer& to);
bool encode(const ResumeTrading& resume, ByteBuffer& to);
bool encode(const PlanRecord& plan, ByteBuffer& to);
bool encode(const CounterRecord& counter, ByteBuffer& to);

using EventBody =
    std::variant<RunStarted, RunEnded, SessionEvent, Decision, Order, OrderEvent, Fill, Adjustment,
                 HaltTrading, ResumeTrading, PlanRecord, CounterRecord>;

[[nodiscard]] EventBody decode(EventKind kind, std::string_view payload);

// The kind under which a body is stored.
[[nodiscard]] constexpr EventKind kind_of(const RunStarted&) {
    return EventKind::run_started;
}
[[nodiscard]] constexpr EventKind kind_of(const RunEnded&) {
    return EventKind::run_ended;
}
[[nodiscard]] constexpr EventKind kind_of(const SessionEvent&) {
    return EventKind::session;
}
[[nodiscard]] constexpr EventKind kind_of(const Decision&) {
    return EventKind::decision;
}
[[nodiscard]] constexpr EventKind kind_of(const Order&) {
    return EventKind::order_intent;
}
[[nodiscard]] constexpr EventKind kind_of(const OrderEvent&) {
    return EventKind::order_event;
}
[[nodiscard]] constexpr EventKind kind_of(const Fill&) {
    return EventKind::fill;
}
[[nodiscard]] constexpr EventKind kind_of(const Adjustment&) {
    return EventKind::adjustment;
}
[[nodiscard]] constexpr EventKind kind_of(const HaltTrading&) {
    return EventKind::halt;
}
[[nodiscard]] constexpr EventKind kind_of(const ResumeTrading&) {
    return EventKind::resume;
}
[[nodiscard]] constexpr EventKind kind_of(const PlanRecord&) {
    return EventKind::plan;
}
[[nodiscard]] constexpr EventKind kind_of(const CounterRecord&) {
    return EventKind::counter;
}

}  // namespace tradewind::ledger

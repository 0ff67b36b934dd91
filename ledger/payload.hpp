// The canonical JSON text of event bodies, and back.
//
// Keys sorted, no spaces, decimals and doubles as text, empty and zero members left out (their
// defaults on reading). Text that is not UTF-8 has its bad bytes replaced by U+FFFD; `sanitized`
// tells. Reading throws Error corrupt (without a place: the store adds it). Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "ledger/event.hpp"

namespace tradewind::ledger {

struct Payload {
    std::string text;
    bool sanitized = false;
};

[[nodiscard]] Payload encode(const RunStarted& started);
[[nodiscard]] Payload encode(const RunEnded& ended);
[[nodiscard]] Payload encode(const SessionEvent& session);
[[nodiscard]] Payload encode(const Decision& decision);
[[nodiscard]] Payload encode(const Order& order);
[[nodiscard]] Payload encode(const OrderEvent& event);  // without its fill
[[nodiscard]] Payload encode(const Fill& fill);
[[nodiscard]] Payload encode(const Adjustment& adjustment);
[[nodiscard]] Payload encode(const HaltTrading& halt);
[[nodiscard]] Payload encode(const ResumeTrading& resume);
[[nodiscard]] Payload encode(const PlanRecord& plan);
[[nodiscard]] Payload encode(const CounterRecord& counter);

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

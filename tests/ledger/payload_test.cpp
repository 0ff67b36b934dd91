#include "ledger/payload.hpp"

#include <limits>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::ledger;
using tradewind::test::law;

namespace {

std::string any_text() {
    // Every byte but those that are not UTF-8 by themselves, and some longer sequences.
    std::string text;
    for (const auto code : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 131))) {
        if (code < 128) {
            text += static_cast<char>(code);
        } else {
            text += code == 128 ? "\xC3\xA9" : code == 129 ? "\xE2\x82\xAC" : "\xF0\x9F\x93\x88";
        }
    }
    return text;
}

template <class Decimal>
Decimal any_decimal() {
    return Decimal::from_units(*rc::gen::arbitrary<std::int64_t>());
}

Timestamp any_time() {
    return {*rc::gen::arbitrary<std::int64_t>()};
}

double any_real() {
    const auto bits = *rc::gen::arbitrary<std::uint64_t>();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return std::isfinite(value) ? value : 0.25;
}

Symbol any_symbol() {
    return Symbol(*rc::gen::element<std::string>("A", "BRK.B", "BTCUSD", "\"\\"));
}

struct Payload {
    std::string text;
    bool sanitized = false;
};

// Written behind something else, as in the store.
template <class Body>
Payload encode(const Body& body) {
    ByteBuffer buffer;
    buffer.advance_to(buffer.room(3) + 3);
    Payload payload;
    payload.sanitized = ledger::encode(body, buffer);
    payload.text = buffer.view(3, buffer.size() - 3);
    return payload;
}

void check_canonical(const Payload& payload) {
    RC_ASSERT(!payload.sanitized);
    RC_ASSERT(nlohmann::json::parse(payload.text).dump() == payload.text);
}

template <class Body>
Body there_and_back(const Body& body) {
    const auto payload = encode(body);
    check_canonical(payload);
    return std::get<Body>(decode(kind_of(body), payload.text));
}

Order any_order() {
    Order order;
    order.order_id = any_text();
    order.decision_id = any_text();
    order.strategy = any_text();
    order.symbol = any_symbol();
    order.time = any_time();
    order.side = *rc::gen::element(Side::buy, Side::sell);
    order.role = *rc::gen::element(Role::entry, Role::exit);
    order.type = static_cast<OrderType>(*rc::gen::inRange(0, 5));
    order.time_in_force = static_cast<TimeInForce>(*rc::gen::inRange(0, 6));
    order.quantity = any_decimal<Quantity>();
    order.limit_price = any_decimal<Price>();
    order.stop_price = any_decimal<Price>();
    order.exit_plan = {any_decimal<Price>(), static_cast<TimeInForce>(*rc::gen::inRange(0, 6)),
                       *rc::gen::arbitrary<bool>(), any_decimal<Price>()};
    order.parent_order_id = any_text();
    order.reason = any_text();
    order.status = static_cast<OrderStatus>(*rc::gen::inRange(0, 11));
    order.filled_quantity = any_decimal<Quantity>();
    order.filled_notional = any_decimal<Money>();
    order.closed_time = any_time();
    return order;
}

}  // namespace

TEST_CASE("every body is canonical JSON and reads back the same") {
    law("order", [] {
        const auto order = any_order();
        const auto back = there_and_back(order);
        RC_ASSERT(back.order_id == order.order_id);
        RC_ASSERT(back.decision_id == order.decision_id);
        RC_ASSERT(back.strategy == order.strategy);
        RC_ASSERT(back.symbol == order.symbol);
        RC_ASSERT(back.time == order.time);
        RC_ASSERT(back.side == order.side);
        RC_ASSERT(back.role == order.role);
        RC_ASSERT(back.type == order.type);
        RC_ASSERT(back.time_in_force == order.time_in_force);
        RC_ASSERT(back.quantity == order.quantity);
        RC_ASSERT(back.limit_price == order.limit_price);
        RC_ASSERT(back.stop_price == order.stop_price);
        RC_ASSERT(back.exit_plan == order.exit_plan);
        RC_ASSERT(back.parent_order_id == order.parent_order_id);
        RC_ASSERT(back.reason == order.reason);
        RC_ASSERT(back.status == order.status);
        RC_ASSERT(back.filled_quantity == order.filled_quantity);
        RC_ASSERT(back.filled_notional == order.filled_notional);
        RC_ASSERT(back.closed_time == order.closed_time);
    });
    law("decision", [] {
        const Decision decision{any_text(),
                                any_time(),
                                any_symbol(),
                                any_text(),
                                any_text(),
                                any_decimal<Price>(),
                                any_decimal<Quantity>(),
                                any_real(),
                                any_text(),
                                any_text()};
        const auto back = there_and_back(decision);
        RC_ASSERT(std::tie(back.decision_id, back.time, back.symbol, back.strategy, back.side,
                           back.price, back.quantity, back.score, back.outcome, back.reason) ==
                  std::tie(decision.decision_id, decision.time, decision.symbol, decision.strategy,
                           decision.side, decision.price, decision.quantity, decision.score,
                           decision.outcome, decision.reason));
    });
    law("fill", [] {
        const Fill fill{any_text(),           any_text(),           any_symbol(),
                        any_time(),           Side::sell,           any_decimal<Quantity>(),
                        any_decimal<Price>(), any_decimal<Money>(), any_text()};
        RC_ASSERT(there_and_back(fill) == fill);
    });
    law("order event", [] {
        auto kind = static_cast<OrderEventKind>(*rc::gen::inRange(0, 8));
        const OrderEvent event{kind, any_text(), any_symbol(), any_time(), {}, any_text()};
        const auto back = there_and_back(event);
        RC_ASSERT(std::tie(back.kind, back.order_id, back.symbol, back.time, back.reason) ==
                  std::tie(event.kind, event.order_id, event.symbol, event.time, event.reason));
    });
    law("the small ones", [] {
        const RunStarted started{any_text(), any_text(), any_text()};
        RC_ASSERT(there_and_back(started) == started);
        const RunEnded ended{any_text()};
        RC_ASSERT(there_and_back(ended) == ended);
        const Adjustment adjustment{static_cast<AdjustmentKind>(*rc::gen::inRange(0, 5)),
                                    any_symbol(),
                                    any_text(),
                                    any_decimal<Quantity>(),
                                    any_decimal<Price>(),
                                    any_decimal<Money>(),
                                    any_text()};
        RC_ASSERT(there_and_back(adjustment) == adjustment);
        const PlanRecord plan{any_text(), any_text(), any_symbol(),
                              any_text(), any_text(), *rc::gen::arbitrary<bool>(),
                              any_text()};
        RC_ASSERT(there_and_back(plan) == plan);
        const CounterRecord counter{any_text(), *rc::gen::arbitrary<std::int64_t>()};
        RC_ASSERT(there_and_back(counter) == counter);
        const SessionEvent session{*rc::gen::element(SessionPhase::opened, SessionPhase::closed),
                                   Date{*rc::gen::inRange(-1000, 99'999)},
                                   *rc::gen::arbitrary<bool>()};
        const auto session_back = there_and_back(session);
        RC_ASSERT(session_back.phase == session.phase);
        RC_ASSERT(session_back.date == session.date);
        RC_ASSERT(session_back.crypto == session.crypto);
        const HaltTrading halt{static_cast<KillCause>(*rc::gen::inRange(0, 5)),
                               *rc::gen::arbitrary<bool>(), any_text()};
        const auto halt_back = there_and_back(halt);
        RC_ASSERT(halt_back.cause == halt.cause);
        RC_ASSERT(halt_back.flatten == halt.flatten);
        RC_ASSERT(halt_back.reason == halt.reason);
        RC_ASSERT(there_and_back(ResumeTrading{halt.reason}).reason == halt.reason);
    });
}

TEST_CASE("text that is not UTF-8 is repaired and said to be") {
    const char* const bad[] = {"\xFF",         "a\x80z",          "\xC3",     "\xE2\x82",
                               "\xC0\xAF",     "\xED\xA0\x80",    "\xF5\x80", "\xF4\x90\x80\x80",
                               "\xE0\x80\x80", "\xF0\x80\x80\x80"};
    for (const auto* const text : bad) {
        const auto payload = encode(ResumeTrading{text});
        CHECK(payload.sanitized);
        const auto reason = std::get<ResumeTrading>(decode(EventKind::resume, payload.text)).reason;
        CHECK(reason.find("\xEF\xBF\xBD") != std::string::npos);
        CHECK_FALSE(encode(ResumeTrading{reason}).sanitized);
    }
}

TEST_CASE("malformed payloads are refused") {
    const std::pair<EventKind, const char*> payloads[] = {
        {EventKind::fill, "{"},
        {EventKind::fill, "[]"},
        {EventKind::fill, R"({"side":"hold"})"},
        {EventKind::fill, R"({"side":"buy","quantity":"1e3"})"},
        {EventKind::fill, R"({"side":"buy","quantity":1})"},
        {EventKind::fill, R"({"side":"buy","time":"now"})"},
        {EventKind::fill, R"({"side":"buy","symbol":"A B"})"},
        {EventKind::order_intent, R"({"side":"buy"})"},
        {EventKind::decision, R"({"score":"high"})"},
        {EventKind::plan, R"({"closed":1})"},
        {EventKind::counter, R"({"value":1.5})"},
        {EventKind::session, R"({"phase":"ajar"})"},
        {EventKind::adjustment, R"({"kind":"gift"})"},
        {EventKind::halt, R"({"cause":"mood"})"},
    };
    for (const auto& [kind, payload] : payloads) {
        CAPTURE(payload);
        CHECK_THROWS_AS(decode(kind, payload), Error);
    }
}

#include "ledger/payload.hpp"

#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

constexpr std::array<std::string_view, 5> kKillCauses{"command", "signal", "file", "loss_limit",
                                                      "store_full"};
constexpr std::array<std::string_view, 2> kPhases{"opened", "closed"};

class ObjectReader {
  public:
    explicit ObjectReader(std::string_view payload)
        : object_(nlohmann::json::parse(payload, nullptr, false)) {
        if (!object_.is_object()) refuse("payload", "not a JSON object");
    }
    [[noreturn]] static void refuse(const char* key, const std::string& why) {
        throw Error(ErrorKind::corrupt, "event is malformed", key, why);
    }
    [[nodiscard]] std::string text(const char* key) const {
        const auto found = object_.find(key);
        if (found == object_.end()) return {};
        if (!found->is_string()) refuse(key, "not a text");
        return found->get<std::string>();
    }
    template <class Value>
    void decimal(const char* key, Value& value) const {
        const auto found = text(key);
        if (found.empty()) return;
        const auto parsed = Value::parse(found);
        if (!parsed) refuse(key, "not a decimal: " + found);
        value = *parsed;
    }
    [[nodiscard]] double real(const char* key) const {
        const auto found = text(key);
        double value = 0;
        if (found.empty()) return value;
        const auto result = std::from_chars(found.data(), found.data() + found.size(), value);
        if (result.ec != std::errc() || result.ptr != found.data() + found.size()) {
            refuse(key, "not a number: " + found);
        }
        return value;
    }
    [[nodiscard]] std::int64_t number(const char* key) const {
        const auto found = object_.find(key);
        if (found == object_.end()) return 0;
        if (!found->is_number_integer()) refuse(key, "not a whole number");
        return found->get<std::int64_t>();
    }
    [[nodiscard]] bool flag(const char* key) const {
        const auto found = object_.find(key);
        if (found == object_.end()) return false;
        if (!found->is_boolean()) refuse(key, "not true or false");
        return found->get<bool>();
    }
    [[nodiscard]] Timestamp time(const char* key) const { return {number(key)}; }
    [[nodiscard]] Symbol symbol(const char* key) const {
        const auto found = text(key);
        if (found.empty()) return {};
        if (!Symbol::valid(found)) refuse(key, "not a symbol: " + found);
        return Symbol(found);
    }
    // A word of a closed list; `find` gives an empty optional for others. `absent` stands where the
    // member was left out.
    template <class Find, class Value>
    [[nodiscard]] Value word(const char* key, Find&& find, Value absent) const {
        return object_.contains(key) ? word(key, std::forward<Find>(find)) : absent;
    }
    template <class Find>
    [[nodiscard]] auto word(const char* key, Find&& find) const {
        const auto found = text(key);
        const auto value = find(std::string_view(found));
        if (!value) refuse(key, "unknown word: " + found);
        return *value;
    }

  private:
    nlohmann::json object_;
};

template <class Enum, std::size_t N>
auto lookup_in(const std::array<std::string_view, N>& words) {
    return [&words](std::string_view text) -> std::optional<Enum> {
        for (std::size_t i = 0; i < N; ++i) {
            if (words[i] == text) return static_cast<Enum>(i);
        }
        return std::nullopt;
    };
}

std::optional<Role> role_of(std::string_view text) {
    for (const auto role : {Role::entry, Role::exit}) {
        if (to_text(role) == text) return role;
    }
    return std::nullopt;
}

std::optional<OrderEventKind> order_event_kind_of(std::string_view text) {
    using enum OrderEventKind;
    for (const auto kind :
         {accepted, activated, filled, canceled, expired, rejected, refused, replaced}) {
        if (to_text(kind) == text) return kind;
    }
    return std::nullopt;
}

Decision read_decision(const ObjectReader& in) {
    Decision decision;
    decision.decision_id = in.text("decision_id");
    decision.time = in.time("time");
    decision.symbol = in.symbol("symbol");
    decision.strategy = in.text("strategy");
    decision.side = in.text("side");
    in.decimal("price", decision.price);
    in.decimal("quantity", decision.quantity);
    decision.score = in.real("score");
    decision.outcome = in.text("outcome");
    decision.reason = in.text("reason");
    return decision;
}

Order read_order(const ObjectReader& in) {
    Order order;
    order.order_id = in.text("order_id");
    order.decision_id = in.text("decision_id");
    order.strategy = in.text("strategy");
    order.symbol = in.symbol("symbol");
    order.time = in.time("time");
    order.side = in.word("side", side_of);
    order.role = in.word("role", role_of);
    order.type = in.word("type", order_type_of);
    order.time_in_force = in.word("time_in_force", time_in_force_of);
    in.decimal("quantity", order.quantity);
    in.decimal("limit_price", order.limit_price);
    in.decimal("stop_price", order.stop_price);
    in.decimal("exit_target", order.exit_plan.target);
    order.exit_plan.target_time_in_force =
        in.word("exit_target_tif", time_in_force_of, TimeInForce::gtc);
    order.exit_plan.leave_at_close = in.flag("exit_at_close");
    in.decimal("exit_stop", order.exit_plan.stop);
    order.parent_order_id = in.text("parent_order_id");
    order.reason = in.text("reason");
    order.status = in.word("status", order_status_of, OrderStatus::pending_new);
    in.decimal("filled_quantity", order.filled_quantity);
    in.decimal("filled_notional", order.filled_notional);
    order.closed_time = in.time("closed_time");
    return order;
}

Fill read_fill(const ObjectReader& in) {
    Fill fill;
    fill.fill_id = in.text("fill_id");
    fill.order_id = in.text("order_id");
    fill.symbol = in.symbol("symbol");
    fill.time = in.time("time");
    fill.side = in.word("side", side_of);
    in.decimal("quantity", fill.quantity);
    in.decimal("price", fill.price);
    in.decimal("fee", fill.fee);
    fill.strategy = in.text("strategy");
    return fill;
}

Adjustment read_adjustment(const ObjectReader& in) {
    Adjustment adjustment;
    adjustment.kind = in.word("kind", adjustment_kind_of);
    adjustment.symbol = in.symbol("symbol");
    in.decimal("quantity", adjustment.quantity);
    in.decimal("price", adjustment.price);
    in.decimal("cash", adjustment.cash);
    adjustment.reason = in.text("reason");
    adjustment.strategy = in.text("strategy");
    return adjustment;
}

}  // namespace

namespace {

// The word of a value; none, so that the member is left out, where it is the usual one.
template <class Value>
std::string_view unless(Value value, Value usual) {
    return value == usual ? std::string_view() : to_text(value);
}

}  // namespace

bool encode(const RunStarted& started, ByteBuffer& to) {
    return ObjectWriter(to)
        .text("mode", started.mode)
        .text("note", started.note)
        .text("version", started.version)
        .done();
}

bool encode(const RunEnded& ended, ByteBuffer& to) {
    return ObjectWriter(to).text("reason", ended.reason).done();
}

bool encode(const SessionEvent& session, ByteBuffer& to) {
    return ObjectWriter(to)
        .flag("crypto", session.crypto)
        .number("date", session.date.days)
        .word("phase", kPhases[static_cast<std::size_t>(session.phase)])
        .done();
}

bool encode(const Decision& decision, ByteBuffer& to) {
    return ObjectWriter(to)
        .text("decision_id", decision.decision_id)
        .text("outcome", decision.outcome)
        .decimal("price", decision.price)
        .decimal("quantity", decision.quantity)
        .text("reason", decision.reason)
        .real("score", decision.score)
        .text("side", decision.side)
        .text("strategy", decision.strategy)
        .text("symbol", decision.symbol.view())
        .number("time", decision.time.ns)
        .done();
}

bool encode(const Order& order, ByteBuffer& to) {
    return ObjectWriter(to)
        .number("closed_time", order.closed_time.ns)
        .text("decision_id", order.decision_id)
        .flag("exit_at_close", order.exit_plan.leave_at_close)
        .decimal("exit_stop", order.exit_plan.stop)
        .decimal("exit_target", order.exit_plan.target)
        .word("exit_target_tif", unless(order.exit_plan.target_time_in_force, TimeInForce::gtc))
        .decimal("filled_notional", order.filled_notional)
        .decimal("filled_quantity", order.filled_quantity)
        .decimal("limit_price", order.limit_price)
        .text("order_id", order.order_id)
        .text("parent_order_id", order.parent_order_id)
        .decimal("quantity", order.quantity)
        .text("reason", order.reason)
        .word("role", to_text(order.role))
        .word("side", to_text(order.side))
        .word("status", unless(order.status, OrderStatus::pending_new))
        .decimal("stop_price", order.stop_price)
        .text("strategy", order.strategy)
        .text("symbol", order.symbol.view())
        .number("time", order.time.ns)
        .word("time_in_force", to_text(order.time_in_force))
        .word("type", to_text(order.type))
        .done();
}

bool encode(const OrderEvent& event, ByteBuffer& to) {
    return ObjectWriter(to)
        .word("kind", to_text(event.kind))
        .text("order_id", event.order_id)
        .text("reason", event.reason)
        .text("symbol", event.symbol.view())
        .number("time", event.time.ns)
        .done();
}

bool encode(const Fill& fill, ByteBuffer& to) {
    return ObjectWriter(to)
        .decimal("fee", fill.fee)
        .text("fill_id", fill.fill_id)
        .text("order_id", fill.order_id)
        .decimal("price", fill.price)
        .decimal("quantity", fill.quantity)
        .word("side", to_text(fill.side))
        .text("strategy", fill.strategy)
        .text("symbol", fill.symbol.view())
        .number("time", fill.time.ns)
        .done();
}

bool encode(const Adjustment& adjustment, ByteBuffer& to) {
    return ObjectWriter(to)
        .decimal("cash", adjustment.cash)
        .word("kind", to_text(adjustment.kind))
        .decimal("price", adjustment.price)
        .decimal("quantity", adjustment.quantity)
        .text("reason", adjustment.reason)
        .text("strategy", adjustment.strategy)
        .text("symbol", adjustment.symbol.view())
        .done();
}

bool encode(const HaltTrading& halt, ByteBuffer& to) {
    return ObjectWriter(to)
        .word("cause", kKillCauses[static_cast<std::size_t>(halt.cause)])
        .flag("flatten", halt.flatten)
        .text("reason", halt.reason)
        .done();
}

bool encode(const ResumeTrading& resume, ByteBuffer& to) {
    return ObjectWriter(to).text("reason", resume.reason).done();
}

bool encode(const PlanRecord& plan, ByteBuffer& to) {
    return ObjectWriter(to)
        .flag("closed", plan.closed)
        .text("content", plan.content)
        .text("kind", plan.kind)
        .text("plan_id", plan.plan_id)
        .text("status", plan.status)
        .text("strategy", plan.strategy)
        .text("symbol", plan.symbol.view())
        .done();
}

bool encode(const CounterRecord& counter, ByteBuffer& to) {
    return ObjectWriter(to).text("name", counter.name).number("value", counter.value).done();
}

EventBody decode(EventKind kind, std::string_view payload) {
    const ObjectReader in(payload);
    switch (kind) {
        case EventKind::run_started:
            return RunStarted{in.text("mode"), in.text("version"), in.text("note")};
        case EventKind::run_ended:
            return RunEnded{in.text("reason")};
        case EventKind::session:
            return SessionEvent{in.word("phase", lookup_in<SessionPhase>(kPhases)),
                                Date{static_cast<std::int32_t>(in.number("date"))},
                                in.flag("crypto")};
        case EventKind::decision:
            return read_decision(in);
        case EventKind::order_intent:
            return read_order(in);
        case EventKind::order_event:
            return OrderEvent{in.word("kind", order_event_kind_of),
                              in.text("order_id"),
                              in.symbol("symbol"),
                              in.time("time"),
                              std::nullopt,
                              in.text("reason")};
        case EventKind::fill:
            return read_fill(in);
        case EventKind::adjustment:
            return read_adjustment(in);
        case EventKind::halt:
            return HaltTrading{in.word("cause", lookup_in<KillCause>(kKillCauses)),
                               in.flag("flatten"), in.text("reason")};
        case EventKind::resume:
            return ResumeTrading{in.text("reason")};
        case EventKind::plan: {
            PlanRecord plan;
            plan.plan_id = in.text("plan_id");
            plan.kind = in.text("kind");
            plan.symbol = in.symbol("symbol");
            plan.strategy = in.text("strategy");
            plan.status = in.text("status");
            plan.closed = in.flag("closed");
            plan.content = in.text("content");
            return plan;
        }
        case EventKind::counter:
            return CounterRecord{in.text("name"), in.number("value")};
    }
    ObjectReader::refuse("kind", "unknown event kind");
}

}  // namespace tradewind::ledger

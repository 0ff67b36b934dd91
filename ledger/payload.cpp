#include "ledger/payload.hpp"

#include <array>
#include <charconv>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

constexpr std::array<std::string_view, 5> kKillCauses{"command", "signal", "file", "loss_limit",
                                                      "store_full"};
constexpr std::array<std::string_view, 2> kPhases{"opened", "closed"};

// Length of the well-formed UTF-8 sequence at the front of `text`; 0: none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(0);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return 0;
    }
    const auto second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
        return 0;
    }
    return length;
}

// Writes members in the order of the calls, which is the sorted order of their keys.
class ObjectWriter {
  public:
    explicit ObjectWriter(std::size_t expected_size) {
        payload_.text.reserve(expected_size);
        payload_.text += '{';
    }
    ObjectWriter& text(std::string_view key, std::string_view value) {
        if (!value.empty()) {
            open(key);
            escaped(value);
            payload_.text += '"';
        }
        return *this;
    }
    template <class Tag, class Rep, int Digits>
    ObjectWriter& decimal(std::string_view key, Decimal<Tag, Rep, Digits> value) {
        if (!value.is_zero()) {
            char buffer[48];
            open(key);
            payload_.text.append(buffer, value.format(buffer));
            payload_.text += '"';
        }
        return *this;
    }
    ObjectWriter& real(std::string_view key, double value) {
        if (value != 0) {
            char buffer[32];
            open(key);
            payload_.text.append(buffer, std::to_chars(buffer, buffer + 32, value).ptr);
            payload_.text += '"';
        }
        return *this;
    }
    ObjectWriter& number(std::string_view key, std::int64_t value) {
        if (value != 0) {
            char buffer[24];
            open(key);
            payload_.text.pop_back();
            payload_.text.append(buffer, std::to_chars(buffer, buffer + 24, value).ptr);
        }
        return *this;
    }
    ObjectWriter& flag(std::string_view key, bool value) {
        if (value) {
            open(key);
            payload_.text.pop_back();
            payload_.text += "true";
        }
        return *this;
    }
    Payload done() {
        payload_.text += '}';
        return std::move(payload_);
    }

  private:
    void open(std::string_view key) {
        if (payload_.text.size() > 1) payload_.text += ',';
        payload_.text += '"';
        payload_.text += key;
        payload_.text += "\":\"";
    }
    [[nodiscard]] static bool plain(char character) {
        const auto c = static_cast<unsigned char>(character);
        return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
    }
    void escaped(std::string_view value) {
        constexpr char kDigits[] = "0123456789abcdef";
        for (std::size_t i = 0; i < value.size(); ++i) {
            const auto start = i;
            while (i < value.size() && plain(value[i])) ++i;
            payload_.text.append(value.substr(start, i - start));
            if (i == value.size()) break;
            const auto c = static_cast<unsigned char>(value[i]);
            if (c >= 0x80) {
                const auto length = sequence_length(value.substr(i));
                if (length == 0) {
                    payload_.text += "\xEF\xBF\xBD";
                    payload_.sanitized = true;
                } else {
                    payload_.text.append(value.substr(i, length));
                    i += length - 1;
                }
            } else {
                payload_.text += '\\';
                switch (c) {
                    case '"':
                        payload_.text += '"';
                        break;
                    case '\\':
                        payload_.text += '\\';
                        break;
                    case '\b':
                        payload_.text += 'b';
                        break;
                    case '\f':
                        payload_.text += 'f';
                        break;
                    case '\n':
                        payload_.text += 'n';
                        break;
                    case '\r':
                        payload_.text += 'r';
                        break;
                    case '\t':
                        payload_.text += 't';
                        break;
                    default:
                        payload_.text += "u00";
                        payload_.text += kDigits[c >> 4U];
                        payload_.text += kDigits[c & 15U];
                }
            }
        }
    }

    Payload payload_;
};

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
    // A word of a closed list; `find` gives an empty optional for others.
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
    order.exit_plan.target_time_in_force = in.word("exit_target_tif", time_in_force_of);
    order.exit_plan.leave_at_close = in.flag("exit_at_close");
    in.decimal("exit_stop", order.exit_plan.stop);
    order.parent_order_id = in.text("parent_order_id");
    order.reason = in.text("reason");
    order.status = in.word("status", order_status_of);
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

Payload encode(const RunStarted& started) {
    return ObjectWriter(96)
        .text("mode", started.mode)
        .text("note", started.note)
        .text("version", started.version)
        .done();
}

Payload encode(const RunEnded& ended) {
    return ObjectWriter(64).text("reason", ended.reason).done();
}

Payload encode(const SessionEvent& session) {
    return ObjectWriter(64)
        .flag("crypto", session.crypto)
        .number("date", session.date.days)
        .text("phase", kPhases[static_cast<std::size_t>(session.phase)])
        .done();
}

Payload encode(const Decision& decision) {
    return ObjectWriter(320)
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

Payload encode(const Order& order) {
    return ObjectWriter(512)
        .number("closed_time", order.closed_time.ns)
        .text("decision_id", order.decision_id)
        .flag("exit_at_close", order.exit_plan.leave_at_close)
        .decimal("exit_stop", order.exit_plan.stop)
        .decimal("exit_target", order.exit_plan.target)
        .text("exit_target_tif", to_text(order.exit_plan.target_time_in_force))
        .decimal("filled_notional", order.filled_notional)
        .decimal("filled_quantity", order.filled_quantity)
        .decimal("limit_price", order.limit_price)
        .text("order_id", order.order_id)
        .text("parent_order_id", order.parent_order_id)
        .decimal("quantity", order.quantity)
        .text("reason", order.reason)
        .text("role", to_text(order.role))
        .text("side", to_text(order.side))
        .text("status", to_text(order.status))
        .decimal("stop_price", order.stop_price)
        .text("strategy", order.strategy)
        .text("symbol", order.symbol.view())
        .number("time", order.time.ns)
        .text("time_in_force", to_text(order.time_in_force))
        .text("type", to_text(order.type))
        .done();
}

Payload encode(const OrderEvent& event) {
    return ObjectWriter(160)
        .text("kind", to_text(event.kind))
        .text("order_id", event.order_id)
        .text("reason", event.reason)
        .text("symbol", event.symbol.view())
        .number("time", event.time.ns)
        .done();
}

Payload encode(const Fill& fill) {
    return ObjectWriter(320)
        .decimal("fee", fill.fee)
        .text("fill_id", fill.fill_id)
        .text("order_id", fill.order_id)
        .decimal("price", fill.price)
        .decimal("quantity", fill.quantity)
        .text("side", to_text(fill.side))
        .text("strategy", fill.strategy)
        .text("symbol", fill.symbol.view())
        .number("time", fill.time.ns)
        .done();
}

Payload encode(const Adjustment& adjustment) {
    return ObjectWriter(160)
        .decimal("cash", adjustment.cash)
        .text("kind", to_text(adjustment.kind))
        .decimal("price", adjustment.price)
        .decimal("quantity", adjustment.quantity)
        .text("reason", adjustment.reason)
        .text("strategy", adjustment.strategy)
        .text("symbol", adjustment.symbol.view())
        .done();
}

Payload encode(const HaltTrading& halt) {
    return ObjectWriter(96)
        .text("cause", kKillCauses[static_cast<std::size_t>(halt.cause)])
        .flag("flatten", halt.flatten)
        .text("reason", halt.reason)
        .done();
}

Payload encode(const ResumeTrading& resume) {
    return ObjectWriter(64).text("reason", resume.reason).done();
}

Payload encode(const PlanRecord& plan) {
    return ObjectWriter(160 + plan.content.size())
        .flag("closed", plan.closed)
        .text("content", plan.content)
        .text("kind", plan.kind)
        .text("plan_id", plan.plan_id)
        .text("status", plan.status)
        .text("strategy", plan.strategy)
        .text("symbol", plan.symbol.view())
        .done();
}

Payload encode(const CounterRecord& counter) {
    return ObjectWriter(64).text("name", counter.name).number("value", counter.value).done();
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

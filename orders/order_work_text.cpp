// A work as text: one `name value` a line, in a fixed order, so that equal works have equal texts.
#include <sstream>

#include "messages/error.hpp"
#include "orders/order_worker.hpp"

namespace tradewind::orders {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorKind::corrupt, "unreadable plan", "work of an order", what,
                "run `tradewind verify` on the state folder");
}

class Lines {
  public:
    explicit Lines(const std::string& text) {
        std::istringstream in(text);
        std::string line;
        while (std::getline(in, line)) {
            const auto space = line.find(' ');
            if (space == std::string::npos) refuse(line);
            values_[line.substr(0, space)] = line.substr(space + 1);
        }
    }
    const std::string& text(const std::string& name) const {
        const auto found = values_.find(name);
        if (found == values_.end()) refuse("no " + name);
        return found->second;
    }
    [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
    std::int64_t whole(const std::string& name) const {
        std::int64_t value = 0;
        std::istringstream in(text(name));
        if (!(in >> value) || !in.eof()) refuse(name + ' ' + text(name));
        return value;
    }
    // Zero where the store was written before the name was.
    std::int64_t whole_or_zero(const std::string& name) const {
        return has(name) ? whole(name) : 0;
    }
    double real(const std::string& name) const {
        double value = 0;
        std::istringstream in(text(name));
        if (!(in >> value)) refuse(name + ' ' + text(name));
        return value;
    }
    template <class Value, class Parse>
    Value parsed(const std::string& name, Parse&& parse) const {
        const std::optional<Value> value = parse(text(name));
        if (!value) refuse(name + ' ' + text(name));
        return *value;
    }
    Price price(const std::string& name) const {
        return parsed<Price>(name, [](const std::string& text) { return Price::parse(text); });
    }
    Quantity quantity(const std::string& name) const {
        return parsed<Quantity>(name,
                                [](const std::string& text) { return Quantity::parse(text); });
    }
    TimeInForce time_in_force(const std::string& name) const {
        return parsed<TimeInForce>(name,
                                   [](const std::string& text) { return time_in_force_of(text); });
    }

  private:
    std::map<std::string, std::string> values_;
};

class Writer {
  public:
    void add(const char* name, const std::string& value) {
        text_ += name;
        text_ += ' ';
        for (const char c : value) text_ += c == '\n' ? ' ' : c;
        text_ += '\n';
    }
    void add(const char* name, std::int64_t value) { add(name, std::to_string(value)); }
    void add(const char* name, double value) {
        std::ostringstream out;
        out.precision(17);
        out << value;
        add(name, out.str());
    }
    std::string take() { return std::move(text_); }

  private:
    std::string text_;
};

std::optional<WorkKind> work_kind_of(const std::string& text) {
    for (const auto kind : {WorkKind::watch_entry, WorkKind::ramp_entry, WorkKind::watch_exit,
                            WorkKind::gradual_exit}) {
        if (text == to_text(kind)) return kind;
    }
    return std::nullopt;
}

constexpr const char* kSuccessor = "successor.";

std::string next_exit(std::size_t place) {
    return "next_exit." + std::to_string(place + 1) + '.';
}

void add(Writer& out, const std::string& prefix, const OrderWork& work) {
    const Intent& intent = work.intent;
    const auto put = [&](const char* name, const auto& value) {
        out.add((prefix + name).c_str(), value);
    };
    put("kind", std::string(to_text(work.kind)));
    put("decision_id", intent.decision_id);
    put("strategy", intent.strategy);
    put("symbol", intent.symbol.to_string());
    put("side", std::string(to_text(intent.side)));
    put("role", std::string(to_text(intent.role)));
    put("quantity", intent.quantity.to_string());
    put("limit", intent.limit_price.to_string());
    put("target", intent.exit_plan.target.to_string());
    put("target_time_in_force", std::string(to_text(intent.exit_plan.target_time_in_force)));
    put("leave_at_close", std::int64_t{intent.exit_plan.leave_at_close});
    put("stop", intent.exit_plan.stop.to_string());
    put("leg", intent.leg);
    put("expiry", work.expiry.ns);
    put("forced", std::int64_t{work.forced});
    put("forecast_pnl", work.forecast_pnl);
    put("reason", intent.reason);
}

OrderWork asked_in(const Lines& in, const std::string& prefix) {
    OrderWork work;
    const auto name = [&](const char* field) { return prefix + field; };
    work.kind = in.parsed<WorkKind>(name("kind"), work_kind_of);
    Intent& intent = work.intent;
    intent.decision_id = in.text(name("decision_id"));
    intent.strategy = in.text(name("strategy"));
    const auto& symbol = in.text(name("symbol"));
    if (!Symbol::valid(symbol)) refuse("symbol " + symbol);
    intent.symbol = Symbol(symbol);
    intent.side =
        in.parsed<Side>(name("side"), [](const std::string& word) { return side_of(word); });
    intent.role = in.text(name("role")) == to_text(Role::exit) ? Role::exit : Role::entry;
    intent.quantity = in.quantity(name("quantity"));
    intent.limit_price = in.price(name("limit"));
    intent.exit_plan.target = in.price(name("target"));
    intent.exit_plan.target_time_in_force = in.time_in_force(name("target_time_in_force"));
    intent.exit_plan.leave_at_close = in.whole(name("leave_at_close")) != 0;
    intent.exit_plan.stop = in.price(name("stop"));
    intent.leg = in.text(name("leg"));
    intent.reason = in.text(name("reason"));
    work.expiry = {in.whole(name("expiry"))};
    work.forced = in.whole(name("forced")) != 0;
    work.forecast_pnl = in.real(name("forecast_pnl"));
    return work;
}

}  // namespace

std::string OrderWorker::name_of(const Key& key) {
    const auto& [symbol, side, role] = key;
    return symbol.to_string() + '.' + std::string(to_text(side)) + '.' + std::string(to_text(role));
}

std::vector<std::string> OrderWorker::names() const {
    std::vector<std::string> names;
    for (const auto& [key, work] : works_) names.push_back(name_of(key));
    return names;
}

std::string_view OrderWorker::state_of(const std::string& name) const {
    for (const auto& [key, work] : works_) {
        if (name_of(key) == name) return work.state;
    }
    return {};
}

std::string OrderWorker::standing(const Work& work) {
    if (work.refusal.empty()) return std::string(work.state);
    return "refused " + std::to_string(work.progress.errors) + " times: " + work.refusal;
}

std::string OrderWorker::standing_of(const std::string& name) const {
    for (const auto& [key, work] : works_) {
        if (name_of(key) == name) return standing(work);
    }
    return {};
}

std::string OrderWorker::text_of(const std::string& name) const {
    for (const auto& [key, work] : works_) {
        if (name_of(key) != name) continue;
        Writer out;
        add(out, "", work.asked);
        out.add("started", work.started.ns);
        out.add("not_before", work.not_before.ns);
        out.add("attempts", std::int64_t{work.attempts});
        out.add("exits", std::int64_t{work.exits});
        out.add("errors", std::int64_t{work.progress.errors});
        out.add("order_id", work.order_id);
        out.add("entered", work.entered.to_string());
        out.add("counted", std::int64_t{work.counted});
        out.add("withdrawn", std::int64_t{work.withdrawn});
        if (work.successor) add(out, kSuccessor, *work.successor);
        if (!work.refusal.empty()) out.add("refusal", work.refusal);
        for (std::size_t i = 0; i < work.next_exits.size(); ++i) {
            add(out, next_exit(i), work.next_exits[i]);
        }
        if (work.entered_before) out.add("entered_before", work.entered_before->to_string());
        return out.take();
    }
    return {};
}

void OrderWorker::restore(const std::string& text) {
    const Lines in(text);
    Work work;
    work.asked = asked_in(in, "");
    work.started = {in.whole("started")};
    work.not_before = {in.whole_or_zero("not_before")};
    work.attempts = static_cast<std::uint32_t>(in.whole("attempts"));
    work.exits = static_cast<std::uint32_t>(in.whole_or_zero("exits"));
    work.progress.errors = static_cast<std::uint32_t>(in.whole_or_zero("errors"));
    work.order_id = in.text("order_id");
    work.entered = in.quantity("entered");
    work.counted = in.whole("counted") != 0;
    work.withdrawn = in.whole("withdrawn") != 0;
    work.changed = false;
    if (in.has("refusal")) work.refusal = in.text("refusal");
    for (std::size_t i = 0; in.has(next_exit(i) + "kind"); ++i) {
        work.next_exits.push_back(asked_in(in, next_exit(i)));
    }
    if (in.has("entered_before")) work.entered_before = in.quantity("entered_before");
    if (in.has(std::string(kSuccessor) + "kind")) work.successor = asked_in(in, kSuccessor);
    const Intent& intent = work.asked.intent;
    if (!instruments_.contains(intent.symbol)) refuse("symbol " + intent.symbol.to_string());
    works_[{intent.symbol, intent.side, intent.role}] = std::move(work);
}

}  // namespace tradewind::orders

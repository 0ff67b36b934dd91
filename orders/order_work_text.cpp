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
    std::int64_t whole(const std::string& name) const {
        std::int64_t value = 0;
        std::istringstream in(text(name));
        if (!(in >> value) || !in.eof()) refuse(name + ' ' + text(name));
        return value;
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

std::string OrderWorker::text_of(const std::string& name) const {
    for (const auto& [key, work] : works_) {
        if (name_of(key) != name) continue;
        const Intent& intent = work.asked.intent;
        Writer out;
        out.add("kind", std::string(to_text(work.asked.kind)));
        out.add("decision_id", intent.decision_id);
        out.add("strategy", intent.strategy);
        out.add("symbol", intent.symbol.to_string());
        out.add("side", std::string(to_text(intent.side)));
        out.add("role", std::string(to_text(intent.role)));
        out.add("quantity", intent.quantity.to_string());
        out.add("limit", intent.limit_price.to_string());
        out.add("target", intent.exit_plan.target.to_string());
        out.add("target_time_in_force",
                std::string(to_text(intent.exit_plan.target_time_in_force)));
        out.add("leave_at_close", std::int64_t{intent.exit_plan.leave_at_close});
        out.add("stop", intent.exit_plan.stop.to_string());
        out.add("leg", intent.leg);
        out.add("expiry", work.asked.expiry.ns);
        out.add("forced", std::int64_t{work.asked.forced});
        out.add("forecast_pnl", work.asked.forecast_pnl);
        out.add("started", work.started.ns);
        out.add("attempts", std::int64_t{work.attempts});
        out.add("order_id", work.order_id);
        out.add("entered", work.entered.to_string());
        out.add("counted", std::int64_t{work.counted});
        out.add("withdrawn", std::int64_t{work.withdrawn});
        out.add("reason", intent.reason);
        return out.take();
    }
    return {};
}

void OrderWorker::restore(const std::string& text) {
    const Lines in(text);
    Work work;
    work.asked.kind = in.parsed<WorkKind>("kind", work_kind_of);
    Intent& intent = work.asked.intent;
    intent.decision_id = in.text("decision_id");
    intent.strategy = in.text("strategy");
    if (!Symbol::valid(in.text("symbol"))) refuse("symbol " + in.text("symbol"));
    intent.symbol = Symbol(in.text("symbol"));
    intent.side = in.parsed<Side>("side", [](const std::string& word) { return side_of(word); });
    intent.role = in.text("role") == to_text(Role::exit) ? Role::exit : Role::entry;
    intent.quantity = in.quantity("quantity");
    intent.limit_price = in.price("limit");
    intent.exit_plan.target = in.price("target");
    intent.exit_plan.target_time_in_force = in.time_in_force("target_time_in_force");
    intent.exit_plan.leave_at_close = in.whole("leave_at_close") != 0;
    intent.exit_plan.stop = in.price("stop");
    intent.leg = in.text("leg");
    intent.reason = in.text("reason");
    work.asked.expiry = {in.whole("expiry")};
    work.asked.forced = in.whole("forced") != 0;
    work.asked.forecast_pnl = in.real("forecast_pnl");
    work.started = {in.whole("started")};
    work.attempts = static_cast<std::uint32_t>(in.whole("attempts"));
    work.order_id = in.text("order_id");
    work.entered = in.quantity("entered");
    work.counted = in.whole("counted") != 0;
    work.withdrawn = in.whole("withdrawn") != 0;
    work.changed = false;
    if (!instruments_.contains(intent.symbol)) refuse("symbol " + in.text("symbol"));
    works_[{intent.symbol, intent.side, intent.role}] = std::move(work);
}

}  // namespace tradewind::orders

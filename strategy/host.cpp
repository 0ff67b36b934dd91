#include "strategy/host.hpp"

#include <algorithm>

#include "messages/error.hpp"

namespace tradewind::strategy {
namespace {

// 20240205T143000Z, with a fraction only where the time has one: part of ids.
std::string compact(Timestamp time) {
    std::string text;
    for (const char c : format_time(time)) {
        if (c != '-' && c != ':') text += c;
    }
    return text;
}

}  // namespace

class StrategyHost::Runner final : public View {
  public:
    Runner(StrategyInstance instance, const std::vector<SymbolInfo>& symbols)
        : instance_(std::move(instance)),
          symbols_(symbols),
          positions_(symbols.size()),
          working_(symbols.size(), 0),
          last_price_(symbols.size()) {
        instance_.strategy->on_start(symbols);
    }

    [[nodiscard]] Timestamp now() const override { return now_; }
    [[nodiscard]] Quantity position(SlotId slot) const override { return positions_[slot]; }
    [[nodiscard]] bool entry_working(SlotId slot) const override { return working_[slot] > 0; }
    [[nodiscard]] Money capital() const override {
        return share_of(equity_, instance_.capital_share);
    }
    [[nodiscard]] const std::string& name() const { return instance_.name; }
    [[nodiscard]] Strategy& strategy() { return *instance_.strategy; }

    void begin_step(Timestamp now, Money equity) {
        if (now != now_) now_text_.clear();
        now_ = now;
        equity_ = equity;
    }
    void bar(const BarEvent& event, Wanted& out) {
        last_price_[event.slot] = event.bar.close;
        const auto intents = instance_.strategy->on_bar(event, *this);
        if (!intents.empty() && event.tradable) take(intents, out);
    }
    void fill(SlotId slot, const Fill& fill, Wanted& out) {
        positions_[slot] += signed_quantity(fill.side, fill.quantity);
        take(instance_.strategy->on_fill(slot, fill, *this), out);
    }
    void restore_working_entry(SlotId slot) { ++working_[slot]; }
    void order_closed(SlotId slot, Role role) {
        if (role == Role::entry && working_[slot] > 0) --working_[slot];
    }
    void last_bar(SlotId slot, Price close, Wanted& out) {
        last_price_[slot] = close;
        if (!instance_.strategy->flat_at_end() || positions_[slot].is_zero()) return;
        Want want;
        want.slot = slot;
        want.role = Role::exit;
        want.time_in_force = TimeInForce::cls;
        want.reason = "flat_at_end";
        take(Intents().add(std::move(want)), out, ".end");
    }
    void take(const Intents& intents, Wanted& out, const char* suffix = "") {
        if (intents.empty()) return;
        const auto& wants = intents.wants();
        for (std::size_t i = 0; i < wants.size(); ++i) {
            if (first_of_slot(wants, i)) decide(wants, wants[i].slot, suffix, out);
        }
    }

  private:
    static bool first_of_slot(const std::vector<Want>& wants, std::size_t i) {
        return std::none_of(wants.begin(), wants.begin() + static_cast<std::ptrdiff_t>(i),
                            [&](const Want& w) { return w.slot == wants[i].slot; });
    }

    void decide(const std::vector<Want>& wants, SlotId slot, const char* suffix, Wanted& out) {
        const auto& symbol = symbols_[slot].instrument.symbol;
        Decision decision;
        decision.decision_id = decision_id(symbol, suffix);
        decision.time = now_;
        decision.symbol = symbol;
        decision.strategy = instance_.name;
        decision.price = last_price_[slot];
        decision.outcome = "ordered";
        int opens = 0;
        int closes = 0;
        for (const auto& want : wants) {
            if (want.slot != slot) continue;
            if (want.cancel_entries && working_[slot] > 0) {
                out.cancels.push_back({instance_.name, symbol, Role::entry, want.reason});
            }
            auto intent = intent_of(want, decision.decision_id, symbol);
            int& ordinal = want.role == Role::exit ? closes : opens;
            intent.leg = want.role == Role::exit ? "close" : "open";
            if (++ordinal > 1) intent.leg += std::to_string(ordinal);
            if (want.role == Role::entry) ++working_[slot];
            decision.side = to_text(intent.side);
            decision.quantity = intent.quantity;
            decision.reason = want.reason;
            out.intents.push_back(std::move(intent));
        }
        out.decisions.push_back(std::move(decision));
    }

    [[nodiscard]] std::string decision_id(const Symbol& symbol, std::string_view suffix) {
        if (now_text_.empty()) now_text_ = compact(now_);
        std::string id;
        id.reserve(instance_.name.size() + symbol.view().size() + now_text_.size() + suffix.size() +
                   2);
        id += instance_.name;
        id += '.';
        id += symbol.view();
        id += '.';
        id += now_text_;
        id += suffix;
        return id;
    }

    Intent intent_of(const Want& want, const std::string& decision_id, const Symbol& symbol) const {
        Intent intent;
        intent.decision_id = decision_id;
        intent.strategy = instance_.name;
        intent.symbol = symbol;
        intent.time = now_;
        intent.side = want.side;
        intent.role = want.role;
        intent.type = want.type;
        intent.time_in_force = want.time_in_force;
        intent.quantity = want.quantity;
        intent.limit_price = want.limit_price;
        intent.stop_price = want.stop_price;
        intent.exit_plan = want.exit_plan;
        intent.reason = want.reason;
        if (want.role == Role::exit && want.quantity.is_zero()) {
            const auto held = positions_[want.slot];
            intent.side = held.sign() < 0 ? Side::buy : Side::sell;
            intent.quantity = held.abs();
        }
        return intent;
    }

    StrategyInstance instance_;
    const std::vector<SymbolInfo>& symbols_;
    Timestamp now_;
    std::string now_text_;  // of ids; empty: not needed yet
    Money equity_;
    std::vector<Quantity> positions_;
    std::vector<int> working_;
    std::vector<Price> last_price_;
};

StrategyHost::StrategyHost(std::vector<StrategyInstance> instances, std::vector<SymbolInfo> symbols)
    : symbols_(std::move(symbols)) {
    Fraction total;
    for (auto& instance : instances) {
        total += instance.capital_share;
        for (const auto& other : runners_) {
            if (other->name() == instance.name) {
                throw Error(ErrorKind::usage, "two strategies of one name", instance.name,
                            "ids derive from the name", "give one of them another name");
            }
        }
        runners_.push_back(std::make_unique<Runner>(std::move(instance), symbols_));
    }
    if (total > Fraction::whole(1)) {
        throw Error(ErrorKind::usage, "capital shares", total.to_string(),
                    "the strategies' shares add up to more than 1", "lower them");
    }
}

StrategyHost::~StrategyHost() = default;

void StrategyHost::begin_step(Timestamp now, Money equity) {
    for (auto& runner : runners_) runner->begin_step(now, equity);
}

void StrategyHost::on_bar(const BarEvent& event, Wanted& out) {
    for (auto& runner : runners_) runner->bar(event, out);
}

void StrategyHost::on_quote(SlotId slot, const Quote& quote, Wanted& out) {
    for (auto& runner : runners_) {
        runner->take(runner->strategy().on_quote(slot, quote, *runner), out);
    }
}

void StrategyHost::on_session(const SessionEvent& event, Wanted& out) {
    for (auto& runner : runners_) {
        runner->take(runner->strategy().on_session(event, *runner), out);
    }
}

void StrategyHost::on_fill(SlotId slot, const Fill& fill, Wanted& out) {
    for (auto& runner : runners_) {
        if (runner->name() == fill.strategy) runner->fill(slot, fill, out);
    }
}

void StrategyHost::on_order_closed(const std::string& strategy, SlotId slot, Role role) {
    for (auto& runner : runners_) {
        if (runner->name() == strategy) runner->order_closed(slot, role);
    }
}

void StrategyHost::restore_working_entry(const std::string& strategy, SlotId slot) {
    for (auto& runner : runners_) {
        if (runner->name() == strategy) runner->restore_working_entry(slot);
    }
}

void StrategyHost::on_last_bar(SlotId slot, Price close, Wanted& out) {
    for (auto& runner : runners_) runner->last_bar(slot, close, out);
}

Quantity StrategyHost::position(const std::string& strategy, SlotId slot) const {
    for (const auto& runner : runners_) {
        if (runner->name() == strategy) return runner->position(slot);
    }
    return {};
}

std::string StrategyHost::save() const {
    // name, length of the state, the state: nothing in a state can be mistaken for a frame.
    std::string text;
    for (const auto& runner : runners_) {
        const auto state = runner->strategy().save();
        text += runner->name() + ' ' + std::to_string(state.size()) + '\n' + state;
    }
    return text;
}

void StrategyHost::load(std::string_view text) {
    while (!text.empty()) {
        const auto line = text.find('\n');
        const auto space = text.rfind(' ', line);
        if (line == std::string_view::npos || space == std::string_view::npos) break;
        const auto name = text.substr(0, space);
        const auto length = std::stoul(std::string(text.substr(space + 1, line - space - 1)));
        for (auto& runner : runners_) {
            if (runner->name() == name) runner->strategy().load(text.substr(line + 1, length));
        }
        text.remove_prefix(std::min(text.size(), line + 1 + length));
    }
}

}  // namespace tradewind::strategy

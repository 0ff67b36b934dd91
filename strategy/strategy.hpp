// The interface that a user's strategy implements. It runs unchanged in replay, paper and live.
//
// A strategy is told what happened (bars, quotes, fills, sessions) and returns what it wants as
// Intents. It never sees a broker, a clock or a thread: hooks are called one at a time, in the
// order of the steps, and must be a function of what they were told. Order ids, validation, limits,
// durability and sending are the system's. Symbols carry a dense index, `slot`, valid for the run,
// so that state per symbol can live in a vector.
//
// Register in one line at the end of the source file:  see strategy/registry.hpp.
// Errors: throw tradewind::Error(ErrorKind::usage, ...) from the constructor for bad parameters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "messages/bar.hpp"
#include "messages/instrument.hpp"
#include "messages/order.hpp"
#include "messages/quote.hpp"
#include "messages/step.hpp"

namespace tradewind::strategy {

using SlotId = std::uint32_t;

struct SymbolInfo {
    SlotId slot = 0;
    Instrument instrument{};
    bool utc_days = false;  // sessions are UTC days (coins), not those of the exchange
};

// A bar that became known, with where it stands in the run.
struct BarEvent {
    SlotId slot = 0;
    const Bar& bar;
    // False: history before the start, or a bar that came late. It feeds averages; what a strategy
    // wants on it is not traded.
    bool tradable = true;
};

// What a strategy may know about itself. Positions are its own, of filled orders only.
class View {
  public:
    virtual ~View() = default;
    [[nodiscard]] virtual Timestamp now() const = 0;
    [[nodiscard]] virtual Quantity position(SlotId slot) const = 0;
    // True while an entry of this strategy works at the broker or is on its way there.
    [[nodiscard]] virtual bool entry_working(SlotId slot) const = 0;
    // This strategy's share of the account's equity.
    [[nodiscard]] virtual Money capital() const = 0;
};

// One wish of a strategy. `quantity` zero with role exit: whatever is held when the order is
// formed.
struct Want {
    SlotId slot = 0;
    Side side = Side::buy;
    Role role = Role::entry;
    OrderType type = OrderType::market;
    TimeInForce time_in_force = TimeInForce::day;
    Quantity quantity;
    Price limit_price;
    Price stop_price;
    ExitPlan exit_plan;
    bool cancel_entries = false;  // cancel this strategy's working entries in the symbol first
    std::string reason;
};

// What a hook returns. An empty list costs nothing.
class Intents {
  public:
    // Leaves whatever is held at market, in one order, after cancelling working entries.
    Intents& close(SlotId slot, std::string reason) {
        Want want;
        want.slot = slot;
        want.role = Role::exit;
        want.cancel_entries = true;
        want.reason = std::move(reason);
        return add(std::move(want));
    }
    Intents& open(SlotId slot, Side side, Quantity quantity, std::string reason) {
        Want want;
        want.slot = slot;
        want.side = side;
        want.quantity = quantity;
        want.reason = std::move(reason);
        return add(std::move(want));
    }
    Intents& add(Want want) {
        if (wants_.empty()) wants_.reserve(2);  // a turn: close and open
        wants_.push_back(std::move(want));
        return *this;
    }
    [[nodiscard]] bool empty() const { return wants_.empty(); }
    [[nodiscard]] const std::vector<Want>& wants() const { return wants_; }

  private:
    std::vector<Want> wants_;
};

class Strategy {
  public:
    virtual ~Strategy() = default;
    virtual void on_start(const std::vector<SymbolInfo>& /*symbols*/) {}
    virtual Intents on_bar(const BarEvent& /*event*/, const View& /*view*/) { return {}; }
    virtual Intents on_quote(SlotId /*slot*/, const Quote& /*quote*/, const View& /*view*/) {
        return {};
    }
    virtual Intents on_fill(SlotId /*slot*/, const Fill& /*fill*/, const View& /*view*/) {
        return {};
    }
    virtual Intents on_session(const SessionEvent& /*event*/, const View& /*view*/) { return {}; }
    // After the last bar of a symbol in a replay: true closes what is held at that bar's close.
    [[nodiscard]] virtual bool flat_at_end() const { return false; }
    // State that is not a function of the bars (those are shown again after a restart, as history):
    // load(save()) after that history must give the same later decisions.
    [[nodiscard]] virtual std::string save() const { return {}; }
    virtual void load(std::string_view /*state*/) {}
};

}  // namespace tradewind::strategy

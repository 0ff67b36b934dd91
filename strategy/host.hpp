// Runs the user's strategies on one account: keeps each one's positions and working entries, gives
// it its share of the capital, and turns its wants into Intents and Decisions with content ids.
//
// Owned by the portfolio stage; one thread at a time; no I/O. A decision is one hook call's wants
// for one symbol: `NAME.SYMBOL.TIME`, its orders `.close`, `.open`. Errors: what a strategy throws.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "messages/order_work.hpp"
#include "strategy/strategy.hpp"

namespace tradewind::strategy {

struct StrategyInstance {
    std::string name;
    std::unique_ptr<Strategy> strategy;
    Fraction capital_share = Fraction::whole(1);
};

struct Wanted {
    std::vector<Decision> decisions;
    std::vector<CancelIntent> cancels;
    std::vector<Intent> intents;
    std::vector<OrderWork> works;  // what is worked over time rather than sent at once

    [[nodiscard]] bool empty() const {
        return decisions.empty() && cancels.empty() && intents.empty() && works.empty();
    }
};

class StrategyHost {
  public:
    StrategyHost(std::vector<StrategyInstance> instances, std::vector<SymbolInfo> symbols);
    ~StrategyHost();

    // `now` of a step, and the account's equity as of it.
    void begin_step(Timestamp now, Money equity);
    void on_bar(const BarEvent& event, Wanted& out);
    void on_quote(SlotId slot, const Quote& quote, Wanted& out);
    void on_session(const SessionEvent& event, Wanted& out);
    // A fill of one of these strategies: moves its position, then tells it.
    void on_fill(SlotId slot, const Fill& fill, Wanted& out);
    // An order of `strategy` left the working state.
    void on_order_closed(const std::string& strategy, SlotId slot, Role role);
    // After a restart: an entry of `strategy` still works.
    void restore_working_entry(const std::string& strategy, SlotId slot);
    // The last bar of a symbol: strategies that end flat leave at this bar's close.
    void on_last_bar(SlotId slot, Price close, Wanted& out);

    [[nodiscard]] Quantity position(const std::string& strategy, SlotId slot) const;
    [[nodiscard]] std::string save() const;
    void load(std::string_view state);

  private:
    class Runner;
    std::vector<std::unique_ptr<Runner>> runners_;
    std::vector<SymbolInfo> symbols_;
};

}  // namespace tradewind::strategy

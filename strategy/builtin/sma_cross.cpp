// sma_cross: the crossing of two simple means of closes; the documented example of a strategy.
// Source: contract 2.1. Up opens a long, down a short (side=long_short) or nothing.
#include "strategy/builtin/cross.hpp"
#include "strategy/indicators.hpp"
#include "strategy/registry.hpp"

namespace tradewind::strategy {

class SmaCross final : public Strategy {
  public:
    explicit SmaCross(Parameters& parameters) : settings_(parameters) {}

    void on_start(const std::vector<SymbolInfo>& symbols) override {
        states_.resize(symbols.size(),
                       State{RollingSum(settings_.fast), RollingSum(settings_.slow)});
    }

    Intents on_bar(const BarEvent& event, const View& view) override {
        auto& [fast, slow, before, seen] = states_[event.slot];
        fast.add(event.bar.close);
        slow.add(event.bar.close);
        if (!slow.full()) return {};
        const int now = compare_means(fast, slow);
        const bool crossed = seen && before * now < 0;  // strict on both sides
        before = now;
        seen = true;
        if (!crossed || !event.tradable) return {};
        return settings_.turn(event.slot, now > 0 ? Side::buy : Side::sell, view);
    }

  private:
    struct State {
        RollingSum fast, slow;
        int before = 0;     // fast against slow at the bar before
        bool seen = false;  // the slow window was full there
    };
    CrossSettings settings_;
    std::vector<State> states_;
};

TRADEWIND_STRATEGY("sma_cross", SmaCross);

}  // namespace tradewind::strategy

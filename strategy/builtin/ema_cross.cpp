// ema_cross: always on the side of the faster of two exponential means of closes.
// Source: contract 2.1.
#include <sstream>

#include "strategy/builtin/cross.hpp"
#include "strategy/indicators.hpp"
#include "strategy/registry.hpp"

namespace tradewind::strategy {

class EmaCross final : public Strategy {
  public:
    explicit EmaCross(Parameters& parameters)
        : settings_(parameters),
          skip_flat_(parameters.boolean("skip_flat", false)),
          flat_at_end_(parameters.boolean("flat_at_end", false)) {}

    void on_start(const std::vector<SymbolInfo>& symbols) override {
        const State fresh{ExponentialMean(static_cast<std::int64_t>(settings_.fast)),
                          ExponentialMean(static_cast<std::int64_t>(settings_.slow))};
        states_.resize(symbols.size(), fresh);
        for (const auto& info : symbols) names_.push_back(info.instrument.symbol);
    }

    Intents on_bar(const BarEvent& event, const View& view) override {
        auto& state = states_[event.slot];
        const Bar& bar = event.bar;
        state.fast.add(bar.close);
        state.slow.add(bar.close);
        ++state.seen;
        if (state.seen < settings_.slow || !event.tradable) return {};
        if (skip_flat_ && bar.open == bar.high && bar.open == bar.low && bar.open == bar.close) {
            return {};
        }
        const bool up = state.fast.value() >= state.slow.value();
        const int wanted = up ? 1 : settings_.shorts ? -1 : 0;
        if (wanted == state.ordered) return {};
        state.ordered = wanted;
        return settings_.turn(event.slot, up ? Side::buy : Side::sell, view);
    }

    [[nodiscard]] bool flat_at_end() const override { return flat_at_end_; }

    [[nodiscard]] std::string save() const override {
        std::string text;
        for (std::size_t i = 0; i < states_.size(); ++i) {
            text += names_[i].to_string() + ' ' + std::to_string(states_[i].ordered) + '\n';
        }
        return text;
    }
    void load(std::string_view text) override {
        std::istringstream in{std::string(text)};
        std::string name;
        int ordered = 0;
        while (in >> name >> ordered) {
            for (std::size_t i = 0; i < names_.size(); ++i) {
                if (names_[i].view() == name) states_[i].ordered = ordered;
            }
        }
    }

  private:
    struct State {
        ExponentialMean fast, slow;
        std::size_t seen = 0;
        int ordered = 0;  // the side last ordered: +1, -1, 0 flat or none yet
    };
    CrossSettings settings_;
    bool skip_flat_;
    bool flat_at_end_;
    std::vector<State> states_;
    std::vector<Symbol> names_;
};

TRADEWIND_STRATEGY("ema_cross", EmaCross);

}  // namespace tradewind::strategy

// buy_and_hold: buys `quantity` of every symbol on its first tradable bar and keeps it.
#include "strategy/parameters.hpp"
#include "strategy/registry.hpp"

namespace tradewind::strategy {

class BuyAndHold final : public Strategy {
  public:
    explicit BuyAndHold(Parameters& parameters)
        : quantity_(parameters.positive_quantity("quantity", Quantity::whole(1))) {}

    void on_start(const std::vector<SymbolInfo>& symbols) override {
        bought_.resize(symbols.size(), false);
    }

    Intents on_bar(const BarEvent& event, const View& view) override {
        if (bought_[event.slot] || !event.tradable) return {};
        bought_[event.slot] = true;
        Intents intents;
        if (view.position(event.slot).is_zero() && !view.entry_working(event.slot)) {
            intents.open(event.slot, Side::buy, quantity_, "first_bar");
        }
        return intents;
    }

  private:
    Quantity quantity_;
    std::vector<bool> bought_;
};

TRADEWIND_STRATEGY("buy_and_hold", BuyAndHold);

}  // namespace tradewind::strategy

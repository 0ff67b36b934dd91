// The profit kernel against the bar fill rules that the matching engine uses: one trade of one bar.
#include <algorithm>
#include <cmath>

#include "market/fill_rules.hpp"
#include "strategy/profit_kernel.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using tradewind::test::law;

namespace {

constexpr int kBaseCents = 10000;

Price cents(int value) {
    return Price::from_units(std::int64_t{value} * 10'000'000);
}
double move_of(int value) {
    return static_cast<double>(value) / kBaseCents - 1;
}

// Entry and exit of one bar by the fill rules, as a fraction of the base; fees apart.
double traded(const Bar& bar, Side side, int entry, int target, bool eod,
              const market::FillRules& rules) {
    market::RestingOrder order;
    order.side = side;
    order.type = OrderType::limit;
    order.limit = cents(entry);
    const auto in = market::fill_on_bar(order, bar, rules);
    if (!in.filled) return 0;
    Price out = bar.close;
    if (!eod) {
        order.side = opposite(side);
        order.limit = cents(target);
        const auto exit = market::fill_after_activation(order, bar, rules);
        if (exit.filled) out = exit.price;
    }
    const double gain = out.to_double() - in.price.to_double();
    return (side == Side::buy ? gain : -gain) / cents(kBaseCents).to_double();
}

}  // namespace

TEST_CASE("kernel and bar fill rules agree on one-bar days", "[strategy][kernel][law]") {
    law("equal profit for entries that rest at the open", [] {
        // The bar opens at the base and its prices lie on odd cents, the limits on even ones, so
        // that nothing is touched exactly (where a resting target and the kernel differ by design).
        const auto odd = [](int lowest, int highest) {
            return 2 * *rc::gen::inRange(lowest, highest) + 1;
        };
        const int low = kBaseCents - odd(1, 300);
        const int high = kBaseCents + odd(1, 300);
        const int close = std::clamp(kBaseCents - 600 + odd(0, 600), low, high);
        const int entry_distance = 2 * *rc::gen::inRange(1, 320);
        const int target_distance = 2 * *rc::gen::inRange(1, 320);
        Bar bar;
        bar.open = cents(kBaseCents);
        bar.high = cents(high);
        bar.low = cents(low);
        bar.close = cents(close);
        const bool is_long = *rc::gen::arbitrary<bool>();
        const int lower = kBaseCents - (is_long ? entry_distance : target_distance);
        const int upper = kBaseCents + (is_long ? target_distance : entry_distance);
        const bool eod = *rc::gen::arbitrary<bool>();
        const bool optimistic = *rc::gen::arbitrary<bool>();
        const market::FillRules rules{optimistic ? market::FillModel::intrabar_optimistic
                                                 : market::FillModel::intrabar_conservative,
                                      Fraction{}};
        const double market_profit =
            traded(bar, is_long ? Side::buy : Side::sell, is_long ? lower : upper,
                   is_long ? upper : lower, eod, rules);
        const KernelOptions options{eod, 0, 2,
                                    optimistic ? Intrabar::optimistic : Intrabar::conservative, 0};
        const double kernel_profit =
            day_profit({move_of(close), move_of(high), move_of(low)},
                       {move_of(upper), move_of(lower)}, is_long ? 1 : -1, options);
        RC_ASSERT(std::abs(market_profit - kernel_profit) < 1e-12);
    });
    law("equal fills of entries under a fill buffer", [] {
        const int low = kBaseCents - *rc::gen::inRange(1, 600);
        const int entry = kBaseCents - *rc::gen::inRange(1, 600);
        Bar bar;
        bar.open = bar.high = bar.close = cents(kBaseCents);
        bar.low = cents(low);
        const market::FillRules rules{market::FillModel::intrabar_conservative,
                                      Fraction::of("0.0005")};
        market::RestingOrder order;
        order.type = OrderType::limit;
        order.limit = cents(entry);
        // Within a rounding error of the exact threshold the two may differ: no pair of cents is.
        RC_PRE(std::abs(low - entry * 0.9995) > 1e-6);
        RC_ASSERT(market::fill_on_bar(order, bar, rules).filled ==
                  entry_filled({0, 0, move_of(low)}, {0.1, move_of(entry)}, 1, 0.0005));
    });
}

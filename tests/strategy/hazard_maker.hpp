// Passes, positions and whole analyses for the tests of hazards.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "market/instruments.hpp"
#include "strategy/forecast_portfolio.hpp"
#include "tests/strategy/golden_fixture.hpp"
#include "tests/strategy/random_market.hpp"
#include "tests/strategy/row_maker.hpp"

namespace tradewind::test {

using namespace tradewind::strategy;

inline const Timestamp kNow = *parse_time("2024-02-05T14:30:00Z");

[[nodiscard]] inline SelectionContext facts_now() {
    SelectionContext facts;
    facts.now = kNow;
    facts.quote = quote_around("AAA", "100", "0.02");
    return facts;
}
[[nodiscard]] inline PassSymbol pass_symbol(AnalysisRow row,
                                            const SelectionSettings& selection = {},
                                            const char* mid = "100") {
    PassSymbol symbol;
    symbol.instrument = market::default_instrument(row.symbol, row.asset_class);
    symbol.quote = quote_around(row.symbol.to_string(), mid, "0.02");
    SelectionContext facts = facts_now();
    facts.quote = symbol.quote;
    symbol.row = select_strategy(std::move(row), facts, selection);
    return symbol;
}
[[nodiscard]] inline AnalysisRow only(AnalysisRow row, StrategyKind kind) {
    for (auto& result : row.strategies) result.available = result.kind == kind;
    return row;
}
[[nodiscard]] inline PassInput pass(std::vector<PassSymbol> symbols) {
    PassInput input;
    input.time = kNow;
    input.symbols = std::move(symbols);
    input.headroom.equity = Money::whole(100000);
    input.headroom.buying_power = Money::whole(100000);
    input.headroom.gross_room = Money::whole(200000);
    return input;
}
inline void hold(PassInput& input, const char* symbol, const char* quantity, StrategyKind strategy,
                 const char* price = "100") {
    Position position;
    position.symbol = Symbol(symbol);
    position.quantity = Quantity::of(quantity);
    position.last_price = Price::of(price);
    input.account.positions[position.symbol] = position;
    const Side side = position.quantity.sign() > 0 ? Side::buy : Side::sell;
    input.previous[position.symbol] = {strategy, side, {}, {}, {}, false};
}
[[nodiscard]] inline const Intent* exit_of(const PassPlan& plan, const char* symbol) {
    for (const Intent& intent : plan.intents) {
        if (intent.symbol == Symbol(symbol) && intent.role == Role::exit && intent.leg == "close") {
            return &intent;
        }
    }
    return nullptr;
}
[[nodiscard]] inline Money entered(const PassPlan& plan) {
    Money total;
    for (const Intent& intent : plan.intents) {
        if (intent.role != Role::entry) continue;
        const Price price = intent.limit_price.is_zero() ? Price::of("100") : intent.limit_price;
        total = total + price * intent.quantity;
    }
    return total;
}

[[nodiscard]] inline AnalysisInput input_of(const BarSeriesPtr& series,
                                            const DayForecasts& forecasts) {
    AnalysisInput input;
    input.snapshot.symbol = series->symbol;
    input.snapshot.as_of = kNow;
    input.snapshot.series = series;
    input.snapshot.visible = series->bars.size();
    input.live = *forecasts.find(static_cast<std::uint32_t>(series->bars.size()));
    return input;
}
[[nodiscard]] inline ForecastPortfolioSettings quick_settings() {
    ForecastPortfolioSettings settings;
    settings.simulations = 12;
    settings.minimum_bars = 60;
    return settings;
}
[[nodiscard]] inline AnalysisRow analyse(
    const BarSeriesPtr& series, SelectionContext facts = facts_now(),
    const ForecastPortfolioSettings& settings = quick_settings()) {
    const auto forecasts = stub_forecasts(*series);
    RowCache cache;
    return analyse_symbol(input_of(series, forecasts), forecasts, cache, std::move(facts),
                          settings);
}
[[nodiscard]] inline bool same(const AnalysisRow& a, const AnalysisRow& b) {
    for (std::size_t i = 0; i < kStrategyKinds; ++i) {
        const StrategyResult& x = a.strategies[i];
        const StrategyResult& y = b.strategies[i];
        if (x.avg_return != y.avg_return || x.sharpe != y.sharpe ||
            x.forecast_pnl != y.forecast_pnl || x.entry_buy != y.entry_buy ||
            x.out_of_sample.avg_return != y.out_of_sample.avg_return) {
            return false;
        }
    }
    return a.chosen == b.chosen && a.side == b.side && a.composite_score == b.composite_score &&
           a.edge_strength == b.edge_strength && a.reason == b.reason && a.blocks == b.blocks;
}

}  // namespace tradewind::test

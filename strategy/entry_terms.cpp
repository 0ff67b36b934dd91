#include "strategy/entry_terms.hpp"

#include <algorithm>
#include <cmath>

#include "market/instruments.hpp"

namespace tradewind::strategy {
namespace {

constexpr double kLegDistance = 0.0011;  // a basis point above the gap of I-10

}  // namespace

Price passive(const Instrument& instrument, Price price, Side side) {
    return market::passive_price(instrument, price,
                                 side == Side::buy ? market::Passive::buy : market::Passive::sell);
}

bool is_price(double value) {
    return std::isfinite(value) && value > 0 && value < 1e9;
}

bool on_both_sides(const AnalysisRow& row, const Instrument& instrument,
                   const ForecastPortfolioSettings& settings) {
    return row.selected && !row.refused && row.chosen == StrategyKind::maxdiffalwayson &&
           row.asset_class != AssetClass::crypto && instrument.shortable &&
           settings.selection.permission_of(row.symbol, row.chosen) == SidePermission::both;
}

std::string leg_failure(const BracketPrices& first, const BracketPrices& other, Side first_side) {
    if (!other.failure.empty()) return other.failure;
    const bool buys = first_side == Side::buy;
    const BracketPrices& lower = buys ? first : other;
    const BracketPrices& upper = buys ? other : first;
    const double buy = std::max(lower.wanted, upper.target).to_double();
    const double sell = std::min(upper.wanted, lower.target).to_double();
    return (sell - buy) / buy >= kLegDistance ? std::string() : "the legs lie too close";
}

TimeInForce first_allowed(const Instrument& instrument, TimeInForce preferred,
                          TimeInForce otherwise) {
    return instrument.allows(preferred) ? preferred : otherwise;
}

void take_touch(Intent& wanted, const PassSymbol& symbol) {
    if (symbol.row.asset_class != AssetClass::crypto) {
        wanted.type = OrderType::market;
        wanted.time_in_force = TimeInForce::day;
        return;
    }
    wanted.type = OrderType::limit;
    wanted.time_in_force = first_allowed(symbol.instrument, TimeInForce::ioc, TimeInForce::gtc);
    wanted.limit_price = wanted.side == Side::buy ? symbol.quote->ask : symbol.quote->bid;
}

void set_bracket(Intent& wanted, const PassSymbol& symbol, const BracketPrices& prices,
                 const ForecastPortfolioSettings& settings) {
    wanted.type = OrderType::limit;
    wanted.time_in_force = first_allowed(symbol.instrument, TimeInForce::day, TimeInForce::gtc);
    wanted.limit_price = prices.entry;
    wanted.exit_plan.target = prices.target;
    wanted.exit_plan.target_time_in_force =
        first_allowed(symbol.instrument, TimeInForce::gtc, TimeInForce::day);
    wanted.exit_plan.leave_at_close = settings.instant_close(symbol.row);
}

std::set<Symbol> immediate_entries(const std::vector<const PassSymbol*>& entries,
                                   const PassInput& input,
                                   const ForecastPortfolioSettings& settings) {
    std::set<Symbol> immediate;
    std::vector<const PassSymbol*> always_on;
    for (const PassSymbol* symbol : entries) {
        if (symbol->row.chosen == StrategyKind::maxdiffalwayson) always_on.push_back(symbol);
    }
    const auto average = [](const PassSymbol* symbol) {
        return symbol->row.evidence(StrategyKind::maxdiffalwayson).avg_return;
    };
    std::stable_sort(
        always_on.begin(), always_on.end(),
        [&](const PassSymbol* a, const PassSymbol* b) { return average(a) > average(b); });
    if (always_on.size() > settings.immediate_always_on) {
        always_on.resize(settings.immediate_always_on);
    }
    for (const PassSymbol* symbol : always_on) immediate.insert(symbol->row.symbol);
    std::uint32_t coins = input.exchange_open ? settings.immediate_night_coins : 0;
    for (const PassSymbol* symbol : entries) {  // in order of their forecast P&L
        const bool coin =
            symbol->row.asset_class == AssetClass::crypto && coins < settings.immediate_night_coins;
        if (coin) ++coins;
        if (coin || settings.immediate_entries) immediate.insert(symbol->row.symbol);
    }
    return immediate;
}

bool entered_too_often(const AnalysisRow& row, const PassInput& input,
                       const ForecastPortfolioSettings& settings) {
    const auto most = value_for(settings.selection.overrides.max_entries, row.symbol, row.chosen);
    const auto made = input.entries_today.find(row.symbol);
    return most && made != input.entries_today.end() && made->second >= *most;
}

CorrelatedGroups entry_groups(const std::vector<const PassSymbol*>& symbols,
                              const std::vector<const PassSymbol*>& entries,
                              const Headroom& headroom, const ForecastPortfolioSettings& settings) {
    std::map<Symbol, std::span<const DatedReturn>> returns;
    for (const PassSymbol* symbol : symbols) {
        const AnalysisRow& row = symbol->row;
        const bool wants = std::find(entries.begin(), entries.end(), symbol) != entries.end();
        if (wants || headroom.exposure_of(row.symbol).sign() > 0) {
            returns[row.symbol] = row.recent_returns;
        }
    }
    return correlated_groups(returns, settings.sizing.group_correlation);
}

SizingSettings entry_sizing(const AnalysisRow& row, const PassInput& input,
                            const ForecastPortfolioSettings& settings) {
    SizingSettings sizing = settings.sizing;
    if (input.leverage_threshold) sizing.leverage_threshold = *input.leverage_threshold;
    const SymbolOverrides& own = settings.selection.overrides;
    if (const auto cap = value_for(own.kelly_drawdown_cap, row.symbol, row.chosen)) {
        sizing.kelly_drawdown_cap = cap;
    }
    sizing.kelly_drawdown_min_scale =
        value_for(own.kelly_drawdown_min_scale, row.symbol, row.chosen)
            .value_or(sizing.kelly_drawdown_min_scale);
    const EvaluationCosts& costs = settings.costs_of(row.asset_class);
    const double fee = std::max(costs.maker_fee, costs.taker_fee);
    sizing.entry_cost =
        std::max(sizing.entry_cost, Fraction::from_units(static_cast<std::int64_t>(
                                        std::ceil(fee * static_cast<double>(Fraction::kOne)))));
    return sizing;
}

BracketPrices bracket_prices(const StrategyResult& result, Side side, const Instrument& instrument,
                             const Quote& quote, const ForecastPortfolioSettings& settings) {
    const double entry = side == Side::buy ? result.entry_buy : result.entry_sell;
    const double target = side == Side::buy ? result.target_buy : result.target_sell;
    BracketPrices prices;
    if (!is_price(entry) || !is_price(target)) {
        prices.failure = "entry or target is not a positive price";
        return prices;
    }
    // Never across the touch: a buy at most at the bid, a sell at least at the ask.
    const Price wanted = price_of(entry);
    const Price limit =
        side == Side::buy ? std::min(wanted, quote.bid) : std::max(wanted, quote.ask);
    prices.entry = passive(instrument, limit, side);
    prices.wanted = passive(instrument, wanted, side);
    prices.target = passive(instrument, price_of(target), opposite(side));
    if (prices.entry.sign() <= 0 || prices.target.sign() <= 0) {
        prices.failure = "entry or target rounds to nothing";
        return prices;
    }
    const double buy = (side == Side::buy ? prices.entry : prices.target).to_double();
    const double sell = (side == Side::buy ? prices.target : prices.entry).to_double();
    if (!((sell - buy) / buy >= settings.min_target_distance_bp * 1e-4)) {
        prices.failure = "target is not beyond the entry by the minimum distance";
    } else if (std::abs(prices.entry.to_double() / quote.mid().to_double() - 1) >
               settings.max_entry_distance) {
        prices.failure = "entry is too far from the mid";
    }
    return prices;
}

}  // namespace tradewind::strategy

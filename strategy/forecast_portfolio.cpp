#include "strategy/forecast_portfolio.hpp"

#include <cmath>
#include <string_view>

#include "market/instruments.hpp"
#include "messages/error.hpp"
#include "strategy/correlation.hpp"
#include "strategy/position_rules.hpp"

namespace tradewind::strategy {
namespace {

constexpr double kStockDays = 252;
constexpr double kCryptoDays = 365;
constexpr double kStockHours = 7;  // of a session, the half hour before the close included
constexpr double kCryptoHours = 24;

void expect(bool holds, const char* key, const std::string& value, const char* range) {
    if (holds) return;
    throw Error(ErrorKind::usage, std::string("setting ") + key, {}, value + " is out of range",
                std::string("give ") + range);
}

bool is_fraction(double value, double limit) {
    return std::isfinite(value) && value >= 0 && value < limit;
}

EvaluationCosts evaluation_costs(const market::ClassCosts& costs) {
    const double half = costs.spread.to_double() / 2;
    return {costs.maker_fee.to_double(), costs.taker_fee.to_double(), (1 + half) / (1 - half),
            costs.fill_buffer.to_double()};
}

}  // namespace

void ForecastPortfolioSettings::use(const market::CostModel& costs) {
    stock = evaluation_costs(costs.of(AssetClass::us_equity));
    crypto = evaluation_costs(costs.of(AssetClass::crypto));
    fee_sides = costs.fee_sides;
    intrabar = costs.conservative_intrabar ? Intrabar::conservative : Intrabar::optimistic;
}

bool ForecastPortfolioSettings::instant_close(const AnalysisRow& row) const {
    if (measured_close_policy && row.close_policy_rows > 0 &&
        row.instant_close_profit != row.keep_open_profit) {
        return row.instant_close_profit > row.keep_open_profit;
    }
    return row.asset_class == AssetClass::crypto ? crypto_instant_close : stock_instant_close;
}

WalkForwardOptions ForecastPortfolioSettings::walk_forward(AssetClass asset_class) const {
    const EvaluationCosts& costs = costs_of(asset_class);
    const bool coin = asset_class == AssetClass::crypto;
    WalkForwardOptions options;
    options.alignment = alignment;
    options.simulations = simulations;
    options.window = window;
    options.minimum_context_bars = minimum_context_bars;
    const double day = !hourly ? 1 : coin ? kCryptoHours : kStockHours;
    const double year = (coin ? kCryptoDays : kStockDays) * day;
    options.costs = {costs.taker_fee, costs.spread_ratio, year, coin};
    options.bracket.fee = costs.maker_fee;
    options.bracket.fee_sides = fee_sides;
    options.bracket.intrabar = intrabar;
    options.bracket.fill_buffer = costs.fill_buffer;
    options.bracket.box = {-offset_limit, offset_limit};
    options.bracket.search = search;
    if (alignment == Alignment::legacy) options.bracket.search.grid_fees = GridFees::reference;
    options.bracket.periods_per_year = year;
    options.bracket.long_only = coin;
    options.ci_guard = ci_guard;
    options.pctdiff.max_daily_return = pctdiff_max_daily_return;
    options.pctdiff.fee = costs.maker_fee;
    options.pctdiff.fee_sides = fee_sides;
    options.pctdiff.intrabar = intrabar;
    options.pctdiff.fill_buffer = costs.fill_buffer;
    options.pctdiff.factor_limit = offset_limit;
    options.pctdiff.search = search;
    options.pctdiff.periods_per_year = year;
    options.pctdiff.long_only = coin;
    return options;
}

void check(const ForecastPortfolioSettings& settings) {
    const auto number = [](auto value) { return std::to_string(value); };
    expect(settings.simulations >= 1 && settings.simulations <= 10000, "simulations",
           number(settings.simulations), "1 to 10000");
    expect(settings.window >= 2 && settings.window <= kMaxWindow, "window", number(settings.window),
           "2 to 64");
    expect(settings.minimum_bars >= settings.window + 2, "minimum_bars",
           number(settings.minimum_bars), "at least window + 2");
    expect(settings.minimum_context_bars >= 2, "minimum_context_bars",
           number(settings.minimum_context_bars), "at least 2");
    expect(settings.fee_sides == 1 || settings.fee_sides == 2, "fee_sides",
           number(settings.fee_sides), "1 or 2");
    expect(is_fraction(settings.offset_limit, 0.5), "offset_limit", number(settings.offset_limit),
           "0 to 0.5");
    for (const EvaluationCosts& costs : {settings.stock, settings.crypto}) {
        expect(is_fraction(costs.maker_fee, 1) && is_fraction(costs.taker_fee, 1), "fee",
               number(costs.maker_fee) + ", " + number(costs.taker_fee), "0 to 1");
        expect(is_fraction(costs.fill_buffer, 0.5), "fill_buffer", number(costs.fill_buffer),
               "0 to 0.5");
        expect(is_fraction(costs.spread_ratio - 1, 1), "spread_ratio", number(costs.spread_ratio),
               "1 to 2");
    }
    expect(settings.sizing.group_correlation >= -1 && settings.sizing.group_correlation <= 1,
           "group_correlation", number(settings.sizing.group_correlation), "-1 to 1");
    expect(settings.portfolio.max_picks >= 1, "max_picks", number(settings.portfolio.max_picks),
           "at least 1");
    expect(settings.portfolio.min_core <= settings.portfolio.max_picks, "min_core",
           number(settings.portfolio.min_core), "at most max_picks");
}

std::string refusal_reason(std::uint32_t visible, const ForecastPortfolioSettings& settings) {
    if (visible < settings.minimum_bars) {
        return std::to_string(visible) + " bars, " + std::to_string(settings.minimum_bars) +
               " are needed";
    }
    if (available_simulations(visible, settings.walk_forward(AssetClass::us_equity)) == 0) {
        return std::to_string(visible) + " bars leave no room for a walk-forward row";
    }
    return {};
}

AnalysisRow analyse_symbol(const AnalysisInput& input, const DayForecasts& forecasts,
                           RowCache& cache, SelectionContext context,
                           const ForecastPortfolioSettings& settings,
                           const PnlForecaster& forecaster, std::uint32_t* solved_rows) {
    const Snapshot& snapshot = input.snapshot;
    const auto visible = static_cast<std::uint32_t>(snapshot.visible);
    const auto refuse = [&](std::string reason) {
        return refusal(snapshot, input.asset_class, input.day, std::move(reason));
    };
    if (std::string reason = refusal_reason(visible, settings); !reason.empty()) {
        return refuse(std::move(reason));
    }
    const WalkForwardOptions options = settings.walk_forward(input.asset_class);
    for (const std::uint32_t day : required_days(visible, options)) {
        if (forecasts.find(day) == nullptr) {
            return refuse("no forecast for bar " + std::to_string(day));
        }
    }
    const auto rows =
        walk_forward(*snapshot.series, visible, forecasts, options, cache, solved_rows);
    AnalysisInput complete = input;
    complete.live = *forecasts.find(live_day(rows.front().end, options.alignment));
    complete.has_live = true;
    context.simulations = settings.simulations;
    if (!context.quote && snapshot.has_quote) context.quote = snapshot.quote;
    return select_strategy(build_analysis(complete, rows, options, forecaster), context,
                           settings.selection);
}

}  // namespace tradewind::strategy

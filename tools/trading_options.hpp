// Texts of trading options turned into typed values: shared by replay, paper and analyze.
//
// Pure functions over their arguments. Errors: Error (usage) with the option, what is wrong and
// what would be right. Source: contract 2.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/gateway/gateway_stage.hpp"
#include "actors/portfolio/forecast_stage.hpp"
#include "broker/matching_engine.hpp"
#include "config/settings.hpp"
#include "market/catalog/bar_reader.hpp"
#include "market/catalog/bar_writer.hpp"
#include "market/cost_model.hpp"
#include "model/forecast_cache.hpp"
#include "model/forecaster.hpp"
#include "orders/order_worker.hpp"
#include "strategy/parameters.hpp"
#include "strategy/pass_schedule.hpp"

namespace tradewind::tools {

[[noreturn]] void refuse_option(const std::string& option, const std::string& text,
                                const std::string& why, const std::string& remedy);

[[nodiscard]] strategy::Parameters::Values parse_parameters(const std::vector<std::string>& set);
[[nodiscard]] std::vector<Symbol> parse_symbols(const std::vector<std::string>& texts);
[[nodiscard]] std::int64_t parse_interval_ns(const std::string& text);  // empty: 0
// `max` is 0, `60x` is 60: market seconds a real second.
[[nodiscard]] double parse_speed(const std::string& text);
[[nodiscard]] market::OnBadRow parse_on_bad_row(const std::string& text);
[[nodiscard]] market::BarFileFormat parse_bar_file_format(const std::string& option,
                                                          const std::string& text);
[[nodiscard]] Money parse_cash(const std::string& text);
// `fee` and `preset` may not both be given; neither: `fallback` by name.
[[nodiscard]] market::CostModel parse_costs(const std::string& fee, const std::string& preset,
                                            const std::string& fallback);
[[nodiscard]] broker::MatchingSettings matching_settings(const std::string& fill,
                                                         const market::CostModel& costs,
                                                         std::uint64_t seed);

// The forecast portfolio as the settings and the costs want it. `lag` < 0: the costs' own.
[[nodiscard]] strategy::ForecastPortfolioSettings portfolio_settings(
    const config::Settings& settings, const market::CostModel& costs);
// How a daemon works the portfolio's orders over time, and when its passes run.
[[nodiscard]] orders::WorkTerms work_terms(const config::Settings& settings);
[[nodiscard]] orders::StealingTerms stealing_terms(const config::Settings& settings);
// The hourly variant: hours for bars, and rows that must promise and have earned something.
void use_hours(strategy::ForecastPortfolioSettings& portfolio);
[[nodiscard]] strategy::PassSchedule pass_schedule(const config::Settings& settings);
// The limits of the settings, the portfolio's and of everything that trades real money.
[[nodiscard]] actors::GatewaySettings portfolio_gateway(const config::Settings& settings,
                                                        const market::CostModel& costs, Money cash);
// What the settings forbid every strategy: symbols outside of universe.allow, sides of
// symbols.side.
void forbid_entries(const config::Settings& settings, actors::GatewaySettings& gateway);
[[nodiscard]] model::ForecasterOptions forecaster_options(const config::Settings& settings,
                                                          const std::string& model);
// Forecasts of earlier runs, and a place for those of this one: the file that the settings name.
// Null when they name none. Throws Error (data) when the file cannot be used.
[[nodiscard]] std::shared_ptr<model::ForecastCache> forecast_cache(
    const config::Settings& settings);
constexpr const char* kForecasterHelp =
    "forecaster: auto, embedded, ewma, ewma_empirical, garch, anchored, or a checkpoint folder";

// The symbols of a catalog as slots. `generic`: bar strategies, without session or margin rules.
[[nodiscard]] std::vector<strategy::SymbolInfo> symbol_infos(
    const market::Catalog& catalog, const market::InstrumentTable& instruments, bool generic);

}  // namespace tradewind::tools

#include "tools/replay_plan.hpp"

#include <thread>
#include <utility>

#include "market/catalog/instruments_file.hpp"
#include "messages/error.hpp"
#include "strategy/registry.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

market::CostModel costs_of(const ReplayPlan& plan, const config::Settings& settings) {
    return parse_costs(plan.fee, plan.costs,
                       plan.is_portfolio() ? config::to_text(settings.costs.preset) : "free");
}

void add_portfolio(const ReplayPlan& plan, const config::Settings& settings,
                   const market::Catalog& catalog, std::shared_ptr<model::ForecastCache> cache,
                   actors::ReplayOptions& options) {
    const auto costs = costs_of(plan, settings);
    actors::ForecastReplay forecast;
    forecast.sequential = !settings.analysis.parallel;
    forecast.forecaster = model::open_forecaster(forecaster_options(settings, plan.model));
    forecast.cache = std::move(cache);
    auto& stage = forecast.stage;
    stage.analysis.portfolio = portfolio_settings(settings, costs);
    stage.analysis.decision_lag = plan.decision_lag > 0 ? plan.decision_lag : costs.decision_lag;
    for (const auto& report : catalog.series_reports) {
        stage.analysis.accepted_moves.push_back(report.accepted_moves);
    }
    stage.costs = costs;
    stage.series = catalog.series;
    stage.from = options.range.from;
    options.gateway = portfolio_gateway(settings, costs, options.gateway.initial_cash);
    options.matching.fill_model = market::FillModel::intrabar_conservative;
    options.forecast = std::move(forecast);
}

}  // namespace

void add_replay_options(CLI::App& command, ReplayPlan& plan) {
    add_config_option(command, plan.sources);
    command.add_option("--data", plan.data, "CSV or Parquet files or folders");
    command.add_option("--symbols", plan.symbols, "only these symbols")->delimiter(',');
    command.add_option("--from", plan.from, "first bar that may decide, inclusive");
    command.add_option("--to", plan.to, "last bar, inclusive");
    command.add_option("--interval", plan.interval, "bar length: 1m, 1h or 1d");
    command.add_option("--strategy", plan.strategy, "strategy name")->capture_default_str();
    command.add_option("--set", plan.set, "strategy parameter key=value");
    command.add_option("--cash", plan.cash, "initial cash")->capture_default_str();
    command.add_option("--fill", plan.fill, "next_open or this_close")->capture_default_str();
    command.add_option("--fee", plan.fee, "fee on every fill, a fraction of notional");
    command.add_option("--costs", plan.costs, "cost preset");
    command
        .add_option("--decision-lag", plan.decision_lag,
                    "bars between the newest bar seen and the bar traded")
        ->check(CLI::Range(1, 100));
    command.add_option("--model", plan.model, kForecasterHelp);
    add_setting_option(command, plan.sources, "--workers", "analysis.workers",
                       "threads and shards; 0: by cores");
    command.add_option("--seed", plan.seed, "seed of all random draws");
    command.add_option("--on-bad-row", plan.on_bad_row, "stop or skip")->capture_default_str();
    command.add_option("--instruments", plan.instruments, "trading rules per symbol, TOML");
}

ReplayData read_replay_data(const ReplayPlan& plan, const config::Settings& settings) {
    ReplayData data;
    market::ReadOptions read;
    const bool named = !plan.symbols.empty() || !plan.is_portfolio();
    read.symbols = parse_symbols(named ? plan.symbols : settings.universe.symbols);
    read.on_bad_row = parse_on_bad_row(plan.on_bad_row);
    read.interval_ns = plan.is_portfolio() ? kDay : parse_interval_ns(plan.interval);
    if (!plan.instruments.empty()) read.instruments = market::read_instruments(plan.instruments);
    data.catalog = market::read_catalog(plan.data, read);
    data.instruments = read.instruments;
    return data;
}

actors::ReplayOptions replay_options(const ReplayPlan& plan, const config::Settings& settings) {
    if (plan.data.empty()) {
        refuse_option("--data", "", "nothing to replay", "name a CSV or Parquet file or a folder");
    }
    actors::ReplayOptions options;
    options.strategy = plan.strategy;
    options.parameters = parse_parameters(plan.set);
    if (!plan.is_portfolio()) (void)strategy::make_strategy(options.strategy, options.parameters);
    options.range = actors::feed_range(plan.from, plan.to);
    options.gateway.initial_cash = parse_cash(plan.cash);
    options.matching = matching_settings(plan.fill, costs_of(plan, settings), plan.seed);
    options.workers = static_cast<std::size_t>(
        settings.analysis.effective_workers(std::thread::hardware_concurrency()));
    return options;
}

void add_replay_data(const ReplayPlan& plan, const config::Settings& settings,
                     const ReplayData& data, std::shared_ptr<model::ForecastCache> cache,
                     actors::ReplayOptions& options) {
    options.series = data.catalog.series;
    options.symbols = symbol_infos(data.catalog, data.instruments, !plan.is_portfolio());
    if (plan.is_portfolio()) {
        add_portfolio(plan, settings, data.catalog, std::move(cache), options);
    }
}

}  // namespace tradewind::tools

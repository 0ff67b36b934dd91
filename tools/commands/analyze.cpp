// tradewind analyze: one analysis pass without orders, every row and reason. Source: contract 2.3.
#include "actors/wiring/analyze.hpp"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "actors/feed/catalog_feed.hpp"
#include "market/catalog/bar_reader.hpp"
#include "market/catalog/instruments_file.hpp"
#include "messages/error.hpp"
#include "tools/analysis_json.hpp"
#include "tools/command.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

struct AnalyzeArguments {
    config::Sources sources;
    std::vector<std::string> data;
    std::vector<std::string> symbols;
    std::string as_of;
    std::string model;
    std::string cash = "100000";
    std::string fee;
    std::string costs;
    int decision_lag = 1;
    std::string on_bad_row = "stop";
    std::string instruments;
    bool json = false;
};

// A date counts to the end of its UTC day.
Timestamp as_of_time(const AnalyzeArguments& arguments, const market::Catalog& catalog) {
    if (arguments.as_of.empty()) return actors::newest_end(catalog.series);
    if (const auto date = parse_date(arguments.as_of)) return utc_midnight(*date + 1);
    if (const auto time = parse_time(arguments.as_of)) return *time;
    refuse_option("--as-of", arguments.as_of, "not a date and not a time in RFC 3339 with Z",
                  "for example --as-of 2024-05-06 or --as-of 2024-05-06T20:00:00Z");
}

void run(const AnalyzeArguments& arguments) {
    const auto settings = settings_of(arguments.sources);
    const auto costs =
        parse_costs(arguments.fee, arguments.costs, config::to_text(settings.costs.preset));
    const auto cash = parse_cash(arguments.cash);
    market::ReadOptions read;
    read.symbols =
        parse_symbols(arguments.symbols.empty() ? settings.universe.symbols : arguments.symbols);
    read.on_bad_row = parse_on_bad_row(arguments.on_bad_row);
    read.interval_ns = kDay;
    read.hash_files = false;
    if (!arguments.instruments.empty()) {
        read.instruments = market::read_instruments(arguments.instruments);
    }
    actors::AnalyzeOptions options;
    options.forecaster = model::open_forecaster(forecaster_options(settings, arguments.model));
    options.cache = forecast_cache(settings);
    if (!arguments.as_of.empty()) (void)as_of_time(arguments, {});  // refused before reading
    const auto catalog = market::read_catalog(arguments.data, read);
    options.symbols = symbol_infos(catalog, read.instruments, false);
    options.as_of = as_of_time(arguments, catalog);
    auto& stage = options.stage;
    stage.analysis.portfolio = portfolio_settings(settings, costs);
    stage.analysis.decision_lag = arguments.decision_lag;
    for (const auto& report : catalog.series_reports) {
        stage.analysis.accepted_moves.push_back(report.accepted_moves);
    }
    stage.costs = costs;
    stage.series = catalog.series;
    options.gateway = portfolio_gateway(settings, costs, cash);
    options.sequential = !settings.analysis.parallel;
    options.workers = static_cast<std::size_t>(
        settings.analysis.effective_workers(std::thread::hardware_concurrency()));
    const auto as_of = options.as_of;
    const auto outcome = actors::run_analyze(std::move(options));
    for (const auto& row : outcome.rows) std::printf("%s\n", analysis_json(row).dump().c_str());
    std::printf("%s\n", portfolio_json(outcome, as_of).dump().c_str());
}

}  // namespace

void add_analyze(CLI::App& app) {
    auto* command = app.add_subcommand(
        "analyze", "one analysis pass without orders: JSON lines, a symbol each, then the picks");
    const auto arguments = std::make_shared<AnalyzeArguments>();
    add_config_option(*command, arguments->sources);
    command->add_option("--data", arguments->data, "CSV or Parquet files or folders")->required();
    command->add_option("--symbols", arguments->symbols, "only these symbols")->delimiter(',');
    command->add_option("--as-of", arguments->as_of,
                        "cuts the data: only bars that ended by then; default: all");
    command->add_option("--model", arguments->model, kForecasterHelp);
    command->add_option("--cash", arguments->cash, "cash of the fresh account that sizes")
        ->capture_default_str();
    command->add_option("--fee", arguments->fee, "fee on every fill, a fraction of notional");
    command->add_option("--costs", arguments->costs, "cost preset; default: realistic");
    command
        ->add_option("--decision-lag", arguments->decision_lag,
                     "bars between the newest bar seen and the coming bar")
        ->capture_default_str()
        ->check(CLI::Range(1, 100));
    add_setting_option(*command, arguments->sources, "--workers", "analysis.workers",
                       "threads and shards; 0: by cores");
    command->add_option("--on-bad-row", arguments->on_bad_row, "stop or skip")
        ->capture_default_str();
    command->add_option("--instruments", arguments->instruments, "trading rules per symbol, TOML");
    command->add_flag("--json", arguments->json, "the output is JSON lines in any case");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools

// tradewind paper and live: the trading daemon, on the embedded exchange or at Alpaca. Source:
// contract 2.1, 2.5, 5, 7.
#include "actors/wiring/paper.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "market/catalog/bar_reader.hpp"
#include "market/catalog/instruments_file.hpp"
#include "messages/error.hpp"
#include "strategy/registry.hpp"
#include "tools/alpaca_options.hpp"
#include "tools/command.hpp"
#include "tools/lookahead_gate.hpp"
#include "tools/sample_data.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"
#include "tools/version.hpp"

namespace tradewind::tools {
namespace {

struct PaperArguments {
    config::Sources sources;
    std::vector<std::string> data;
    bool synthetic = false;
    std::vector<std::string> symbols;
    std::string strategy;
    std::vector<std::string> set;
    std::string state;
    std::string model;
    std::string instruments;
    bool live = false;
    bool observe = false;
};

void block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGUSR1}) sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

std::shared_ptr<spdlog::logger> make_log(const config::Settings& settings) {
    auto log = spdlog::stderr_color_mt("tradewind");
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    switch (settings.log.level) {
        case config::LogLevel::trace:
            log->set_level(spdlog::level::trace);
            break;
        case config::LogLevel::debug:
            log->set_level(spdlog::level::debug);
            break;
        case config::LogLevel::info:
            log->set_level(spdlog::level::info);
            break;
        case config::LogLevel::warning:
            log->set_level(spdlog::level::warn);
            break;
        case config::LogLevel::error:
            log->set_level(spdlog::level::err);
            break;
    }
    return log;
}

const char* mode_of(const PaperArguments& arguments) {
    return arguments.live ? "live" : "paper";
}

std::filesystem::path state_of(const PaperArguments& arguments, const config::Settings& settings) {
    return arguments.state.empty() ? settings.state_folder(mode_of(arguments))
                                   : std::filesystem::path(arguments.state);
}

actors::PaperOptions plan(const PaperArguments& arguments, const config::Settings& settings,
                          bool alpaca) {
    actors::PaperOptions options;
    options.mode = mode_of(arguments);
    options.state_folder = state_of(arguments, settings);
    options.listen = settings.paper.listen;
    options.version = std::string(kVersion) + ' ' + kCommit;
    options.speed = settings.paper.speed;
    options.cash = settings.paper.cash;
    options.seed = static_cast<std::uint64_t>(settings.paper.seed);
    if (arguments.strategy != "forecast_portfolio") options.strategy = arguments.strategy;
    options.parameters = parse_parameters(arguments.set);
    if (!options.strategy.empty()) {
        (void)strategy::make_strategy(options.strategy, options.parameters);
    }
    options.symbols = parse_symbols(!arguments.symbols.empty()        ? arguments.symbols
                                    : !settings.paper.symbols.empty() ? settings.paper.symbols
                                                                      : settings.universe.symbols);
    if (!arguments.instruments.empty()) {
        options.instruments = market::read_instruments(arguments.instruments);
    }
    // At Alpaca the history comes from there; the sample only names symbols where nobody does.
    if (!arguments.synthetic && !(alpaca && !options.symbols.empty())) {
        market::ReadOptions read;
        read.symbols = options.symbols;
        read.interval_ns = kDay;
        read.on_bad_row = market::OnBadRow::skip;
        read.instruments = options.instruments;
        read.hash_files = false;
        const auto data = arguments.data.empty()
                              ? std::vector<std::string>{sample_data_folder().string()}
                              : arguments.data;
        options.history = market::read_catalog(data, read).series;
    }
    options.cost_model = parse_costs("", "", config::to_text(settings.costs.preset));
    options.record = settings.recording.enabled;
    options.recordings_bytes = static_cast<std::uint64_t>(settings.recording.maximum_mib) << 20U;
    options.execution_shards = static_cast<std::size_t>(settings.execution.workers);
    if (options.strategy.empty()) {
        options.gateway = portfolio_gateway(settings, options.cost_model, options.cash);
        options.analysis.portfolio = portfolio_settings(settings, options.cost_model);
        options.analysis.decision_lag = 1;
        options.analysis.portfolio.work_orders = settings.execution.work_orders;
        if (settings.cycle.hourly) use_hours(options.analysis.portfolio);
        options.works = work_terms(settings);
        options.stealing = stealing_terms(settings);
        options.schedule = pass_schedule(settings);
        options.skip_closed_equity = settings.analysis.skip_closed_equity;
    } else {
        options.gateway.initial_cash = options.cash;
        if (arguments.live) {
            // Real money: the limits of the settings bind whatever trades.
            const auto limits = portfolio_gateway(settings, options.cost_model, options.cash);
            options.gateway.limits = limits.limits;
            options.gateway.leverage_cap = limits.leverage_cap;
        }
        forbid_entries(settings, options.gateway);
    }
    options.gateway.daily_loss = settings.risk.daily_loss;
    options.gateway.drawdown = settings.risk.drawdown;
    options.forecaster = forecaster_options(settings, arguments.model);
    options.warm_up = settings.model.warmup;
    options.cache_forecasts = settings.analysis.cache_forecasts;
    options.sequential = !settings.analysis.parallel;
    options.workers = static_cast<std::size_t>(
        settings.analysis.effective_workers(std::thread::hardware_concurrency()));
    return options;
}

// Where the daemon trades.
enum class Venue : std::uint8_t { embedded, alpaca, local };

Venue venue_of(const PaperArguments& arguments, const config::Settings& settings, bool keys) {
    using config::BrokerKind;
    const auto kind = settings.broker.kind;
    const std::string word = kind == BrokerKind::local    ? "local"
                             : kind == BrokerKind::alpaca ? "alpaca"
                                                          : "embedded";
    if (arguments.live) {
        if (kind == BrokerKind::embedded || kind == BrokerKind::local) {
            refuse_option("--broker", word, "live trades at the broker", "leave it out");
        }
        return Venue::alpaca;
    }
    const bool named = kind == BrokerKind::alpaca || kind == BrokerKind::local;
    if (named && !keys) {
        refuse_option("--broker", word, "there are no keys",
                      "set APCA_API_KEY_ID and APCA_API_SECRET_KEY, or name their files");
    }
    const bool own_market = arguments.synthetic || !arguments.data.empty();
    const bool alpaca =
        kind == BrokerKind::alpaca || (kind == BrokerKind::automatic && keys && !own_market);
    if (arguments.observe && !alpaca) {
        refuse_option("--observe", "", "it is for a broker's account", "give --broker alpaca");
    }
    if (kind == BrokerKind::local) return Venue::local;
    return alpaca ? Venue::alpaca : Venue::embedded;
}

void trade_on_alpacas_quotes(const config::Settings& settings, const config::Credentials& keys,
                             actors::PaperOptions& options) {
    actors::AlpacaVenueOptions market;
    market.settings = alpaca_settings(settings, keys);
    market.budget = actors::make_request_budget(market.settings);
    options.venue = [market](const actors::PaperOptions& known, const ledger::LedgerState& books) {
        return actors::open_local_venue(market, known, books);
    };
}

void trade_at_alpaca(const PaperArguments& arguments, const config::Settings& settings,
                     const config::Credentials& keys, actors::PaperOptions& options) {
    actors::AlpacaVenueOptions alpaca;
    alpaca.settings = alpaca_settings(settings, keys);
    alpaca.budget = actors::make_request_budget(alpaca.settings);
    alpaca.account = settings.live.account;
    alpaca.observe = arguments.observe;
    options.venue = [alpaca](const actors::PaperOptions& known, const ledger::LedgerState& books) {
        return actors::open_alpaca_venue(alpaca, known, books);
    };
}

void run(const PaperArguments& arguments) {
    const auto settings = settings_of(arguments.sources);
    const auto keys = config::load_credentials(settings, config::process_environment());
    std::optional<ledger::ExclusiveLock> account;
    const auto venue = venue_of(arguments, settings, keys.has_value());
    const bool remote = venue != Venue::embedded;
    if (arguments.live) {
        account.emplace(arm_live(settings, keys));
        arm_lookahead(state_of(arguments, settings),
                      {arguments.strategy, arguments.set, arguments.model}, settings);
    }
    block_signals();
    auto options = plan(arguments, settings, remote);
    if (venue == Venue::alpaca) trade_at_alpaca(arguments, settings, *keys, options);
    if (venue == Venue::local) trade_on_alpacas_quotes(settings, *keys, options);
    const auto log = make_log(settings);
    options.log = [log](const std::string& line) { log->info(line); };
    options.listening = [](const std::string& address) {
        std::cout << "listening on " << address << std::endl;
    };
    log->info("tradewind {} {}, {}{}, state {}", kVersion, options.mode,
              venue == Venue::alpaca  ? "Alpaca"
              : venue == Venue::local ? "own account on Alpaca's quotes"
                                      : "embedded exchange",
              arguments.observe ? ", observing" : "", options.state_folder.string());
    if (remote) log->info("keys from {}", keys->origin);
    for (const auto& line : settings.changed()) log->info("setting {}", line);
    actors::run_paper(options);
}

void add_daemon(CLI::App& app, const std::string& name, const std::string& help, bool live) {
    auto arguments = std::make_shared<PaperArguments>();
    arguments->live = live;
    auto* command = app.add_subcommand(name, help);
    auto& sources = arguments->sources;
    add_config_option(*command, sources);
    command->add_option("--data", arguments->data,
                        "daily bars before the session: CSV or Parquet files or folders");
    command
        ->add_option_function<std::string>(
            "--synthetic",
            [arguments](const std::string& seed) {
                arguments->synthetic = true;
                arguments->sources.flags.push_back({"paper.seed", seed, "--synthetic"});
            },
            "no recorded bars: the synthetic market of this seed")
        ->type_name("SEED");
    command->add_option("--symbols", arguments->symbols, "only these symbols")->delimiter(',');
    command->add_option("--strategy", arguments->strategy,
                        "a bar strategy; default: the forecast portfolio");
    command->add_option("--set", arguments->set, "strategy parameter key=value");
    command->add_option("--state", arguments->state, "state folder");
    command->add_option("--model", arguments->model, kForecasterHelp);
    command->add_option("--instruments", arguments->instruments, "trading rules per symbol, TOML");
    add_setting_option(*command, sources, "--cash", "paper.cash");
    add_setting_option(*command, sources, "--listen", "paper.listen");
    add_setting_option(*command, sources, "--speed", "paper.speed");
    add_setting_option(*command, sources, "--broker", "broker.kind");
    add_setting_option(*command, sources, "--workers", "analysis.workers");
    add_setting_option(*command, sources, "--account", "live.account");
    command->add_flag("--observe", arguments->observe, "follow the account, send nothing");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace

void add_paper(CLI::App& app) {
    add_daemon(app, "paper", "run the paper-trading daemon", false);
}

void add_live(CLI::App& app) {
    add_daemon(app, "live", "trade with the live account, once everything is armed", true);
}

}  // namespace tradewind::tools

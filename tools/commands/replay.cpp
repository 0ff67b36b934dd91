// tradewind replay: trade on recorded data. Source: contract 2.1.
#include "actors/wiring/replay.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/wiring/replay_recording.hpp"
#include "config/environment.hpp"
#include "ledger/run_folder.hpp"
#include "market/catalog/bar_reader.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/replay_plan.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"
#include "tools/version.hpp"

namespace tradewind::tools {
namespace {

struct ReplayArguments {
    ReplayPlan plan;
    std::string recording;
    std::uint32_t session = 0;  // 0: the newest
    std::string speed = "max";
    std::string out;
    bool distributed = false;
    bool overwrite = false;
    bool json = false;
    std::vector<std::string> command;
};

double seconds(std::chrono::steady_clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

Timestamp wall_now() {
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(
                std::chrono::system_clock::now().time_since_epoch())
                .count()};
}

void describe_data(const market::Catalog& catalog, const actors::FeedRange& range,
                   ledger::RunInfo& info) {
    std::int64_t bars = 0;
    std::int64_t suspect = 0;
    for (const auto& file : catalog.files) {
        ledger::DataFileEntry entry;
        entry.path = file.path;
        entry.sha256 = file.sha256;
        entry.rows = static_cast<std::int64_t>(file.rows);
        entry.skipped_rows = static_cast<std::int64_t>(file.refused);
        info.data.push_back(entry);
        for (const auto& row : file.refused_rows) {
            info.notes.push_back("refused row " + file.path + ':' + std::to_string(row.line) +
                                 ": " + row.reason);
        }
    }
    for (const auto& report : catalog.series_reports) {
        suspect += static_cast<std::int64_t>(report.suspect);
        for (const auto time : report.suspect_bars) {
            info.notes.push_back("suspect bar " + report.symbol.to_string() + ' ' +
                                 format_time(time) + ": open or close outside low to high");
        }
        if (report.without_session > 0) {
            info.notes.push_back(report.symbol.to_string() + ": " +
                                 std::to_string(report.without_session) +
                                 " bars on days without a session");
        }
    }
    for (const auto& series : catalog.series) {
        const Bar* first = nullptr;
        const Bar* last = nullptr;
        for (const auto& bar : series->bars) {
            if (bar.start < range.from || bar.start > range.to) continue;
            if (!first) first = &bar;
            last = &bar;
        }
        bars += static_cast<std::int64_t>(series->bars.size());
        if (first) info.benchmark.push_back({series->symbol, first->close, last->close});
    }
    info.counts["bars"] = bars;
    info.counts["symbols"] = static_cast<std::int64_t>(catalog.series.size());
    info.counts["suspect_bars"] = suspect;
}

void print(const ReplayArguments& arguments, const ledger::RunResult& result,
           const actors::ReplayOutcome& outcome, const ledger::RunInfo& info) {
    const auto& statistics = result.statistics;
    if (arguments.json) {
        const nlohmann::json json{{"out", arguments.out},
                                  {"bars", outcome.bars},
                                  {"orders", statistics.orders},
                                  {"fills", statistics.fills},
                                  {"trades", statistics.trades},
                                  {"cash", result.cash.to_string()},
                                  {"equity", result.equity.to_string()},
                                  {"load_seconds", info.load_seconds},
                                  {"engine_seconds", info.engine_seconds},
                                  {"hashes", result.hashes}};
        std::cout << json.dump() << '\n';
        return;
    }
    std::cout << "bars     " << outcome.bars << '\n'
              << "orders   " << statistics.orders << '\n'
              << "fills    " << statistics.fills << '\n'
              << "trades   " << statistics.trades << '\n'
              << "cash     " << result.cash.to_string() << '\n'
              << "equity   " << result.equity.to_string() << '\n'
              << "run      " << arguments.out << '\n';
}

void show_progress(std::uint64_t done, std::uint64_t all) {
    std::fprintf(stderr, "\rreplay %3.0f %%",
                 all == 0 ? 100.0 : 100.0 * static_cast<double>(done) / static_cast<double>(all));
}

// What run.json tells of every kind of replay.
void describe_run(const ReplayArguments& arguments, const config::Settings& settings,
                  const actors::ReplayOutcome& outcome, ledger::RunInfo& info) {
    info.version = kVersion;
    info.commit = kCommit;
    info.command = arguments.command;
    for (const auto& setting : settings.explain_all()) {
        info.settings.push_back(
            {setting.key, setting.value, std::string(config::to_text(setting.origin))});
    }
    info.counts["steps"] = static_cast<std::int64_t>(outcome.steps);
    info.wall_end = wall_now();
}

bool shows_progress(const ReplayArguments& arguments) {
    return !arguments.json && isatty(STDERR_FILENO) != 0;
}

void run_recording(const ReplayArguments& arguments) {
    const auto settings = settings_of(arguments.plan.sources);
    ledger::RunInfo info;
    info.wall_start = wall_now();
    const auto begin = std::chrono::steady_clock::now();
    auto recording = actors::open_recorded_session(
        arguments.recording,
        arguments.session == 0 ? std::nullopt : std::optional(arguments.session));
    const auto& session = recording.session;
    ledger::RunFolderOptions folder_options;
    folder_options.overwrite = arguments.overwrite;
    folder_options.initial_cash = session.cash;
    ledger::RunFolder folder(arguments.out, folder_options);
    info.strategy = session.strategy.empty() ? kForecastPortfolio : session.strategy;
    for (const auto& [key, value] : session.parameters) {
        info.settings.push_back({"strategy." + key, value, "recording"});
    }
    info.model_id = session.forecaster_id;
    info.seed = session.seed;
    const auto file = recording.reader.file().string();
    info.data.push_back({file, market::sha256_of_file(file),
                         static_cast<std::int64_t>(recording.reader.steps()), 0, 0});
    info.counts["symbols"] = static_cast<std::int64_t>(session.symbols.size());
    const auto loaded = std::chrono::steady_clock::now();
    const auto outcome = actors::run_recorded_replay(
        std::move(recording), folder,
        shows_progress(arguments) ? show_progress
                                  : std::function<void(std::uint64_t, std::uint64_t)>{});
    info.engine_seconds = seconds(std::chrono::steady_clock::now() - loaded);
    info.load_seconds = seconds(loaded - begin);
    info.counts["bars"] = static_cast<std::int64_t>(outcome.bars);
    describe_run(arguments, settings, outcome, info);
    print(arguments, folder.finish(info), outcome, info);
}

void run(const ReplayArguments& arguments) {
    if (!arguments.recording.empty()) return run_recording(arguments);
    const auto& plan = arguments.plan;
    if (plan.data.empty()) {
        refuse_option("--data", "", "nothing to replay",
                      "name a CSV or Parquet file or a folder, or a --recording");
    }
    const auto settings = settings_of(plan.sources);
    ledger::RunInfo info;
    info.wall_start = wall_now();
    const auto begin = std::chrono::steady_clock::now();
    auto options = replay_options(plan, settings);
    if (arguments.distributed) options.fusion = actors::Fusion::distributed;
    if (shows_progress(arguments)) options.progress = show_progress;
    options.speed = parse_speed(arguments.speed);
    ledger::RunFolderOptions folder_options;
    folder_options.overwrite = arguments.overwrite;
    folder_options.initial_cash = options.gateway.initial_cash;
    ledger::RunFolder folder(arguments.out, folder_options);  // refuses the path before reading

    const auto data = read_replay_data(plan, settings);
    describe_data(data.catalog, options.range, info);
    if (info.benchmark.empty()) {
        throw Error(ErrorKind::data, "no bars in the range",
                    "--from " + plan.from + " --to " + plan.to, "the data has none",
                    "widen the range");
    }
    add_replay_data(plan, settings, data, forecast_cache(settings), options);
    if (options.forecast) info.model_id = options.forecast->forecaster->id();
    const auto loaded = std::chrono::steady_clock::now();
    const auto outcome = actors::run_replay(std::move(options), folder);
    info.engine_seconds = seconds(std::chrono::steady_clock::now() - loaded);
    info.load_seconds = seconds(loaded - begin);
    if (shows_progress(arguments)) std::fputs("\r            \r", stderr);

    info.strategy = plan.strategy;
    for (const auto& [key, value] : parse_parameters(plan.set)) {
        info.settings.push_back({"strategy." + key, value, "flag"});
    }
    info.seed = plan.seed;
    describe_run(arguments, settings, outcome, info);
    print(arguments, folder.finish(info), outcome, info);
}

// What a recording holds itself: it is replayed as it was.
constexpr const char* kNotWithRecording[] = {
    "--data", "--symbols", "--from",       "--to",    "--interval",    "--strategy",
    "--set",  "--cash",    "--fill",       "--fee",   "--costs",       "--decision-lag",
    "--seed", "--model",   "--on-bad-row", "--speed", "--instruments", "--distributed"};

}  // namespace

void add_replay(CLI::App& app) {
    auto arguments = std::make_shared<ReplayArguments>();
    auto* command = app.add_subcommand("replay", "trade on recorded data");
    add_replay_options(*command, arguments->plan);
    auto* recording = command->add_option("--recording", arguments->recording,
                                          "recorded session: a folder of them, or one file");
    command
        ->add_option("--session", arguments->session,
                     "number of the session in the --recording folder; default: the newest")
        ->needs(recording)
        ->check(CLI::Range(1U, 1'000'000U));
    command->add_option("--out", arguments->out, "run folder to write; absent or empty")
        ->required();
    command->add_flag("--distributed", arguments->distributed,
                      "run every stage as its own actor (same bytes, slower for bar strategies)");
    command
        ->add_option("--speed", arguments->speed,
                     "max, or paced by the clock: 1x, 60x, ... (then on one thread)")
        ->capture_default_str();
    command->add_flag("--overwrite", arguments->overwrite, "replace an existing run folder");
    command->add_flag("--json", arguments->json, "print the result as JSON");
    for (const char* name : kNotWithRecording) recording->excludes(command->get_option(name));
    command->callback([arguments, command] {
        arguments->command = {"replay"};
        for (const auto* option : command->get_options()) {
            for (const auto& value : option->results()) {
                arguments->command.push_back(option->get_name());
                arguments->command.push_back(value);
            }
        }
        run(*arguments);
    });
}

}  // namespace tradewind::tools

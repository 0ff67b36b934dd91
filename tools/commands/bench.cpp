// tradewind bench replay|csv: how fast bars become a run, with the machine it was measured on;
// bench exchange: bench_exchange.hpp.
//
// replay: synthetic minute bars of many symbols through the whole path (strategy, risk, events,
// paper broker, ledger, run folder) on one thread, the same with longer windows and so with fewer
// orders, and a slice of them again with every stage its own actor, byte for byte equal. Rates are
// of processor time (of the whole process), which other programs disturb least; wall time stands
// beside. csv: a process of its own from a CSV file to a run folder.
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "actors/wiring/replay.hpp"
#include "ledger/run_folder.hpp"
#include "market/catalog/bar_writer.hpp"
#include "market/instruments.hpp"
#include "market/synthetic.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/commands/bench_exchange.hpp"
#include "tools/machine.hpp"
#include "tools/scratch_folder.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr std::size_t kSliceSymbols = 5;
constexpr std::size_t kSliceBars = 500;
constexpr std::size_t kMinutesOfSession = 390;
constexpr unsigned kSliceWorkers = 2;

struct BenchArguments {
    std::size_t symbols = 50;
    std::size_t bars = 20'000;
    std::size_t csv_bars = 500'000;
    std::size_t repeats = 3;
    bool json = false;
};

// `bars` minute bars up to a fixed day, so that a figure is of equal bars every time.
std::vector<BarSeriesPtr> synthetic_bars(std::size_t symbols, std::size_t bars) {
    market::SyntheticOptions options;
    for (std::size_t i = 0; i < symbols; ++i) {
        options.symbols.emplace_back("BENCH" + std::to_string(1000 + i).substr(1));
    }
    options.last_day = date_of(2024, 12, 31);
    const market::SyntheticMarket market(options);
    const auto days = static_cast<std::int64_t>(bars / kMinutesOfSession * 3 / 2 + 10);
    const auto end = utc_midnight(options.last_day + 1);
    std::vector<BarSeriesPtr> series;
    for (const auto& symbol : options.symbols) {
        auto one =
            std::make_shared<BarSeries>(*market.minute_series(symbol, end - days * kDay, end));
        if (one->bars.size() < bars) {
            throw Error(ErrorKind::usage, "bad option", "--bars " + std::to_string(bars),
                        "the synthetic market has only " + std::to_string(one->bars.size()),
                        "ask for fewer");
        }
        one->bars.resize(bars);
        series.push_back(std::move(one));
    }
    return series;
}

struct Windows {
    const char* fast;
    const char* slow;
};
constexpr Windows kWindows{"10", "30"};
constexpr Windows kLongWindows{"50", "200"};

actors::ReplayOptions replay_options(std::vector<BarSeriesPtr> series, actors::Fusion fusion,
                                     Windows windows = kWindows) {
    actors::ReplayOptions options;
    options.strategy = "sma_cross";
    options.parameters = {
        {"fast", windows.fast}, {"slow", windows.slow}, {"quantity", "10"}, {"side", "long_short"}};
    options.matching =
        matching_settings("next_open", market::flat_fee(*Fraction::parse("0.001")), 0);
    market::Catalog catalog;
    catalog.series = series;
    options.symbols = symbol_infos(catalog, {}, true);
    options.series = std::move(series);
    options.fusion = fusion;
    options.workers = kSliceWorkers;
    return options;
}

struct Measured {
    actors::ReplayOutcome outcome;
    ledger::RunResult result;
    double engine_seconds = 0;      // of the clock on the wall
    double engine_cpu_seconds = 0;  // of all threads
    double total_cpu_seconds = 0;   // the run folder included
};

double cpu_seconds() {
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Measured measure(actors::ReplayOptions options, const fs::path& out) {
    const auto seconds = [](auto duration) {
        return std::chrono::duration<double>(duration).count();
    };
    Measured measured;
    ledger::RunFolderOptions folder_options;
    folder_options.initial_cash = options.gateway.initial_cash;
    ledger::RunFolder folder(out, folder_options);
    const auto cpu_begin = cpu_seconds();
    const auto begin = std::chrono::steady_clock::now();
    measured.outcome = actors::run_replay(std::move(options), folder);
    measured.engine_seconds = seconds(std::chrono::steady_clock::now() - begin);
    measured.engine_cpu_seconds = cpu_seconds() - cpu_begin;
    measured.result = folder.finish({});
    measured.total_cpu_seconds = cpu_seconds() - cpu_begin;
    return measured;
}

ordered_json machine_json() {
    const auto machine = this_machine();
    return {{"processor", machine.processor},
            {"cores", machine.cores},
            {"compiler", machine.compiler},
            {"build", machine.build},
            {"load_average", load_average()}};
}

void print(const ordered_json& document, bool json) {
    if (json) {
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    for (const auto& [section, values] : document.items()) {
        if (!values.is_object()) {
            std::printf("%s: %s\n", section.c_str(), values.dump().c_str());
            continue;
        }
        std::printf("%s\n", section.c_str());
        for (const auto& [key, value] : values.items()) {
            const auto text = value.is_string() ? value.get<std::string>() : value.dump();
            std::printf("  %-22s %s\n", key.c_str(), text.c_str());
        }
    }
}

// The same slice fused and with every stage its own actor.
ordered_json compare_slice(const std::vector<BarSeriesPtr>& series, const ScratchFolder& scratch) {
    std::vector<BarSeriesPtr> slice;
    for (std::size_t i = 0; i < std::min(kSliceSymbols, series.size()); ++i) {
        auto one = std::make_shared<BarSeries>(*series[i]);
        one->bars.resize(std::min(kSliceBars, one->bars.size()));
        slice.push_back(std::move(one));
    }
    const auto fused = measure(replay_options(slice, actors::Fusion::fused), scratch / "fused");
    const auto distributed =
        measure(replay_options(slice, actors::Fusion::distributed), scratch / "distributed");
    if (fused.result.hashes != distributed.result.hashes) {
        throw Error(ErrorKind::failed, "the distributed run differs from the fused one",
                    "bench replay", "a file of the run folder has another content");
    }
    const auto bars = static_cast<double>(distributed.outcome.bars);
    return {{"bars", distributed.outcome.bars},
            {"workers", kSliceWorkers},
            {"engine_seconds", distributed.engine_seconds},
            {"bars_per_second", bars / distributed.engine_seconds},
            {"byte_equal", true}};
}

ordered_json fused_runs(const BenchArguments& arguments, const std::vector<BarSeriesPtr>& series,
                        Windows windows) {
    std::vector<Measured> runs;
    for (std::size_t i = 0; i < arguments.repeats; ++i) {
        const ScratchFolder scratch;
        runs.push_back(
            measure(replay_options(series, actors::Fusion::fused, windows), scratch / "run"));
    }
    const auto best = *std::min_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
        return a.engine_cpu_seconds < b.engine_cpu_seconds;
    });
    auto all = ordered_json::array();
    for (const auto& run : runs) {
        all.push_back(static_cast<double>(run.outcome.bars) / run.engine_cpu_seconds);
    }
    const auto bars = static_cast<double>(best.outcome.bars);
    return {{"symbols", arguments.symbols},
            {"bars", best.outcome.bars},
            {"strategy", std::string("sma_cross fast=") + windows.fast + " slow=" + windows.slow +
                             " long_short, fee 0.001"},
            {"orders", best.result.statistics.orders},
            {"fills", best.result.statistics.fills},
            {"threads", 1},
            {"engine_seconds", best.engine_seconds},
            {"engine_cpu_seconds", best.engine_cpu_seconds},
            {"bars_per_second", bars / best.engine_cpu_seconds},
            {"all_runs", all},
            {"with_run_folder", bars / best.total_cpu_seconds}};
}

void bench_replay(const BenchArguments& arguments) {
    const auto series = synthetic_bars(arguments.symbols, arguments.bars);
    const ScratchFolder scratch;
    print({{"machine", machine_json()},
           {"replay", fused_runs(arguments, series, kWindows)},
           {"replay_long_windows", fused_runs(arguments, series, kLongWindows)},
           {"distributed", compare_slice(series, scratch)}},
          arguments.json);
}

// One run of this program as a process of its own: wall and processor seconds.
ordered_json timed_process(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const auto& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    const auto begin = std::chrono::steady_clock::now();
    pid_t child = 0;
    char* const no_environment[] = {nullptr};  // nothing of the caller's settings
    const int fault =
        ::posix_spawn(&child, "/proc/self/exe", &actions, nullptr, argv.data(), no_environment);
    posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    rusage usage{};
    if (fault != 0 || ::wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) ||
        WEXITSTATUS(status) != 0) {
        throw Error(ErrorKind::failed, "the measured process failed", words.at(1), {});
    }
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return {{"wall_seconds",
             std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()},
            {"user_seconds", seconds(usage.ru_utime)},
            {"system_seconds", seconds(usage.ru_stime)},
            {"maximum_memory_mib", usage.ru_maxrss / 1024}};
}

void bench_csv(const BenchArguments& arguments) {
    const ScratchFolder scratch;
    const auto csv = scratch / "BENCH000.csv";
    const auto series = synthetic_bars(1, arguments.csv_bars);
    market::write_csv(*series.front(), market::TradingCalendar::nyse, csv.string());
    ordered_json best;
    for (std::size_t i = 0; i < arguments.repeats; ++i) {
        const auto timed = timed_process(
            {"tradewind", "replay", "--data", csv.string(), "--strategy", "sma_cross", "--set",
             "fast=10", "--set", "slow=30", "--set", "quantity=10", "--set", "side=long_short",
             "--fee", "0.001", "--out", (scratch / ("run-" + std::to_string(i))).string()});
        if (best.is_null() || timed["wall_seconds"] < best["wall_seconds"]) best = timed;
    }
    ordered_json result{{"bars", arguments.csv_bars}, {"csv_bytes", fs::file_size(csv)}};
    result.update(best);
    print({{"machine", machine_json()}, {"csv_to_run_folder", result}}, arguments.json);
}

void add(CLI::App& bench, const std::string& name, const std::string& help,
         const std::shared_ptr<BenchArguments>& arguments, void (*action)(const BenchArguments&)) {
    auto* command = bench.add_subcommand(name, help);
    const auto positive = CLI::Range(std::size_t{1}, std::size_t{10'000'000});
    if (name == "replay") {
        command->add_option("--symbols", arguments->symbols, "symbols of the synthetic market")
            ->capture_default_str()
            ->check(CLI::Range(std::size_t{1}, std::size_t{1000}));
        command->add_option("--bars", arguments->bars, "minute bars of each symbol")
            ->capture_default_str()
            ->check(positive);
    } else {
        command->add_option("--bars", arguments->csv_bars, "minute bars of the one symbol")
            ->capture_default_str()
            ->check(positive);
    }
    command->add_option("--repeats", arguments->repeats, "runs; the fastest counts")
        ->capture_default_str()
        ->check(CLI::Range(1, 100));
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments, action] { action(*arguments); });
}

}  // namespace

void add_bench(CLI::App& app) {
    auto* bench = app.add_subcommand("bench", "performance, with the machine it was measured on");
    bench->require_subcommand(1);
    const auto arguments = std::make_shared<BenchArguments>();
    add(*bench, "replay", "bars a second through the whole path", arguments, bench_replay);
    add(*bench, "csv", "a process from a CSV file to a run folder", arguments, bench_csv);
    add_bench_exchange(*bench);
}

}  // namespace tradewind::tools

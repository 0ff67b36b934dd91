// tradewind sweep: the same replay with other parameters, many times, and what its best result is
// worth after so many tries.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "config/environment.hpp"
#include "ledger/csv_reader.hpp"
#include "ledger/overfitting.hpp"
#include "ledger/run_folder.hpp"
#include "ledger/run_tables.hpp"
#include "market/catalog/parquet_table.hpp"
#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/parameter_search.hpp"
#include "tools/replay_plan.hpp"
#include "tools/scratch_folder.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"
#include "tools/trial_journal.hpp"

namespace tradewind::tools {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct SweepArguments {
    ReplayPlan plan;
    std::vector<std::string> vary;
    std::string method = "grid";
    std::size_t samples = 100;
    std::string out;
    bool json = false;
};

struct Sweep {
    std::vector<SearchAxis> axes;
    std::vector<std::vector<std::size_t>> trials;
};

const std::string& value_of(const Sweep& sweep, std::size_t trial, std::size_t axis) {
    return sweep.axes[axis].values[sweep.trials[trial][axis]];
}

// The plan with the trial's parameters and settings put in.
ReplayPlan plan_of(const ReplayPlan& plan, const Sweep& sweep, std::size_t trial) {
    ReplayPlan one = plan;
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
        const auto& key = sweep.axes[axis].key;
        const auto& value = value_of(sweep, trial, axis);
        if (sweep.axes[axis].is_setting()) {
            one.sources.flags.push_back({key, value, "--vary " + key});
        } else {
            one.set.push_back(key + '=' + value);
        }
    }
    return one;
}

std::vector<double> daily_returns_of(const fs::path& run, Money cash) {
    std::vector<double> returns;
    ledger::CsvReader rows(run, ledger::kEquityCsv);
    const auto time = rows.column("time");
    const auto equity = rows.column("equity");
    double before = cash.to_double();
    double last = before;
    std::int64_t day = INT64_MIN;
    const auto end_day = [&] {
        returns.push_back(before > 0 ? last / before - 1 : 0);
        before = last;
    };
    while (rows.next()) {
        // A bar that ends at midnight belongs to the day before.
        const auto row_day = (rows.timestamp(time).ns - 1) / kDay;
        if (day != INT64_MIN && row_day != day) end_day();
        day = row_day;
        last = rows.decimal<Money>(equity).to_double();
    }
    if (day != INT64_MIN) end_day();
    return returns;
}

Trial run_trial(const ReplayPlan& plan, const ReplayData& data,
                std::shared_ptr<model::ForecastCache> cache, std::size_t number) {
    const auto settings = config::load_settings(plan.sources);
    auto options = replay_options(plan, settings);
    if (!plan.is_portfolio()) {
        options.workers = 1;
        options.fusion = actors::Fusion::fused;
    }
    const ScratchFolder scratch;
    ledger::RunFolderOptions folder_options;
    folder_options.initial_cash = options.gateway.initial_cash;
    folder_options.report = false;
    folder_options.sync = false;
    ledger::RunFolder folder(scratch / "run", folder_options);
    add_replay_data(plan, settings, data, std::move(cache), options);
    const auto cash = options.gateway.initial_cash;
    (void)actors::run_replay(std::move(options), folder);
    const auto result = folder.finish({});
    Trial trial;
    trial.number = number;
    trial.total_return = result.statistics.total_return;
    trial.sharpe = result.statistics.sharpe;
    trial.max_drawdown = result.statistics.max_drawdown;
    trial.orders = result.statistics.orders;
    trial.fills = result.statistics.fills;
    trial.trades = result.statistics.trades;
    trial.fees = result.statistics.fees;
    trial.final_equity = result.equity;
    trial.daily_returns = daily_returns_of(scratch / "run", cash);
    return trial;
}

// Calls `work` for every number on so many threads; the first failure ends all and is thrown.
void for_each_trial(const std::vector<std::size_t>& numbers, std::size_t threads,
                    const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next = 0;
    std::exception_ptr failure;
    std::mutex mutex;
    const auto loop = [&] {
        for (std::size_t i = next++; i < numbers.size(); i = next++) {
            try {
                work(numbers[i]);
            } catch (...) {
                next = numbers.size();
                const std::scoped_lock lock(mutex);
                if (!failure) failure = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> pool;
        for (std::size_t i = 1; i < threads; ++i) pool.emplace_back(loop);
        loop();
    }
    if (failure) std::rethrow_exception(failure);
}

// What the results depend on, as text: the same text, the same results.
std::string plan_text(const SweepArguments& arguments, const Sweep& sweep, const ReplayData& data,
                      const config::Settings& settings) {
    const auto& plan = arguments.plan;
    ordered_json json{{"format", "tradewind-sweep"}, {"version", 1}};
    for (const auto& file : data.catalog.files) {
        json["data"].push_back({{"file", file.path}, {"sha256", file.sha256}});
    }
    json["replay"] = {{"symbols", plan.symbols},
                      {"from", plan.from},
                      {"to", plan.to},
                      {"interval", plan.interval},
                      {"strategy", plan.strategy},
                      {"set", plan.set},
                      {"cash", plan.cash},
                      {"fill", plan.fill},
                      {"fee", plan.fee},
                      {"costs", plan.costs},
                      {"decision_lag", plan.decision_lag},
                      {"model", plan.model},
                      {"on_bad_row", plan.on_bad_row},
                      {"instruments", plan.instruments},
                      {"seed", plan.seed}};
    json["settings"] = ordered_json::object();
    for (const auto& setting : settings.explain_all()) {
        if (setting.value == setting.default_value || setting.key == "analysis.workers") continue;
        json["settings"][setting.key] = setting.value;
    }
    json["method"] = arguments.method;
    for (const auto& axis : sweep.axes) {
        json["axes"].push_back({{"key", axis.key}, {"values", axis.values}});
    }
    json["trials"] = sweep.trials.size();
    return json.dump(1) + '\n';
}

void write_parquet(const fs::path& file, const Sweep& sweep, const TrialJournal& journal) {
    std::vector<market::TableColumn> columns{{"trial", market::CellKind::real}};
    for (const auto& axis : sweep.axes) columns.push_back({axis.key, market::CellKind::text});
    for (const char* name : {"total_return", "sharpe", "max_drawdown", "orders", "fills", "trades"})
        columns.push_back({name, market::CellKind::real});
    columns.push_back({"fees", market::CellKind::decimal});
    columns.push_back({"final_equity", market::CellKind::decimal});
    const auto number = [](double value) { return ordered_json(value).dump(); };
    market::ParquetTable table(file.string(), std::move(columns));
    for (const auto& [trial, result] : journal.trials()) {
        std::vector<std::string> cells{std::to_string(trial)};
        for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
            cells.push_back(value_of(sweep, trial, axis));
        }
        cells.push_back(number(result.total_return));
        cells.push_back(result.sharpe ? number(*result.sharpe) : "");
        cells.push_back(number(result.max_drawdown));
        cells.push_back(std::to_string(result.orders));
        cells.push_back(std::to_string(result.fills));
        cells.push_back(std::to_string(result.trades));
        cells.push_back(result.fees.to_string());
        cells.push_back(result.final_equity.to_string());
        const std::vector<std::string_view> views(cells.begin(), cells.end());
        table.add(views);
    }
    table.finish();
}

ordered_json optional_number(const std::optional<double>& value) {
    return value ? ordered_json(*value) : ordered_json(nullptr);
}

// The best trial by Sharpe ratio (ties: the first), and what is left of it.
ordered_json summary_of(const Sweep& sweep, const TrialJournal& journal) {
    const Trial* best = nullptr;
    std::vector<double> sharpes;
    std::vector<std::vector<double>> returns;
    for (const auto& [number, trial] : journal.trials()) {
        const auto sharpe = ledger::sharpe_per_day(trial.daily_returns);
        sharpes.push_back(sharpe.value_or(0));
        returns.push_back(trial.daily_returns);
        if (sharpe && (!best || trial.sharpe > best->sharpe)) best = &trial;
    }
    ordered_json summary{{"trials", journal.trials().size()}};
    if (!best) {
        summary["best"] = nullptr;
        return summary;
    }
    ordered_json values;
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
        values[sweep.axes[axis].key] = value_of(sweep, best->number, axis);
    }
    summary["best"] = {{"trial", best->number},
                       {"values", values},
                       {"total_return", best->total_return},
                       {"sharpe", optional_number(best->sharpe)},
                       {"max_drawdown", best->max_drawdown},
                       {"trades", best->trades},
                       {"final_equity", best->final_equity.to_string()}};
    summary["probabilistic_sharpe"] =
        optional_number(ledger::probabilistic_sharpe(best->daily_returns, 0));
    summary["deflated_sharpe"] =
        optional_number(ledger::deflated_sharpe(best->daily_returns, sharpes));
    const auto overfitting = ledger::probability_of_overfitting(returns);
    summary["probability_of_overfitting"] =
        overfitting ? ordered_json(overfitting->probability) : ordered_json(nullptr);
    summary["probability_of_loss"] =
        overfitting ? ordered_json(overfitting->probability_loss) : ordered_json(nullptr);
    return summary;
}

std::string percent(const ordered_json& value) {
    if (value.is_null()) return "unknown";
    char text[32];
    std::snprintf(text, sizeof text, "%.1f %%", value.get<double>() * 100);
    return text;
}

void print(const SweepArguments& arguments, const ordered_json& summary) {
    if (arguments.json) {
        std::printf("%s\n", summary.dump().c_str());
        return;
    }
    std::printf("trials   %s\n", summary.at("trials").dump().c_str());
    const auto& best = summary.at("best");
    if (best.is_null()) {
        std::printf("best     none: no trial's equity moved\n");
        return;
    }
    std::string values;
    for (const auto& [key, value] : best.at("values").items()) {
        values += (values.empty() ? "" : ", ") + key + " = " + value.get<std::string>();
    }
    std::printf("best     trial %s: %s\n", best.at("trial").dump().c_str(), values.c_str());
    std::printf("         return %s, Sharpe %.2f, drawdown %s, %s trades\n",
                percent(best.at("total_return")).c_str(),
                best.at("sharpe").is_null() ? 0 : best.at("sharpe").get<double>(),
                percent(best.at("max_drawdown")).c_str(), best.at("trades").dump().c_str());
    std::printf("         skill, after %s tries (deflated Sharpe)     %s\n",
                summary.at("trials").dump().c_str(),
                percent(summary.at("deflated_sharpe")).c_str());
    std::printf("         below the median on other days (overfitting) %s\n",
                percent(summary.at("probability_of_overfitting")).c_str());
    std::printf("out      %s\n", arguments.out.c_str());
}

void run(const SweepArguments& arguments) {
    Sweep sweep;
    for (const auto& text : arguments.vary) {
        auto axis = parse_axis(text);
        if (axis.is_setting()) (void)config::Settings{}.explain(axis.key);  // refuses unknown ones
        for (const auto& other : sweep.axes) {
            if (other.key == axis.key) {
                refuse_option("--vary", text, "the key twice", "give all its values at once");
            }
        }
        sweep.axes.push_back(std::move(axis));
    }
    sweep.trials = choose_trials(sweep.axes, parse_search_method(arguments.method),
                                 arguments.samples, arguments.plan.seed);
    auto base = arguments.plan;
    base.sources.environment = config::process_environment();
    const auto settings = settings_of(base.sources);
    // A key or value that is not known is refused before anything is read: each value once.
    std::vector<bool> seen;
    for (std::size_t axis = 0; axis < sweep.axes.size(); ++axis) {
        seen.assign(sweep.axes[axis].values.size(), false);
        for (std::size_t trial = 0; trial < sweep.trials.size(); ++trial) {
            const auto value = sweep.trials[trial][axis];
            if (seen[value]) continue;
            seen[value] = true;
            const auto one = plan_of(base, sweep, trial);
            (void)replay_options(one, config::load_settings(one.sources));
        }
    }
    const auto data = read_replay_data(arguments.plan, settings);
    TrialJournal journal(arguments.out, plan_text(arguments, sweep, data, settings));
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < sweep.trials.size(); ++i) {
        if (!journal.has(i)) left.push_back(i);
    }
    const auto workers = static_cast<std::size_t>(
        settings.analysis.effective_workers(std::thread::hardware_concurrency()));
    // A forecast portfolio fills the cores by itself, and its trials share their forecasts.
    const bool portfolio = arguments.plan.is_portfolio();
    auto cache = portfolio ? forecast_cache(settings) : nullptr;
    if (portfolio && !cache) cache = std::make_shared<model::ForecastCache>();
    const bool progress = !arguments.json && isatty(STDERR_FILENO) != 0;
    std::atomic<std::size_t> done = sweep.trials.size() - left.size();
    for_each_trial(left, portfolio ? 1 : workers, [&](std::size_t number) {
        journal.add(run_trial(plan_of(base, sweep, number), data, cache, number));
        const auto count = ++done;
        if (progress) std::fprintf(stderr, "\rsweep %zu of %zu", count, sweep.trials.size());
    });
    if (progress) std::fputs("\r                         \r", stderr);
    write_parquet(fs::path(arguments.out) / "trials.parquet", sweep, journal);
    const auto summary = summary_of(sweep, journal);
    std::ofstream(fs::path(arguments.out) / "summary.json") << summary.dump(1) << '\n';
    print(arguments, summary);
}

}  // namespace

void add_sweep(CLI::App& app) {
    const auto arguments = std::make_shared<SweepArguments>();
    auto* command = app.add_subcommand(
        "sweep", "replay with many parameters, and what the best result is worth after so many");
    add_replay_options(*command, arguments->plan);
    command
        ->add_option("--vary", arguments->vary,
                     "KEY=A,B,C or KEY=FROM:TO:STEP: a strategy parameter, or a setting by its "
                     "full name")
        ->required();
    command->add_option("--method", arguments->method, "grid, sobol or random")
        ->capture_default_str();
    command->add_option("--samples", arguments->samples, "trials of sobol and random")
        ->capture_default_str()
        ->check(CLI::Range(std::size_t{1}, kMostTrials));
    command
        ->add_option("--out", arguments->out,
                     "folder of the results; the same command goes on where it stopped")
        ->required();
    command->add_flag("--json", arguments->json, "print the summary as one JSON document");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools

#include "tools/lookahead_gate.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "ledger/sha256.hpp"
#include "messages/error.hpp"
#include "tools/replay_plan.hpp"
#include "tools/sample_data.hpp"
#include "tools/trading_options.hpp"
#include "tools/version.hpp"

namespace tradewind::tools {
namespace {

constexpr const char* kRecord = "lookahead.jsonl";

// Sections of the settings by which the forecast portfolio decides, and what in them does not.
constexpr std::array<std::string_view, 13> kDeciding{
    "analysis.", "model.", "portfolio.", "symbols.",  "risk.",  "cycle.",    "probes.",
    "entries.",  "exits.", "stealing.",  "universe.", "costs.", "execution."};
constexpr std::array<std::string_view, 9> kNotDeciding{
    "execution.workers",    "analysis.workers", "analysis.parallel", "analysis.cache_forecasts",
    "model.forecast_store", "model.warmup",     "model.device",      "model.allow_cpu_fallback",
    "model.threads"};

bool decides(std::string_view key) {
    const auto starts = [key](std::string_view section) { return key.starts_with(section); };
    return std::any_of(kDeciding.begin(), kDeciding.end(), starts) &&
           std::find(kNotDeciding.begin(), kNotDeciding.end(), key) == kNotDeciding.end();
}

bool is_portfolio(const CheckedStrategy& strategy) {
    return strategy.name.empty() || strategy.name == kForecastPortfolio;
}

std::string shown_name(const CheckedStrategy& strategy) {
    return is_portfolio(strategy) ? kForecastPortfolio : strategy.name;
}

// The command that would sign it off.
std::string remedy_of(const std::filesystem::path& state_folder, const CheckedStrategy& strategy) {
    std::string command =
        "run `tradewind verify lookahead --data BARS --strategy " + shown_name(strategy);
    for (const std::string& parameter : strategy.set) command += " --set " + parameter;
    if (!strategy.model.empty()) command += " --model " + strategy.model;
    return command + " --state " + state_folder.string() + "` with the same settings";
}

// A year of the shipped bars, whose last day is in 2026.
constexpr const char* kShippedFrom = "2025-02-05";

}  // namespace

std::string lookahead_subject(const CheckedStrategy& strategy, const config::Settings& settings) {
    std::string subject = "strategy " + shown_name(strategy) + '\n';
    std::vector<std::string> parameters = strategy.set;
    std::sort(parameters.begin(), parameters.end());
    for (const std::string& parameter : parameters) subject += "parameter " + parameter + '\n';
    if (is_portfolio(strategy)) {
        for (const config::Explanation& setting : settings.explain_all()) {
            const bool replaced = setting.key == "model.name" && !strategy.model.empty();
            if (!decides(setting.key)) continue;
            subject += setting.key + ' ' + (replaced ? strategy.model : setting.value) + '\n';
        }
    }
    return subject + "program " + ledger::sha256_of_file("/proc/self/exe") + '\n';
}

bool sign_off_lookahead(const std::filesystem::path& state_folder, const std::string& subject,
                        const CheckedStrategy& strategy, const LookaheadReport& report) {
    if (report.difference || report.decisions + report.orders == 0) return false;
    const auto file = state_folder / kRecord;
    std::error_code error;
    std::filesystem::create_directories(state_folder, error);
    const nlohmann::ordered_json line{{"subject", ledger::to_hex(ledger::sha256_of(subject))},
                                      {"strategy", shown_name(strategy)},
                                      {"parameters", strategy.set},
                                      {"version", kVersion},
                                      {"commit", kCommit},
                                      {"cuts", report.cuts.size()},
                                      {"decisions", report.decisions},
                                      {"orders", report.orders}};
    std::ofstream out(file, std::ios::app);
    out << '\n' << line.dump() << '\n';  // a line that was torn stays one of its own
    out.flush();
    if (error || !out) {
        throw Error(ErrorKind::failed, "cannot write the sign-off", file.string(),
                    error ? error.message() : "the disk refuses", "name another folder: --state");
    }
    return true;
}

bool lookahead_signed_off(const std::filesystem::path& state_folder, const std::string& subject) {
    std::ifstream in(state_folder / kRecord);
    const std::string wanted = ledger::to_hex(ledger::sha256_of(subject));
    // A line that cannot be read signs nothing off.
    for (std::string line; std::getline(in, line);) {
        const auto record = nlohmann::json::parse(line, nullptr, false);
        if (record.is_object() && record.value("subject", nlohmann::json()) == wanted) return true;
    }
    return false;
}

void require_lookahead_check(const std::filesystem::path& state_folder,
                             const CheckedStrategy& strategy, const config::Settings& settings) {
    if (lookahead_signed_off(state_folder, lookahead_subject(strategy, settings))) return;
    throw Error(ErrorKind::usage, "live trading is not armed", shown_name(strategy),
                "no check for look-ahead of it under these settings by this program has passed",
                remedy_of(state_folder, strategy));
}

LookaheadReport run_lookahead_check(const ReplayPlan& plan, const config::Settings& settings,
                                    const LookaheadSettings& check) {
    const auto range = replay_options(plan, settings).range;
    auto data = read_replay_data(plan, settings);
    auto cache = forecast_cache(settings);
    if (!cache) cache = std::make_shared<model::ForecastCache>();
    const auto series = data.catalog.series;
    return check_lookahead(
        series, range,
        [&](std::vector<BarSeriesPtr> bars) {
            auto changed = data;
            changed.catalog.series = std::move(bars);
            auto replay = replay_options(plan, settings);
            add_replay_data(plan, settings, changed, cache, replay);
            return replay;
        },
        check);
}

void arm_lookahead(const std::filesystem::path& state_folder, const CheckedStrategy& strategy,
                   const config::Settings& settings) {
    const std::string subject = lookahead_subject(strategy, settings);
    if (lookahead_signed_off(state_folder, subject)) return;
    ReplayPlan plan;
    plan.data = {sample_data_folder().string()};
    plan.from = kShippedFrom;
    plan.strategy = shown_name(strategy);
    plan.set = strategy.set;
    plan.model = strategy.model;
    const auto report = run_lookahead_check(plan, settings, {2, 1});
    (void)sign_off_lookahead(state_folder, subject, strategy, report);
    require_lookahead_check(state_folder, strategy, settings);
}

}  // namespace tradewind::tools

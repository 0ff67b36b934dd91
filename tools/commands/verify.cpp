// tradewind verify DIR: is a run folder or a state folder what it says? Source: contract 4 and 6.
// tradewind verify lookahead: does any decision of a replay depend on later bars?
#include "ledger/verify.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "messages/error.hpp"
#include "tools/command.hpp"
#include "tools/lookahead.hpp"
#include "tools/lookahead_gate.hpp"
#include "tools/replay_plan.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

struct VerifyArguments {
    std::string folder;
    bool json = false;
};

void run(const VerifyArguments& arguments) {
    const auto result = ledger::verify_folder(arguments.folder);
    if (arguments.json) {
        const nlohmann::ordered_json document{{"folder", arguments.folder},
                                              {"kind", result.run_folder ? "run" : "state"},
                                              {"verified", true},
                                              {"events", result.events},
                                              {"orders", result.orders},
                                              {"fills", result.fills},
                                              {"equity_rows", result.equity_rows},
                                              {"checks", result.checks}};
        std::printf("%s\n", document.dump(2).c_str());
        return;
    }
    for (const auto& check : result.checks) std::printf("ok  %s\n", check.c_str());
    std::printf("verified: %llu events, %llu orders, %llu fills\n",
                static_cast<unsigned long long>(result.events),
                static_cast<unsigned long long>(result.orders),
                static_cast<unsigned long long>(result.fills));
}

struct LookaheadArguments {
    ReplayPlan plan;
    LookaheadSettings settings;
    std::string state;
    bool json = false;
};

nlohmann::ordered_json difference_json(const LookaheadReport& report) {
    if (!report.difference) return nullptr;
    const auto& found = *report.difference;
    return {{"cut", format_time(found.cut)},
            {"later_bars", found.changed_bars ? "changed" : "cut off"},
            {"decided_on_all_bars", found.whole},
            {"decided_otherwise", found.other}};
}

// What is found clean arms `live`. The default folder is a convenience: where it cannot be written,
// the check itself is none the worse.
bool signed_off_by(const LookaheadArguments& arguments, const config::Settings& settings,
                   const LookaheadReport& report) {
    const auto& plan = arguments.plan;
    const CheckedStrategy checked{plan.strategy, plan.set, plan.model};
    try {
        std::filesystem::path state = arguments.state;
        if (state.empty()) state = settings.state_folder("live");
        return sign_off_lookahead(state, lookahead_subject(checked, settings), checked, report);
    } catch (const Error& error) {
        if (!arguments.state.empty()) throw;
        std::fprintf(stderr, "warning: %s\n", error.what());
        return false;
    }
}

void run_lookahead(const LookaheadArguments& arguments) {
    const auto& plan = arguments.plan;
    const auto settings = settings_of(plan.sources);
    const auto report = run_lookahead_check(plan, settings, arguments.settings);
    const bool clean = !report.difference;
    const bool signed_off = signed_off_by(arguments, settings, report);
    if (arguments.json) {
        const nlohmann::ordered_json document{
            {"strategy", plan.strategy},  {"clean", clean},
            {"cuts", report.cuts.size()}, {"decisions", report.decisions},
            {"orders", report.orders},    {"difference", difference_json(report)},
            {"signed_off", signed_off}};
        std::printf("%s\n", document.dump(2).c_str());
    } else if (clean) {
        std::printf("no look-ahead: %llu decisions and %llu orders are the same at %zu cuts\n",
                    static_cast<unsigned long long>(report.decisions),
                    static_cast<unsigned long long>(report.orders), report.cuts.size());
        if (signed_off) std::printf("signed off for live trading\n");
    } else {
        const auto& found = *report.difference;
        std::printf("look-ahead at %s, later bars %s\n  on all bars  %s\n  otherwise    %s\n",
                    format_time(found.cut).c_str(), found.changed_bars ? "changed" : "cut off",
                    found.whole.empty() ? "nothing" : found.whole.c_str(),
                    found.other.empty() ? "nothing" : found.other.c_str());
    }
    if (!clean) throw ExitWith{1};
}

void add_lookahead(CLI::App& verify) {
    const auto arguments = std::make_shared<LookaheadArguments>();
    auto* command = verify.add_subcommand(
        "lookahead", "check that no decision of a replay depends on later bars");
    add_replay_options(*command, arguments->plan);
    command->add_option("--cuts", arguments->settings.cuts, "instants at which the data is cut")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command->add_option("--state", arguments->state,
                        "state folder that records a clean check; default: that of live");
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { run_lookahead(*arguments); });
}

}  // namespace

void add_verify(CLI::App& app) {
    auto* command = app.add_subcommand("verify", "check a run folder or a state folder");
    const auto arguments = std::make_shared<VerifyArguments>();
    command->add_option("folder", arguments->folder, "run folder or state folder");
    command->add_flag("--json", arguments->json, "print one JSON document");
    add_lookahead(*command);
    command->callback([arguments, command] {
        if (!command->get_subcommands().empty()) return;
        if (arguments->folder.empty()) {
            refuse_option("folder", "", "is required", "name a run folder or a state folder");
        }
        run(*arguments);
    });
}

}  // namespace tradewind::tools

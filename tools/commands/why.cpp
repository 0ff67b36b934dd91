// tradewind why ID: from a fill back to order, verdict, decision and forecast. Source: contract 2.
#include "ledger/why.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tools/command.hpp"
#include "tools/settings_options.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

struct WhyArguments {
    config::Sources sources;
    std::string id;
    std::string run;
    std::string state;
    bool json = false;
};

void run(const WhyArguments& arguments) {
    if (!arguments.run.empty() && !arguments.state.empty()) {
        refuse_option("--run", arguments.run, "excludes --state", "give one of the two");
    }
    std::filesystem::path folder = arguments.run.empty() ? arguments.state : arguments.run;
    if (folder.empty()) folder = state_folder_of(settings_of(arguments.sources));
    const auto text = arguments.json ? ledger::explain_json(folder, arguments.id)
                                     : ledger::explain_text(folder, arguments.id);
    std::printf("%s%s", text.c_str(), text.ends_with('\n') ? "" : "\n");
}

}  // namespace

void add_why(CLI::App& app) {
    auto* command = app.add_subcommand("why", "explain a fill, an order or a decision");
    const auto arguments = std::make_shared<WhyArguments>();
    add_config_option(*command, arguments->sources);
    command->add_option("id", arguments->id, "fill_id, order_id, decision_id or trade_id")
        ->required();
    command->add_option("--run", arguments->run, "run folder");
    command->add_option("--state", arguments->state,
                        "state folder; without --run, default: the paper daemon's");
    command->add_flag("--json", arguments->json, "print one JSON object");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools

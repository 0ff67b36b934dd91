// tradewind verify DIR: is a run folder or a state folder what it says? Source: contract 4 and 6.
#include "ledger/verify.hpp"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tools/command.hpp"

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

}  // namespace

void add_verify(CLI::App& app) {
    auto* command = app.add_subcommand("verify", "check a run folder or a state folder");
    const auto arguments = std::make_shared<VerifyArguments>();
    command->add_option("folder", arguments->folder, "run folder or state folder")->required();
    command->add_flag("--json", arguments->json, "print one JSON document");
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools

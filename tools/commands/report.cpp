// tradewind report DIR: the self-contained HTML page of a run. Source: contract 2.1 and 4.
#include "ledger/report.hpp"

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "ledger/statistics.hpp"
#include "tools/command.hpp"

namespace tradewind::tools {
namespace {

struct ReportArguments {
    std::string folder;
    std::string out;
    bool json = false;
};

void run(const ReportArguments& arguments) {
    const auto page = ledger::write_report(arguments.folder, arguments.out);
    if (arguments.json) {
        std::printf("%s\n", nlohmann::json{{"report", page.string()}}.dump().c_str());
        return;
    }
    std::printf("%s\n", page.c_str());
}

}  // namespace

void add_report(CLI::App& app) {
    auto* command = app.add_subcommand("report", "self-contained HTML page of a run");
    const auto arguments = std::make_shared<ReportArguments>();
    command->add_option("folder", arguments->folder, "run folder")->required();
    command->add_option("--out", arguments->out, "file to write; default: report.html of the run");
    command->add_flag("--json", arguments->json, "print the page's path as JSON");
    command->footer("Statistics of the page and of statistics.json:\n" +
                    ledger::definitions_text());
    command->callback([arguments] { run(*arguments); });
}

}  // namespace tradewind::tools

// The one list of commands. A new command is a file of its own and two lines here: its declaration
// and its place in the help page.
#include "tools/command.hpp"

namespace tradewind::tools {

void add_replay(CLI::App& app);
void add_paper(CLI::App& app);
void add_live(CLI::App& app);
void add_exchange(CLI::App& app);
void add_analyze(CLI::App& app);
void add_import(CLI::App& app);
void add_export(CLI::App& app);
void add_model(CLI::App& app);
void add_report(CLI::App& app);
void add_why(CLI::App& app);
void add_verify(CLI::App& app);
void add_sweep(CLI::App& app);
void add_daemon_commands(CLI::App& app);
void add_config(CLI::App& app);
void add_doctor(CLI::App& app);
void add_bench(CLI::App& app);

void add_commands(CLI::App& app) {
    constexpr AddCommand kCommands[] = {
        add_replay,          add_sweep,  add_paper,  add_live,   add_exchange, add_analyze,
        add_import,          add_export, add_model,  add_report, add_why,      add_verify,
        add_daemon_commands, add_config, add_doctor, add_bench,
    };
    for (const AddCommand add : kCommands) add(app);
}

}  // namespace tradewind::tools

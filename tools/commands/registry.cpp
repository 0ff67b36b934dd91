// The one list of commands. A new command is a file of its own and two lines here: its declaration
// and its place in the help page.
#include "tools/command.hpp"

namespace tradewind::tools {

void add_config(CLI::App& app);
void add_replay(CLI::App& app);
void add_paper(CLI::App& app);
void add_doctor(CLI::App& app);

void add_commands(CLI::App& app) {
    constexpr AddCommand kCommands[] = {
        add_replay,
        add_paper,
        add_config,
        add_doctor,
    };
    for (const AddCommand add : kCommands) add(app);
}

}  // namespace tradewind::tools

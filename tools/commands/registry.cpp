// The one list of commands. A new command is a file of its own and two lines here: the declaration
// `void add_NAME(CLI::App& app);` and its entry in the table.
#include <vector>

#include "tools/command.hpp"

namespace tradewind::tools {

void add_commands(CLI::App& app) {
    const std::vector<AddCommand> commands = {};
    for (const AddCommand add : commands) add(app);
}

}  // namespace tradewind::tools

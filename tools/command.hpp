// How a command of the `tradewind` program is written and registered.
//
// One command is one file in tools/commands/ with one function `void add_NAME(CLI::App& app)`: it
// adds its sub-command, binds its options to a shared_ptr of its own struct, and sets a callback
// that does the work. The function is declared and listed in tools/commands/registry.cpp, once.
//
// A callback prints its result on stdout (one JSON document with --json; logs go to stderr) and
// returns normally for exit code 0. It throws tradewind::Error for every failure that the user can
// understand; run_program() prints the one line `error: WHAT (WHERE): WHY; TRY` and ends with the
// error's exit code. ExitWith ends with a code after the output has said everything.
#pragma once

#include <CLI/CLI.hpp>

namespace tradewind::tools {

// Ends the program with `code`, without a further message.
struct ExitWith {
    int code = 0;
};

using AddCommand = void (*)(CLI::App& app);

// Adds every command of the registry to `app`, in the order of the help page.
void add_commands(CLI::App& app);

// The whole program: parses, runs the chosen command, returns the exit code. Never throws.
int run_program(int argc, const char* const* argv);

}  // namespace tradewind::tools

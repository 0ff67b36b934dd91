#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "messages/error.hpp"
#include "messages/nearest_word.hpp"
#include "tools/command.hpp"

namespace tradewind::tools {

namespace {

constexpr int kUsage = exit_code(ErrorKind::usage);

void print_error(const std::string& line) {
    // One line whatever the message holds: a program reads it.
    std::string text = "error: " + line;
    for (char& c : text)
        if (c == '\n' || c == '\r') c = ' ';
    std::fprintf(stderr, "%s\n", text.c_str());
}

// The deepest sub-command that the arguments chose.
const CLI::App& chosen(const CLI::App& app) {
    const auto parsed = app.get_subcommands();
    return parsed.empty() ? app : chosen(*parsed.front());
}

std::string path_of(const CLI::App& app) {
    const auto* parent = app.get_parent();
    return parent == nullptr ? app.get_name() : path_of(*parent) + " " + app.get_name();
}

std::vector<std::string> words_of(const CLI::App& app, bool options) {
    std::vector<std::string> words;
    if (options) {
        for (const auto* option : app.get_options())
            for (const auto& name : option->get_lnames()) words.push_back("--" + name);
    } else {
        for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
            words.push_back(command->get_name());
    }
    return words;
}

// What to say about the first word that nobody took.
Error unexpected(const CLI::App& app, const std::string& word) {
    const CLI::App& place = chosen(app);
    const std::string where = path_of(place);
    const bool option = word.rfind("-", 0) == 0;
    const auto known = words_of(place, option);
    const std::string name = word.substr(0, word.find('='));
    const auto nearest = nearest_word(name, known);
    std::string what = "unknown argument " + word;
    if (option) what = "unknown option " + name;
    if (!option && !known.empty()) what = "unknown command " + word;
    return Error(ErrorKind::usage, what, where, nearest ? "the nearest known is " + *nearest : "",
                 "try " + where + " --help");
}

int report_parse_error(const CLI::App& app, const CLI::ParseError& error) {
    const CLI::App& place = chosen(app);
    const auto remaining = app.remaining(true);
    if (!remaining.empty()) {
        print_error(unexpected(app, remaining.front()).what());
        return kUsage;
    }
    const bool no_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                            !words_of(place, false).empty();
    const std::string why = no_command ? "no command was given" : error.what();
    print_error(Error(ErrorKind::usage, "cannot read the arguments", path_of(place), why,
                      "try " + path_of(place) + " --help")
                    .what());
    return kUsage;
}

int parse_and_run(CLI::App& app, int argc, const char* const* argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForAllHelp&) {
        std::fputs(app.help("", CLI::AppFormatMode::All).c_str(), stdout);
    } catch (const CLI::CallForHelp&) {
        std::fputs(app.help().c_str(), stdout);
    } catch (const CLI::CallForVersion& version) {
        std::printf("%s\n", version.what());
    } catch (const CLI::ParseError& error) {
        return report_parse_error(app, error);
    }
    return 0;
}

}  // namespace

int run_program(int argc, const char* const* argv) {
    try {
        CLI::App app("tradewind: trade on recorded data, on paper and on a real account",
                     "tradewind");
        app.set_version_flag("--version", std::string("tradewind ") + TRADEWIND_VERSION);
        app.set_help_all_flag("--help-all", "Print the help of all commands and exit");
        app.require_subcommand(1);
        // The exit codes belong to every page of the help.
        app.footer(
            "Exit codes: 0 done, 1 failed while running, 2 usage or settings, 3 data refused,\n"
            "4 broker or network not available, 5 state corrupt or a difference found,\n"
            "42 another writer holds the account or the state folder.");
        add_commands(app);
        const int code = parse_and_run(app, argc, argv);
        if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
            throw Error(ErrorKind::failed, "cannot write the result", "stdout",
                        "the output is closed");
        return code;
    } catch (const ExitWith& exit) {
        std::fflush(stdout);
        return exit.code;
    } catch (const Error& error) {
        print_error(error.what());
        return exit_code(error.kind());
    } catch (const InvariantBroken& fault) {
        print_error(std::string("internal fault: ") + fault.what() + "; please report it");
    } catch (const std::exception& fault) {
        print_error(std::string("unexpected failure: ") + fault.what());
    }
    return exit_code(ErrorKind::failed);
}

}  // namespace tradewind::tools

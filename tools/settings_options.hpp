// Options of a command that become settings, so that every command spells and reads them alike.
//
//   auto sources = std::make_shared<config::Sources>();
//   add_config_option(*command, *sources);                                   // --config FILE
//   add_setting_option(*command, *sources, "--workers", "analysis.workers");  // help from the key
//   command->callback([sources] { const auto settings = settings_of(*sources); ... });
//
// `sources` must outlive the parse: the callback's shared_ptr keeps it. One thread.
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

#include "config/settings.hpp"

namespace tradewind::tools {

CLI::Option* add_config_option(CLI::App& command, config::Sources& sources);

// A flag that overrides the setting `key`; its help is the setting's own unless `help` is given.
CLI::Option* add_setting_option(CLI::App& command, config::Sources& sources,
                                const std::string& flag, const std::string& key,
                                const std::string& help = {});

// Loads the settings with the process environment and prints the warnings on stderr.
[[nodiscard]] config::Settings settings_of(config::Sources sources);

// Where the daemon of the settings' mode keeps its state, when no option says otherwise.
[[nodiscard]] std::filesystem::path state_folder_of(const config::Settings& settings);

}  // namespace tradewind::tools

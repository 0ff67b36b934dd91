#include "tools/settings_options.hpp"

#include <cstdio>

#include "config/environment.hpp"
#include "messages/error.hpp"

namespace tradewind::tools {

CLI::Option* add_config_option(CLI::App& command, config::Sources& sources) {
    return command
        .add_option_function<std::string>(
            "--config", [&sources](const std::string& file) { sources.file = file; },
            "settings file (TOML)")
        ->type_name("FILE");
}

CLI::Option* add_setting_option(CLI::App& command, config::Sources& sources,
                                const std::string& flag, const std::string& key,
                                const std::string& help) {
    const auto about = config::Settings{}.explain(key);
    return command
        .add_option_function<std::string>(
            flag,
            [&sources, flag, key](const std::string& value) {
                sources.flags.push_back({key, value, flag});
            },
            help.empty() ? about.help : help)
        ->type_name(about.bounds.empty() ? about.type : about.bounds);
}

config::Settings settings_of(config::Sources sources) {
    if (sources.environment.empty()) sources.environment = config::process_environment();
    auto settings = config::load_settings(sources);
    for (const auto& warning : settings.warnings())
        std::fprintf(stderr, "warning: %s\n", warning.c_str());
    return settings;
}

std::filesystem::path state_folder_of(const config::Settings& settings) {
    return settings.state_folder(settings.mode == config::Mode::live ? "live" : "paper");
}

}  // namespace tradewind::tools

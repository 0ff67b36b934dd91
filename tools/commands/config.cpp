// `tradewind config check|show|explain KEY`: what the settings are and where they come from.
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "config/credentials.hpp"
#include "config/environment.hpp"
#include "config/presets.hpp"
#include "config/settings.hpp"
#include "tools/command.hpp"
#include "tools/settings_options.hpp"

namespace tradewind::tools {

namespace {

using nlohmann::ordered_json;

struct ConfigOptions {
    config::Sources sources;
    std::string key;
    bool json = false;
    bool defaults = false;
};

ordered_json to_json(const config::Explanation& text) {
    return {{"key", text.key},
            {"value", text.value},
            {"default", text.default_value},
            {"type", text.type},
            {"bounds", text.bounds},
            {"source", config::to_text(text.origin)},
            {"where", text.where},
            {"environment", text.environment},
            {"help", text.help}};
}

// Where keys were found; the keys themselves are never shown.
std::string credentials_state(const config::Settings& settings) {
    const auto found = config::load_credentials(settings, config::process_environment());
    return found ? "present (" + found->origin + ")" : "none";
}

void print(const ordered_json& document) {
    std::printf("%s\n", document.dump(2).c_str());
}

void check(const ConfigOptions& options) {
    const auto settings = settings_of(options.sources);
    const std::string keys = credentials_state(settings);
    const auto changed = settings.changed();
    if (options.json) {
        print({{"valid", true},
               {"settings_changed", changed},
               {"credentials", keys},
               {"warnings", settings.warnings()}});
        return;
    }
    for (const auto& line : changed) std::printf("%s\n", line.c_str());
    std::printf("settings are valid: %zu changed, %zu warnings, keys: %s\n", changed.size(),
                settings.warnings().size(), keys.c_str());
}

void show(const ConfigOptions& options) {
    if (options.defaults) {
        const auto text = config::default_document();
        std::fwrite(text.data(), 1, text.size(), stdout);
        return;
    }
    const auto settings = settings_of(options.sources);
    const std::string keys = credentials_state(settings);
    if (options.json) {
        ordered_json values = ordered_json::array();
        for (const auto& text : settings.explain_all()) values.push_back(to_json(text));
        print({{"settings", values},
               {"reference_variables", settings.reference_variables()},
               {"credentials", keys},
               {"warnings", settings.warnings()}});
        return;
    }
    for (const auto& text : settings.explain_all()) {
        const std::string source(text.where.empty() ? to_text(text.origin) : text.where);
        const std::string value = text.value.empty() ? "\"\"" : text.value;
        std::printf("%-36s %-34s %s\n", text.key.c_str(), value.c_str(), source.c_str());
    }
    std::printf("%-36s %s\n", "credentials", keys.c_str());
}

void explain(const ConfigOptions& options) {
    const auto text = settings_of(options.sources).explain(options.key);
    if (options.json) {
        print(to_json(text));
        return;
    }
    std::printf("%s: %s\n", text.key.c_str(), text.help.c_str());
    std::printf("  type         %s %s\n", text.type.c_str(), text.bounds.c_str());
    std::printf("  value        %s\n", text.value.c_str());
    std::printf("  source       %s %s\n", std::string(to_text(text.origin)).c_str(),
                text.where.c_str());
    std::printf("  default      %s\n", text.default_value.c_str());
    for (const auto& name : text.environment) std::printf("  environment  %s\n", name.c_str());
}

}  // namespace

void add_config(CLI::App& app) {
    auto* config = app.add_subcommand("config", "Show, check and explain the settings");
    config->require_subcommand(1);
    const auto options = std::make_shared<ConfigOptions>();
    const auto add = [&](const std::string& name, const std::string& help, auto action) {
        auto* command = config->add_subcommand(name, help);
        add_config_option(*command, options->sources);
        command->add_flag("--json", options->json, "print one JSON document");
        command->callback([options, action] { action(*options); });
        return command;
    };
    add("check", "Read the settings and say what is wrong, or what was changed", check);
    add("show", "Print every value with its source", show)
        ->add_flag("--defaults", options->defaults, "print the documented default settings file");
    add("explain", "Say what one setting means and where its value comes from", explain)
        ->add_option("key", options->key, "name of the setting, for example analysis.workers")
        ->required();
}

}  // namespace tradewind::tools

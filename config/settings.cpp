#include "config/settings.hpp"

#include <algorithm>
#include <set>

#include "config/keys.hpp"
#include "config/limits.hpp"
#include "config/presets.hpp"
#include "config/reference_variables.hpp"
#include "config/settings_file.hpp"
#include "messages/error.hpp"
#include "messages/nearest_word.hpp"

namespace tradewind::config {

namespace {

// Names with our prefix that belong to the scripts around the program.
constexpr std::string_view kToolVariables[] = {"TRADEWIND_BINARY", "TRADEWIND_BUILD",
                                               "TRADEWIND_DEPS",   "TRADEWIND_LONG",
                                               "TRADEWIND_PRESET", "TRADEWIND_SCREENSHOTS"};

const std::string* lookup(const std::map<std::string, std::string>& environment,
                          const std::string& name) {
    const auto found = environment.find(name);
    // A variable that is set to nothing counts as not set.
    return found == environment.end() || found->second.empty() ? nullptr : &found->second;
}

std::vector<std::string> variables_of(const Key& key) {
    std::vector<std::string> names;
    if (!key.environment_only) names.push_back(key.variable());
    for (const auto& alias : key.aliases) names.push_back(alias.name);
    return names;
}

}  // namespace

// Lays the sources over the defaults, weakest first.
class Loader {
  public:
    explicit Loader(const Sources& sources) : sources_(sources) {}

    Settings load() {
        std::vector<FileValue> file;
        if (sources_.file) file = read_settings_file(*sources_.file);
        apply_preset(file);
        for (const auto& value : file)
            if (value.key != "preset") set(value.key, value.text, Origin::file, value.where);
        refuse_unknown_variables();
        for (const auto& key : all_keys()) apply_environment(key);
        apply_reference_variables();
        for (const auto& flag : sources_.flags)
            if (flag.key != "preset") set(flag.key, flag.value, Origin::flag, flag.spelling);
        remember_state_home();
        check_together();
        return std::move(settings_);
    }

  private:
    void set(const std::string& name, const std::string& text, Origin origin,
             const std::string& where) {
        const Key* key = find_key(name);
        ensure(key != nullptr, "a flag or preset names a known setting");
        if (const auto why = key->assign(settings_, text); !why.empty())
            throw Error(ErrorKind::usage, "bad setting " + name, where, "'" + text + "': " + why,
                        "see tradewind config explain " + name);
        settings_.provenance_[name] = {origin, where};
    }

    // The chosen preset: a flag's, else the environment's, else the file's.
    void apply_preset(const std::vector<FileValue>& file) {
        std::string name;
        std::string where;
        for (const auto& value : file)
            if (value.key == "preset") name = value.text, where = value.where;
        if (const auto* value = lookup(sources_.environment, "TRADEWIND_PRESET"))
            name = *value, where = "TRADEWIND_PRESET";
        for (const auto& flag : sources_.flags)
            if (flag.key == "preset") name = flag.value, where = flag.spelling;
        if (name.empty()) return;
        const auto document = preset_document(name);
        if (!document) {
            std::string known;
            for (const auto& preset : preset_names()) known += (known.empty() ? "" : ", ") + preset;
            throw Error(ErrorKind::usage, "unknown preset " + name, where, "known are " + known,
                        "");
        }
        for (const auto& value : parse_settings(*document, "preset " + name))
            set(value.key, value.text, Origin::preset, value.where);
    }

    void apply_environment(const Key& key) {
        bool taken = false;
        for (const auto& name : variables_of(key)) {
            const auto* value = lookup(sources_.environment, name);
            if (value == nullptr) continue;
            if (taken) {
                settings_.warnings_.push_back(name + " is overridden by " +
                                              settings_.provenance_[key.name].where);
                continue;
            }
            set(key.name, translated(key, name, *value), Origin::environment, name);
            taken = true;
        }
    }

    static std::string translated(const Key& key, const std::string& name,
                                  const std::string& value) {
        for (const auto& alias : key.aliases) {
            if (alias.name != name || !alias.translate) continue;
            try {
                return alias.translate(value);
            } catch (const std::string& why) {
                throw Error(ErrorKind::usage, "bad setting " + key.name, name,
                            "'" + value + "': " + why, "see tradewind config explain " + key.name);
            }
        }
        return value;
    }

    // A misspelt name of ours would leave a limit unset, so it refuses the start; the reference
    // system's names are many, so an unknown one of them is said and passed over.
    void refuse_unknown_variables() {
        std::set<std::string> known(std::begin(kToolVariables), std::end(kToolVariables));
        for (const auto& key : all_keys())
            for (const auto& name : variables_of(key)) known.insert(name);
        for (const auto& variable : reference_variables()) known.emplace(variable.name);
        const std::vector<std::string> names(known.begin(), known.end());
        for (const auto& [name, value] : sources_.environment) {
            const bool ours = name.rfind("TRADEWIND_", 0) == 0;
            const bool reference = name.rfind("MARKETSIM_", 0) == 0;
            if ((!ours && !reference) || known.count(name) != 0) continue;
            const auto near = nearest_word(name, names);
            const std::string hint = near ? "the nearest known is " + *near : "";
            if (ours)
                throw Error(ErrorKind::usage, "unknown setting " + name, "environment", hint,
                            "unset it, or see tradewind config show");
            settings_.warnings_.push_back("unknown variable " + name + (near ? ": " + hint : "") +
                                          "; it has no effect");
        }
    }

    void apply_reference_variables() {
        for (const auto& variable : reference_variables()) {
            const std::string name(variable.name);
            const auto* value = lookup(sources_.environment, name);
            if (value == nullptr) continue;
            if (const auto why = check_reference_value(variable.type, *value); !why.empty())
                throw Error(ErrorKind::usage, "bad setting " + name, "environment",
                            "'" + *value + "': " + why, "correct or unset it");
            settings_.reference_variables_[name] = *value;
            if (!is_accepted(variable, *value))
                throw Error(
                    ErrorKind::usage, "setting " + name, "environment",
                    "'" + *value + "' would have no effect: " + std::string(variable.reason),
                    "unset it");
        }
    }

    void remember_state_home() {
        if (const auto* home = lookup(sources_.environment, "XDG_STATE_HOME"))
            settings_.state_home_ = *home;
        else if (const auto* user = lookup(sources_.environment, "HOME"))
            settings_.state_home_ = std::filesystem::path(*user) / ".local/state";
    }

    void refuse_together(const std::string& key, const std::string& why,
                         const std::string& remedy) const {
        const auto found = settings_.provenance_.find(key);
        throw Error(ErrorKind::usage, "settings contradict each other",
                    found == settings_.provenance_.end() ? key : found->second.where, why, remedy);
    }

    // Rules that concern more than one setting.
    void check_together() const {
        const auto& portfolio = settings_.portfolio;
        if (settings_.mode == Mode::live && settings_.analysis.disable_gates)
            refuse_together("analysis.disable_gates", "gates cannot be disabled in live mode",
                            "remove analysis.disable_gates");
        if (settings_.mode == Mode::live && settings_.broker.kind != BrokerKind::automatic &&
            settings_.broker.kind != BrokerKind::alpaca)
            refuse_together("broker.kind", "live mode trades at alpaca only",
                            "remove broker.kind, or set mode = \"paper\"");
        if (portfolio.core_picks > portfolio.maximum_picks)
            refuse_together("portfolio.core_picks", "core_picks is above maximum_picks",
                            "raise portfolio.maximum_picks");
        if (settings_.broker.key_id_file.empty() != settings_.broker.secret_key_file.empty())
            refuse_together("broker.key_id_file", "one key file is named without the other",
                            "name both broker.key_id_file and broker.secret_key_file");
    }

    const Sources& sources_;
    Settings settings_;
};

Settings load_settings(const Sources& sources) {
    return Loader(sources).load();
}

std::string_view to_text(Origin origin) {
    switch (origin) {
        case Origin::builtin:
            return "built in";
        case Origin::preset:
            return "preset";
        case Origin::file:
            return "file";
        case Origin::environment:
            return "environment";
        case Origin::flag:
            return "flag";
    }
    return "";
}

std::int64_t AnalysisSettings::effective_workers(unsigned cores) const {
    if (!parallel) return 1;
    if (workers > 0) return workers;
    return std::min(kAutomaticWorkersCap,
                    static_cast<std::int64_t>(cores) + kAutomaticWorkersExtra);
}

std::int64_t AnalysisSettings::effective_simulations() const {
    constexpr std::int64_t kFastSimulations = 35;
    return fast_simulate ? std::min(simulations, kFastSimulations) : simulations;
}

std::filesystem::path Settings::state_folder(std::string_view state_mode) const {
    if (state.dir.empty() && state_home_.empty())
        throw Error(ErrorKind::usage, "no state folder", "state.dir",
                    "neither XDG_STATE_HOME nor HOME is set", "name one with --state");
    auto folder = state.dir.empty() ? state_home_ / "tradewind" / state_mode : state.dir;
    folder += state.suffix;
    return folder;
}

Explanation Settings::explain(std::string_view name) const {
    const Key* key = find_key(name);
    if (key == nullptr) {
        const auto near = nearest_word(name, key_names());
        throw Error(ErrorKind::usage, "unknown setting " + std::string(name), "config",
                    near ? "the nearest known is " + *near : "", "see tradewind config show");
    }
    static const Settings kDefaults;
    Explanation text;
    text.key = key->name;
    text.type = to_text(key->type);
    text.bounds = key->bounds;
    text.value = key->render(*this);
    text.default_value = key->render(kDefaults);
    text.environment = variables_of(*key);
    text.help = key->help;
    if (const auto found = provenance_.find(name); found != provenance_.end()) {
        text.origin = found->second.origin;
        text.where = found->second.where;
    }
    return text;
}

std::vector<Explanation> Settings::explain_all() const {
    std::vector<Explanation> texts;
    for (const auto& key : all_keys()) texts.push_back(explain(key.name));
    return texts;
}

std::vector<std::string> Settings::changed() const {
    std::vector<std::string> lines;
    for (const auto& text : explain_all())
        if (text.origin != Origin::builtin)
            lines.push_back(text.key + " = " + text.value + " (" + text.where + ")");
    return lines;
}

}  // namespace tradewind::config

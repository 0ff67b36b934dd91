// The one table of settings: name, bounds, variables, help, and how text becomes the typed value.
// A new setting is a member of its struct in config/settings.hpp, one row of keys.cpp or
// risk_keys.cpp, and one line of config/default.toml (a test compares the three). Pure; any thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace tradewind::config {

enum class ValueType : std::uint8_t { boolean, integer, number, decimal, text, choice, list };
[[nodiscard]] std::string_view to_text(ValueType type);

// A variable of the reference system, or an older name, that sets a key. `translate` turns its
// value into the key's text; empty: as it is. It returns an error by throwing std::string.
struct Alias {
    std::string name;
    std::function<std::string(const std::string&)> translate;
};

struct Key {
    std::string name;  // "analysis.workers"
    ValueType type;
    std::string bounds;  // for people; empty: none
    std::string help;
    std::vector<Alias> aliases;
    bool environment_only = false;
    // Sets the value; returns what is wrong with the text, or nothing.
    std::function<std::string(Settings&, std::string_view)> assign;
    std::function<std::string(const Settings&)> render;

    // TRADEWIND_SECTION_KEY.
    [[nodiscard]] std::string variable() const;
};

// In the order of default.toml.
[[nodiscard]] const std::vector<Key>& all_keys();
[[nodiscard]] const Key* find_key(std::string_view name);
[[nodiscard]] std::vector<std::string> key_names();

}  // namespace tradewind::config

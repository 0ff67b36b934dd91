// How a row of the table of settings is made from a member of Settings; for the files that hold
// rows (keys.cpp, risk_keys.cpp), and nobody else.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/keys.hpp"
#include "config/value_text.hpp"

namespace tradewind::config {

// The spellings of an enumeration, in the order of its values.
template <class Enum>
std::vector<std::string> names_of();

template <class Value>
constexpr ValueType type_of() {
    if constexpr (std::is_same_v<Value, bool>) return ValueType::boolean;
    if constexpr (std::is_same_v<Value, std::int64_t>) return ValueType::integer;
    if constexpr (std::is_same_v<Value, double>) return ValueType::number;
    if constexpr (std::is_same_v<Value, Fraction> || std::is_same_v<Value, Money>)
        return ValueType::decimal;
    if constexpr (std::is_same_v<Value, std::vector<std::string>>) return ValueType::list;
    if constexpr (std::is_enum_v<Value>) return ValueType::choice;
    return ValueType::text;
}

// What a value must satisfy beyond its type.
struct Bounds {
    std::string text;
    std::function<bool(const std::string&)> holds;  // of the rendered value
};

inline Bounds between(double low, double high) {
    return {render(low) + ".." + render(high), [low, high](const std::string& text) {
                const double value = std::stod(text);
                return low <= value && value <= high;
            }};
}

template <class Access>
Key key(std::string name, Access access, std::string help, Bounds bounds = {},
        std::vector<Alias> aliases = {}) {
    using Value = std::remove_reference_t<decltype(access(std::declval<Settings&>()))>;
    Key row{std::move(name), type_of<Value>(), bounds.text, std::move(help), std::move(aliases),
            false,           nullptr,          nullptr};
    if constexpr (std::is_enum_v<Value>) {
        const auto names = names_of<Value>();
        for (const auto& word : names) row.bounds += (row.bounds.empty() ? "" : "|") + word;
        row.render = [access, names](const Settings& settings) {
            return names[static_cast<std::size_t>(access(const_cast<Settings&>(settings)))];
        };
        row.assign = [access, names, choices = row.bounds](Settings& settings,
                                                           std::string_view text) -> std::string {
            const auto found = std::find(names.begin(), names.end(), text);
            if (found == names.end()) return "one of " + choices + " is expected";
            access(settings) = static_cast<Value>(found - names.begin());
            return {};
        };
    } else {
        row.render = [access](const Settings& settings) {
            return render(access(const_cast<Settings&>(settings)));
        };
        row.assign = [access, bounds](Settings& settings, std::string_view text) -> std::string {
            Value value{};
            if (auto why = parse(text, value); !why.empty()) return why;
            if (bounds.holds && !bounds.holds(render(value)))
                return "a value in " + bounds.text + " is expected";
            access(settings) = value;
            return {};
        };
    }
    return row;
}

#define TRADEWIND_FIELD(member)        \
    [](Settings & settings) -> auto& { \
        return settings.member;        \
    }

// The rows of [symbols] and [risk].
void add_symbol_keys(std::vector<Key>& keys);
void add_risk_keys(std::vector<Key>& keys);

}  // namespace tradewind::config

#include "config/settings_file.hpp"

#include <toml++/toml.h>

#include <charconv>
#include <fstream>
#include <sstream>

#include "config/keys.hpp"
#include "config/limits.hpp"
#include "messages/error.hpp"
#include "messages/nearest_word.hpp"

namespace tradewind::config {

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& where, const std::string& why,
                         const std::string& remedy) {
    throw Error(ErrorKind::usage, what, where, why, remedy);
}

std::string place(const std::string& name, const toml::node& node) {
    return name + ":" + std::to_string(node.source().begin.line);
}

// The text of a number as a person would write it: a decimal key must not see 3e-04.
std::string decimal_text(double value) {
    char buffer[400];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
    return {buffer, end.ptr};
}

bool fits(ValueType type, const toml::node& node) {
    switch (type) {
        case ValueType::boolean:
            return node.is_boolean();
        case ValueType::integer:
            return node.is_integer();
        case ValueType::number:
            return node.is_number();
        case ValueType::decimal:
            return node.is_number() || node.is_string();
        case ValueType::text:
        case ValueType::choice:
            return node.is_string();
        case ValueType::list:
            return node.is_array();
    }
    return false;
}

std::string scalar_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* number = node.as_floating_point()) return decimal_text(number->get());
    return {};
}

std::string list_text(const toml::array& items, const std::string& key, const std::string& where) {
    std::string text;
    for (const auto& item : items) {
        const auto* word = item.as_string();
        if (word == nullptr || word->get().find(',') != std::string::npos)
            refuse("bad setting " + key, where, "a list of words is expected",
                   "write [\"A\", \"B\"]");
        text += (text.empty() ? "" : ",") + word->get();
    }
    return text;
}

void collect(const toml::table& table, const std::string& prefix, const std::string& name,
             std::vector<FileValue>& values) {
    for (const auto& [part, node] : table) {
        const std::string key = prefix + std::string(part.str());
        const std::string where = place(name, node);
        if (const auto* inner = node.as_table(); inner != nullptr && find_key(key) == nullptr) {
            // A header of a section that does not exist is named even where it is empty.
            bool section = false;
            for (const auto& row : all_keys())
                section = section || row.name.rfind(key + ".", 0) == 0;
            if (section) {
                collect(*inner, key + ".", name, values);
                continue;
            }
        }
        const Key* row = find_key(key);
        if (row == nullptr && key != "preset") {
            const auto near = nearest_word(key, key_names());
            refuse("unknown setting " + key, where, near ? "the nearest known is " + *near : "",
                   "see tradewind config show");
        }
        const ValueType type = row == nullptr ? ValueType::text : row->type;
        if (!fits(type, node))
            refuse("bad setting " + key, where,
                   "a value of type " + std::string(to_text(type)) + " is expected",
                   "see tradewind config explain " + key);
        if (row != nullptr && row->environment_only)
            refuse("setting " + key, where, "it is taken from the environment only",
                   "set " + row->aliases.front().name + " and remove the line");
        const auto* items = node.as_array();
        values.push_back(
            {key, items != nullptr ? list_text(*items, key, where) : scalar_text(node), where});
    }
}

}  // namespace

std::vector<FileValue> parse_settings(std::string_view document, const std::string& name) {
    toml::table table;
    try {
        table = toml::parse(document, name);
    } catch (const toml::parse_error& fault) {
        refuse("broken TOML",
               name + ":" + std::to_string(fault.source().begin.line) + ":" +
                   std::to_string(fault.source().begin.column),
               std::string(fault.description()), "mend the file");
    }
    std::vector<FileValue> values;
    collect(table, "", name, values);
    return values;
}

std::vector<FileValue> read_settings_file(const std::filesystem::path& file) {
    std::error_code fault;
    if (!std::filesystem::is_regular_file(file, fault))
        refuse("cannot read the settings", file.string(), "there is no such file",
               "check --config");
    if (std::filesystem::file_size(file, fault) > kMaximumSettingsFileBytes)
        refuse("cannot read the settings", file.string(), "the file is larger than 1 MiB",
               "check --config");
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream)
        refuse("cannot read the settings", file.string(), "reading failed", "check --config");
    return parse_settings(text.str(), file.string());
}

}  // namespace tradewind::config

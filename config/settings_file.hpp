// Reading of TOML settings into (key, text, line). The only place that knows the TOML library.
// Errors: tradewind::Error (usage) with file and line for broken TOML, an unknown key (with the
// nearest known one), a value of the wrong type. Pure but for the file; any thread.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind::config {

struct FileValue {
    std::string key;
    std::string text;
    std::string where;  // "FILE:LINE"
};

// `name` stands in messages for the document.
[[nodiscard]] std::vector<FileValue> parse_settings(std::string_view document,
                                                    const std::string& name);
[[nodiscard]] std::vector<FileValue> read_settings_file(const std::filesystem::path& file);

}  // namespace tradewind::config

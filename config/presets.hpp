// The shipped presets (config/presets/*.toml), built into the program. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

namespace tradewind::config {

// The TOML text of a preset; empty: no such preset. Names: preset_names() in config/settings.hpp.
[[nodiscard]] std::optional<std::string_view> preset_document(std::string_view name);

// The shipped config/default.toml: every setting with its default and its meaning.
[[nodiscard]] std::string_view default_document();

}  // namespace tradewind::config

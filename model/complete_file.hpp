// Writes a file so that it appears complete or not at all: beside the path, synced, renamed.
// Blocking file I/O; any thread. Throws Error (usage) naming the path and the system's reason.
#pragma once

#include <string>
#include <string_view>

namespace tradewind::model {

void write_complete_file(const std::string& path, std::string_view bytes);

}  // namespace tradewind::model

// A file that appears whole or not at all: written beside its place, synced, then renamed. Internal
// to market/catalog; blocking. Throws Error (usage): the path cannot be written.
#pragma once

#include <string>
#include <string_view>

namespace tradewind::market {

void write_whole_file(const std::string& path, std::string_view bytes);

}  // namespace tradewind::market

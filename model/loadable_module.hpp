// Finds and opens the loadable modules that stand beside the program, and reads their one entry.
// Any thread. Errors: Error (unavailable) with the loader's own words.
#pragma once

#include <string>

namespace tradewind::model {

// The address of `symbol` in the module file `name` (beside the program, one folder above it, or in
// ../lib). `remedy` ends the message when the module is not there. The module is never closed.
[[nodiscard]] void* module_symbol(const std::string& name, const char* symbol,
                                  const std::string& remedy);

}  // namespace tradewind::model

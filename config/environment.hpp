// The one place that reads the process environment. Call once, before threads start.
#pragma once

#include <map>
#include <string>

namespace tradewind::config {

[[nodiscard]] std::map<std::string, std::string> process_environment();

}  // namespace tradewind::config

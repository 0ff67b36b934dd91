// Secrets that come as arguments (`exchange --credentials KEYID:SECRET`), kept out of what others
// see of the process.
#pragma once

#include <string>
#include <vector>

namespace tradewind::tools {

// The program's arguments as given; in `argv` itself, which /proc shows to everybody, each secret
// is overwritten. Call it first, once.
[[nodiscard]] std::vector<std::string> take_arguments(int argc, char** argv);

}  // namespace tradewind::tools

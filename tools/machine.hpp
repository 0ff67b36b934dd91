// What a benchmark figure was measured on. Reads /proc; any thread.
#pragma once

#include <string>

namespace tradewind::tools {

struct Machine {
    std::string processor;  // model name
    unsigned cores = 0;
    std::string compiler;  // of this build
    std::string build;     // version and commit
};

[[nodiscard]] Machine this_machine();

// One minute's mean of runnable processes; figures taken under load are no figures.
[[nodiscard]] double load_average();

}  // namespace tradewind::tools

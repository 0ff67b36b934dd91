// tradewind bench exchange: whether the simulated exchange keeps up with its own clock.
#pragma once

#include <CLI/CLI.hpp>

namespace tradewind::tools {

// Adds the sub-command to `bench`.
void add_bench_exchange(CLI::App& bench);

}  // namespace tradewind::tools

#include "tools/machine.hpp"

#include <cstdlib>
#include <fstream>
#include <thread>

#include "tools/version.hpp"

namespace tradewind::tools {

Machine this_machine() {
    Machine machine;
    machine.processor = "unknown";
    std::ifstream cpus("/proc/cpuinfo");
    for (std::string line; std::getline(cpus, line);) {
        const auto colon = line.find(": ");
        if (line.starts_with("model name") && colon != std::string::npos) {
            machine.processor = line.substr(colon + 2);
            break;
        }
    }
    machine.cores = std::thread::hardware_concurrency();
#if defined(__clang__)
    machine.compiler = "clang " __clang_version__;
#else
    machine.compiler = "g++ " __VERSION__;
#endif
#if defined(__OPTIMIZE__)
    machine.compiler += ", optimised";
#else
    machine.compiler += ", not optimised";
#endif
#if defined(__SANITIZE_ADDRESS__)
    machine.compiler += ", sanitizers on";
#endif
    machine.build = std::string(kVersion) + ' ' + kCommit;
    return machine;
}

double load_average() {
    double load = 0;
    return ::getloadavg(&load, 1) == 1 ? load : 0;
}

}  // namespace tradewind::tools

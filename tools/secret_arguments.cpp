#include "tools/secret_arguments.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace tradewind::tools {
namespace {

constexpr std::string_view kOption = "--credentials";

// What follows the first colon, or all where there is none.
void overwrite(char* text) {
    char* const colon = std::strchr(text, ':');
    char* const secret = colon == nullptr ? text : colon + 1;
    std::fill(secret, secret + std::strlen(secret), '*');
}

}  // namespace

std::vector<std::string> take_arguments(int argc, char** argv) {
    std::vector<std::string> arguments(argv, argv + argc);
    bool values = false;  // of the option, which takes several
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word.starts_with("--credentials=")) {
            overwrite(argv[i] + kOption.size() + 1);
        } else if (word.starts_with('-')) {
            values = word == kOption;
        } else if (values) {
            overwrite(argv[i]);
        }
    }
    return arguments;
}

}  // namespace tradewind::tools

#include "config/environment.hpp"

#include <unistd.h>

#include <string_view>

namespace tradewind::config {

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> values;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const auto equals = text.find('=');
        if (equals != std::string_view::npos)
            values.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return values;
}

}  // namespace tradewind::config

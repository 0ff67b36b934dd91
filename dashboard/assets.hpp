// The files of the operator's page, built into the program (see dashboard/embed.cmake). Constant
// data of the process; any thread. The page uses the status API alone and refers to nothing
// outside.
#pragma once

#include <string_view>

namespace tradewind::dashboard {

struct Asset {
    std::string_view path;          // "/", "/app.js", ...
    std::string_view content_type;  // with charset where it is text
    std::string_view body;
};

// Null: no such file.
[[nodiscard]] const Asset* find_asset(std::string_view path);

}  // namespace tradewind::dashboard

// Version and commit of this build. Set by CMake.
#pragma once

namespace tradewind::tools {

inline constexpr const char* kVersion = TRADEWIND_VERSION;
inline constexpr const char* kCommit = TRADEWIND_COMMIT;

}  // namespace tradewind::tools

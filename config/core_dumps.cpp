#include "config/core_dumps.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <cerrno>
#include <cstring>

#include "messages/error.hpp"

namespace tradewind::config {

void forbid_core_dumps() {
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        throw Error(ErrorKind::failed, "cannot keep the keys out of core files", "this process",
                    std::strerror(errno), "see what confines it");
    }
}

}  // namespace tradewind::config

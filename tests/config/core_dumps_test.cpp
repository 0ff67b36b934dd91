// Keys are held only by a process that leaves no core file. Each check runs in a child: the setting
// cannot be taken back.
#include "config/core_dumps.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/credentials.hpp"
#include "tests/catch.hpp"

namespace tradewind::config {
namespace {

bool is_dumpable() {
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    return limit.rlim_cur != 0 || limit.rlim_max != 0 || ::prctl(PR_GET_DUMPABLE) != 0;
}

// What `ask` says in a child of its own.
template <class Ask>
bool in_child(Ask ask) {
    const auto child = ::fork();
    if (child == 0) ::_exit(ask() ? 1 : 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status) == 1;
}

}  // namespace

TEST_CASE("loading keys forbids core files, looking for absent ones does not") {
    CHECK(in_child([] {
        (void)load_credentials({}, {});
        return ::prctl(PR_GET_DUMPABLE) == 1;
    }));
    CHECK_FALSE(in_child([] {
        (void)load_credentials({}, {{"APCA_API_KEY_ID", "PK"}, {"APCA_API_SECRET_KEY", "s"}});
        return is_dumpable();
    }));
    CHECK_FALSE(in_child([] {
        forbid_core_dumps();
        forbid_core_dumps();
        return is_dumpable();
    }));
}

}  // namespace tradewind::config

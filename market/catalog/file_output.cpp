#include "market/catalog/file_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "messages/error.hpp"

namespace tradewind::market {

void write_whole_file(const std::string& path, std::string_view bytes) {
    const std::string beside = path + ".partial";
    const auto fail = [&](int error) {
        ::unlink(beside.c_str());
        throw Error(ErrorKind::usage, "output file", path, std::strerror(error),
                    "give a path that can be written");
    };
    const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) fail(errno);
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const int error = errno;
            ::close(fd);
            fail(error);
        }
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    const bool synced = ::fsync(fd) == 0;
    const int error = errno;
    ::close(fd);
    if (!synced) fail(error);
    if (std::rename(beside.c_str(), path.c_str()) != 0) fail(errno);
}

}  // namespace tradewind::market

#include "model/complete_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "messages/error.hpp"

namespace tradewind::model {

void write_complete_file(const std::string& path, std::string_view bytes) {
    const std::string partial = path + ".partial";
    const auto fail = [&path](const char* what) {
        throw Error(ErrorKind::usage, what, path, std::strerror(errno), "choose another place");
    };
    const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) fail("cannot create file");
    std::size_t written = 0;
    while (written < bytes.size()) {
        const ssize_t count = ::write(file, bytes.data() + written, bytes.size() - written);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            const int reason = errno;
            ::close(file);
            ::unlink(partial.c_str());
            errno = reason;
            fail("cannot write file");
        }
        written += static_cast<std::size_t>(count);
    }
    const bool synced = ::fsync(file) == 0;
    if (::close(file) != 0 || !synced || std::rename(partial.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(partial.c_str());
        errno = reason;
        fail("cannot write file");
    }
}

}  // namespace tradewind::model

#include "ledger/exclusive_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::ledger {

ExclusiveLock::ExclusiveLock(const std::filesystem::path& file, const std::string& what)
    : descriptor_(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (descriptor_ < 0) {
        throw Error(ErrorKind::usage, "cannot make the lock of " + what, file.string(),
                    std::strerror(errno), "choose a folder that is writable");
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        const int code = errno;
        release();
        if (code != EWOULDBLOCK) {
            throw Error(ErrorKind::failed, "cannot lock " + what, file.string(),
                        std::strerror(code));
        }
        throw Error(ErrorKind::locked, what + " is in use", file.string(),
                    "another process writes it", "stop that process first");
    }
}

ExclusiveLock::~ExclusiveLock() {
    release();
}

ExclusiveLock::ExclusiveLock(ExclusiveLock&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

ExclusiveLock& ExclusiveLock::operator=(ExclusiveLock&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

void ExclusiveLock::release() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

ExclusiveLock lock_state_folder(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) {
        throw Error(ErrorKind::usage, "cannot make the state folder", folder.string(),
                    error.message(), "choose a folder that is writable");
    }
    return {folder / "ledger.lock", "state folder"};
}

}  // namespace tradewind::ledger

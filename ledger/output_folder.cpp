#include "ledger/output_folder.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void unusable(const fs::path& path, const std::string& why,
                           const std::string& remedy) {
    throw Error(ErrorKind::usage, "cannot use the output path", path.string(), why, remedy);
}

// The path with links followed and without a trailing slash.
fs::path resolved(const fs::path& out) {
    if (out.empty()) unusable(out, "the path is empty", "name a folder");
    std::error_code error;
    fs::path path = fs::weakly_canonical(fs::absolute(out), error);
    if (error) unusable(out, error.message(), "choose another folder");
    if (path.filename().empty()) path = path.parent_path();
    if (path.filename().empty()) unusable(out, "it is the root folder", "name a folder");
    return path;
}

void check_target(const fs::path& target, bool overwrite) {
    std::error_code error;
    const auto status = fs::symlink_status(target, error);
    if (!fs::exists(status)) return;
    if (!fs::is_directory(status)) {
        unusable(target, "it is not a folder", "name a folder that is absent or empty");
    }
    fs::directory_iterator entries(target, error);
    if (error) unusable(target, error.message(), "choose another folder");
    for (const auto& entry : entries) {
        if (!overwrite) {
            unusable(target, "the folder is not empty",
                     "choose another folder or give --overwrite");
        }
        if (!entry.is_regular_file() || entry.is_symlink()) {
            unusable(target, "it holds " + entry.path().filename().string() + ", which is no file",
                     "only a folder of plain files is overwritten; choose another folder");
        }
    }
}

std::string partial_prefix(const fs::path& target) {
    return "." + target.filename().string() + ".partial-";
}

int lock_folder(const fs::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0 && ::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return descriptor;
    if (descriptor >= 0) ::close(descriptor);
    return -1;
}

void remove_abandoned(const fs::path& target) {
    std::error_code error;
    const auto prefix = partial_prefix(target);
    for (const auto& entry : fs::directory_iterator(target.parent_path(), error)) {
        if (!entry.path().filename().string().starts_with(prefix)) continue;
        const int descriptor = lock_folder(entry.path());
        if (descriptor < 0) continue;  // in use
        fs::remove_all(entry.path(), error);
        ::close(descriptor);
    }
}

void sync(const fs::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool done = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int code = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!done) {
        throw Error(ErrorKind::failed, "cannot write to the disk", path.string(),
                    std::strerror(code), "free space or choose another folder");
    }
}

}  // namespace

OutputFolder::OutputFolder(const fs::path& out, bool overwrite)
    : target_(resolved(out)), overwrite_(overwrite) {
    check_target(target_, overwrite);
    std::error_code error;
    fs::create_directories(target_.parent_path(), error);
    if (error) unusable(target_, error.message(), "choose a folder that is writable");
    remove_abandoned(target_);
    std::string pattern = (target_.parent_path() / (partial_prefix(target_) + "XXXXXX")).string();
    if (::mkdtemp(pattern.data()) == nullptr) {
        unusable(target_, std::strerror(errno), "choose a folder that is writable");
    }
    working_ = pattern;
    lock_descriptor_ = lock_folder(working_);
    fs::permissions(working_,
                    fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                        fs::perms::others_read | fs::perms::others_exec,
                    error);
}

OutputFolder::~OutputFolder() {
    if (!working_.empty()) {
        std::error_code error;
        fs::remove_all(working_, error);
    }
    if (lock_descriptor_ >= 0) ::close(lock_descriptor_);
}

OutputFolder::OutputFolder(OutputFolder&& other) noexcept
    : target_(std::move(other.target_)),
      working_(std::exchange(other.working_, {})),
      overwrite_(other.overwrite_),
      lock_descriptor_(std::exchange(other.lock_descriptor_, -1)) {}

OutputFolder& OutputFolder::operator=(OutputFolder&& other) noexcept {
    std::swap(target_, other.target_);
    std::swap(working_, other.working_);
    std::swap(overwrite_, other.overwrite_);
    std::swap(lock_descriptor_, other.lock_descriptor_);
    return *this;
}

void OutputFolder::publish(bool sync_files) {
    check_target(target_, overwrite_);
    if (sync_files) {
        for (const auto& entry : fs::directory_iterator(working_)) sync(entry.path());
        sync(working_);
    }
    // A rename replaces an empty folder; a full one is exchanged, so that one of both is always
    // there.
    if (::rename(working_.c_str(), target_.c_str()) == 0) {
        working_.clear();
    } else if (errno == ENOTEMPTY || errno == EEXIST) {
        if (::renameat2(AT_FDCWD, working_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) !=
            0) {
            // Not every file system exchanges: then the old folder goes first.
            std::error_code error;
            fs::remove_all(target_, error);
            if (::rename(working_.c_str(), target_.c_str()) != 0) {
                unusable(target_, std::strerror(errno), "choose another folder");
            }
            working_.clear();
        }
    } else {
        unusable(target_, std::strerror(errno), "choose another folder");
    }
    if (sync_files) sync(target_.parent_path());
    if (!working_.empty()) {
        std::error_code error;
        fs::remove_all(working_, error);
        working_.clear();
    }
    if (lock_descriptor_ >= 0) ::close(std::exchange(lock_descriptor_, -1));
}

}  // namespace tradewind::ledger

#include "config/credentials.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "config/core_dumps.hpp"
#include "config/limits.hpp"
#include "messages/error.hpp"

namespace tradewind::config {

namespace {

[[noreturn]] void refuse(const std::string& where, const std::string& why,
                         const std::string& remedy) {
    throw Error(ErrorKind::usage, "cannot take the keys", where, why, remedy);
}

// The one line of a key file. `guarded` wants mode 0600 and this user as owner; the checks are
// made on the open file, so that it cannot be exchanged in between.
Secret read_key(const std::filesystem::path& file, bool guarded) {
    const int handle = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (handle < 0) refuse(file.string(), "the file cannot be opened", "check its name and owner");
    struct stat status {};
    const bool known = ::fstat(handle, &status) == 0 && S_ISREG(status.st_mode);
    const bool open_to_others = (status.st_mode & 077U) != 0 || status.st_uid != ::geteuid();
    char buffer[kMaximumKeyFileBytes + 1];
    const auto size = known ? ::read(handle, buffer, sizeof buffer) : -1;
    ::close(handle);
    if (guarded && known && open_to_others)
        refuse(file.string(), "others may read it", "chmod 600 it, owned by the daemon's user");
    if (size <= 0 || size > kMaximumKeyFileBytes)
        refuse(file.string(), "it is not a small text file", "write the key alone into it");
    std::string text(buffer, static_cast<std::size_t>(size));
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.empty() || text.find_first_of(" \t\r\n") != std::string::npos)
        refuse(file.string(), "it does not hold one word", "write the key alone into it");
    return Secret(std::move(text));
}

std::string value_of(const std::map<std::string, std::string>& environment, const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
}

std::optional<Credentials> find_credentials(const Settings& settings,
                                            const std::map<std::string, std::string>& environment) {
    const std::string id = value_of(environment, "APCA_API_KEY_ID");
    const std::string secret = value_of(environment, "APCA_API_SECRET_KEY");
    if (id.empty() != secret.empty())
        refuse(id.empty() ? "APCA_API_KEY_ID" : "APCA_API_SECRET_KEY", "it is not set",
               "set both APCA_API_KEY_ID and APCA_API_SECRET_KEY, or neither");
    if (!id.empty()) return Credentials{Secret(id), Secret(secret), "environment"};

    const auto& broker = settings.broker;
    if (!broker.key_id_file.empty())
        return Credentials{read_key(broker.key_id_file, true),
                           read_key(broker.secret_key_file, true), "files"};

    const std::filesystem::path folder = value_of(environment, "CREDENTIALS_DIRECTORY");
    std::error_code fault;
    if (!folder.empty() && std::filesystem::exists(folder / "apca_api_key_id", fault))
        // The service manager guards this folder itself.
        return Credentials{read_key(folder / "apca_api_key_id", false),
                           read_key(folder / "apca_api_secret_key", false), "systemd credentials"};
    return std::nullopt;
}

}  // namespace

std::optional<Credentials> load_credentials(const Settings& settings,
                                            const std::map<std::string, std::string>& environment) {
    auto found = find_credentials(settings, environment);
    if (found) forbid_core_dumps();
    return found;
}

}  // namespace tradewind::config

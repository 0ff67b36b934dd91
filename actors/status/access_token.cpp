#include "actors/status/access_token.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "messages/error.hpp"

namespace tradewind::status {
namespace {

[[noreturn]] void refuse_file(const std::filesystem::path& file) {
    throw Error(ErrorKind::usage, "cannot write the address of the status server", file.string(),
                std::strerror(errno), "give a writable state folder with --state");
}

}  // namespace

std::string make_access_token() {
    std::array<unsigned char, 32> bytes{};
    std::size_t have = 0;
    while (have < bytes.size()) {
        const auto got = getrandom(bytes.data() + have, bytes.size() - have, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            throw Error(ErrorKind::failed, "cannot make an access token", "getrandom",
                        std::strerror(errno));
        }
        have += static_cast<std::size_t>(got);
    }
    std::string text;
    for (const unsigned char byte : bytes) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

bool same_secret(std::string_view given, std::string_view expected) {
    unsigned difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size() && !expected.empty(); ++i) {
        difference |=
            static_cast<unsigned char>(given[i]) ^
            static_cast<unsigned>(static_cast<unsigned char>(expected[i % expected.size()]));
    }
    return difference == 0 && !expected.empty();
}

void write_endpoint_file(const std::filesystem::path& file, const Endpoint& endpoint) {
    const auto text =
        nlohmann::ordered_json{
            {"address", endpoint.address}, {"port", endpoint.port}, {"token", endpoint.token}}
            .dump() +
        "\n";
    auto temporary = file;
    temporary += ".new";
    // A file left by a killed process may have another mode: it is never reused.
    unlink(temporary.c_str());
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) refuse_file(temporary);
    const bool written = fchmod(fd, 0600) == 0 &&
                         write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         fsync(fd) == 0;
    const int fault = errno;
    close(fd);
    if (!written || rename(temporary.c_str(), file.c_str()) != 0) {
        if (!written) errno = fault;
        refuse_file(file);
    }
}

Endpoint read_endpoint_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        throw Error(ErrorKind::unavailable, "no daemon runs with this state folder", file.string(),
                    std::strerror(errno), "start one, or name its folder with --state");
    }
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    try {
        const auto json = nlohmann::json::parse(text);
        return {json.at("address").get<std::string>(), json.at("port").get<std::uint16_t>(),
                json.at("token").get<std::string>()};
    } catch (const nlohmann::json::exception& fault) {
        throw Error(ErrorKind::corrupt, "not the address of a status server", file.string(),
                    fault.what(), "remove the file and restart the daemon");
    }
}

}  // namespace tradewind::status

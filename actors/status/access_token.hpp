// The secret that a command over HTTP must carry, and the file that tells local users where the
// daemon listens. The only place of the status server that asks the system for entropy; nothing
// that decides a trade may use it. Source: contract 8.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tradewind::status {

// 256 bits from the operating system, as 64 hexadecimal digits. Throws Error (failed) when the
// system has none.
[[nodiscard]] std::string make_access_token();

// Compares in a time that depends on the lengths only.
[[nodiscard]] bool same_secret(std::string_view given, std::string_view expected);

// {"address": "http://ADDR:PORT", "port": N, "token": "..."}
struct Endpoint {
    std::string address;
    std::uint16_t port = 0;
    std::string token;
};

// Writes the file with mode 0600, whole or not at all (temporary file, sync, rename). Throws Error
// (usage: the state folder cannot be used).
void write_endpoint_file(const std::filesystem::path& file, const Endpoint& endpoint);

// Reads what write_endpoint_file wrote. Throws Error: unavailable when there is no such file (no
// daemon runs with this state folder), corrupt when it is not such a file.
[[nodiscard]] Endpoint read_endpoint_file(const std::filesystem::path& file);

}  // namespace tradewind::status

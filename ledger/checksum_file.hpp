// SHA256SUMS of a run folder: one line `HASH  NAME` per other file, sorted by name, as sha256sum
// writes and checks it. Any thread.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace tradewind::ledger {

constexpr const char* kChecksumFile = "SHA256SUMS";

// Hashes every file of the folder but SHA256SUMS; `known` saves reading those files again.
[[nodiscard]] std::string checksum_text(const std::filesystem::path& folder,
                                        const std::map<std::string, std::string>& known = {});

// File -> hash. Error corrupt, naming SHA256SUMS and the line, where it is not well formed.
[[nodiscard]] std::map<std::string, std::string> read_checksums(
    const std::filesystem::path& folder);

}  // namespace tradewind::ledger

#include "ledger/checksum_file.hpp"

#include <fstream>
#include <iterator>

#include "ledger/sha256.hpp"
#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

constexpr std::size_t kHashLength = 64;

bool is_hash(const std::string& text) {
    return text.size() == kHashLength &&
           text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

std::string checksum_text(const std::filesystem::path& folder,
                          const std::map<std::string, std::string>& known) {
    std::map<std::string, std::string> hashes;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto name = entry.path().filename().string();
        if (name == kChecksumFile) continue;
        const auto found = known.find(name);
        hashes[name] = found != known.end() ? found->second : sha256_of_file(entry.path());
    }
    std::string text;
    for (const auto& [name, hash] : hashes) text += hash + "  " + name + "\n";
    return text;
}

std::map<std::string, std::string> read_checksums(const std::filesystem::path& folder) {
    const auto file = folder / kChecksumFile;
    std::ifstream in(file, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto malformed = [&](std::size_t line) {
        throw Error(ErrorKind::corrupt, "checksum file is malformed",
                    file.string() + ":" + std::to_string(line), "not `HASH  NAME`");
    };
    std::map<std::string, std::string> hashes;
    std::string previous;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        ++number;
        const auto end = text.find('\n', at);
        if (end == std::string::npos) malformed(number);
        const auto line = text.substr(at, end - at);
        at = end + 1;
        if (line.size() < kHashLength + 3 || !is_hash(line.substr(0, kHashLength)) ||
            line.compare(kHashLength, 2, "  ") != 0) {
            malformed(number);
        }
        const auto name = line.substr(kHashLength + 2);
        if (name <= previous || name.find('/') != std::string::npos) malformed(number);
        hashes[name] = line.substr(0, kHashLength);
        previous = name;
    }
    return hashes;
}

}  // namespace tradewind::ledger

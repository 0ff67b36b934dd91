#include "ledger/sha256.hpp"

// The algorithm by itself: the EVP interface makes and wipes a context for every hash, which costs
// more than the hash of an event.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "messages/error.hpp"

namespace tradewind::ledger {

std::string to_hex(const Hash& hash) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text(hash.size() * 2, '0');
    for (std::size_t i = 0; i < hash.size(); ++i) {
        text[2 * i] = kDigits[hash[i] >> 4U];
        text[2 * i + 1] = kDigits[hash[i] & 15U];
    }
    return text;
}

Sha256::Sha256() : state_(std::make_unique<SHA256_CTX>()) {
    ensure(SHA256_Init(state_.get()) == 1, "SHA-256 starts");
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(const void* data, std::size_t size) {
    ensure(SHA256_Update(state_.get(), data, size) == 1, "SHA-256 takes bytes");
}

Hash Sha256::finish() {
    Hash hash{};
    ensure(SHA256_Final(hash.data(), state_.get()) == 1, "SHA-256 ends");
    ensure(SHA256_Init(state_.get()) == 1, "SHA-256 starts again");
    return hash;
}

Hash sha256_of(std::string_view bytes) {
    Sha256 sha;
    sha.update(bytes.data(), bytes.size());
    return sha.finish();
}

std::string sha256_of_file(const std::filesystem::path& file) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> in(std::fopen(file.c_str(), "rb"),
                                                             &std::fclose);
    if (!in) {
        throw Error(ErrorKind::data, "cannot read file", file.string(), std::strerror(errno));
    }
    Sha256 sha;
    std::vector<char> buffer(1U << 20U);
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), in.get())) {
        sha.update(buffer.data(), count);
    }
    if (std::ferror(in.get()) != 0) {
        throw Error(ErrorKind::data, "cannot read file", file.string(), "read error");
    }
    return to_hex(sha.finish());
}

}  // namespace tradewind::ledger

#include "ledger/sha256.hpp"

#include <openssl/evp.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "messages/error.hpp"

namespace tradewind::ledger {
namespace {

// Fetched once: a lookup by name for every hash costs more than the hash of an event.
const EVP_MD* algorithm() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

}  // namespace

std::string to_hex(const Hash& hash) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text(hash.size() * 2, '0');
    for (std::size_t i = 0; i < hash.size(); ++i) {
        text[2 * i] = kDigits[hash[i] >> 4U];
        text[2 * i + 1] = kDigits[hash[i] & 15U];
    }
    return text;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    ensure(context_ != nullptr && algorithm() != nullptr, "SHA-256 is available");
    ensure(EVP_DigestInit_ex2(context_, algorithm(), nullptr) == 1, "SHA-256 starts");
}

Sha256::~Sha256() {
    EVP_MD_CTX_free(context_);
}

Sha256::Sha256(Sha256&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}

Sha256& Sha256::operator=(Sha256&& other) noexcept {
    std::swap(context_, other.context_);
    return *this;
}

void Sha256::update(const void* data, std::size_t size) {
    ensure(EVP_DigestUpdate(context_, data, size) == 1, "SHA-256 takes bytes");
}

Hash Sha256::finish() {
    Hash hash{};
    ensure(EVP_DigestFinal_ex(context_, hash.data(), nullptr) == 1, "SHA-256 ends");
    ensure(EVP_DigestInit_ex2(context_, nullptr, nullptr) == 1, "SHA-256 starts again");
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

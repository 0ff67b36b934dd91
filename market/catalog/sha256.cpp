#include "market/catalog/sha256.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <fstream>

#include "market/catalog/bar_reader.hpp"
#include "messages/error.hpp"

namespace tradewind::market {

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
    ensure(state_->context != nullptr &&
               EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1,
           "SHA-256 is available");
}

Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    ensure(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1, "SHA-256 goes on");
}

std::string Sha256::finish() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    ensure(EVP_DigestFinal_ex(state_->context, digest, &length) == 1, "SHA-256 ends");
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        text += kHex[digest[i] >> 4];
        text += kHex[digest[i] & 15];
    }
    return text;
}

std::string sha256_of(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string sha256_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw Error(ErrorKind::data, "data file", path, std::strerror(errno));
    Sha256 hash;
    std::string buffer(1 << 18, '\0');
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) ||
           file.gcount() > 0) {
        hash.update({buffer.data(), static_cast<std::size_t>(file.gcount())});
    }
    if (file.bad()) throw Error(ErrorKind::data, "data file", path, "cannot be read");
    return hash.finish();
}

}  // namespace tradewind::market

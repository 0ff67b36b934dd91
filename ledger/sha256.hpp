// SHA-256 (OpenSSL, with the processor's SHA instructions), whole or streamed. One object, one
// thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct SHA256state_st;

namespace tradewind::ledger {

using Hash = std::array<std::uint8_t, 32>;

[[nodiscard]] std::string to_hex(const Hash& hash);

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&& other) noexcept;
    Sha256& operator=(Sha256&& other) noexcept;

    void update(const void* data, std::size_t size);
    // The hash of all updates; the object starts anew.
    [[nodiscard]] Hash finish();

  private:
    std::unique_ptr<SHA256state_st> state_;
};

[[nodiscard]] Hash sha256_of(std::string_view bytes);

// Lower-case hex of a file's bytes. Error data when it cannot be read.
[[nodiscard]] std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace tradewind::ledger

// SHA-256 by OpenSSL, fed in pieces. Internal to market/catalog; one thread per object.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tradewind::market {

class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(std::string_view bytes);
    // Lower-case hexadecimal; ends the object's use.
    [[nodiscard]] std::string finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace tradewind::market

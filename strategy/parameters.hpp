// The `--set key=value` parameters of a strategy, read typed and checked. Each accessor marks its
// key as known; finish() refuses what no accessor asked for and names the nearest known key.
// Errors: Error(usage) with the strategy, the key and what is allowed. Any thread, no state shared.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "messages/money.hpp"

namespace tradewind::strategy {

class Parameters {
  public:
    using Values = std::map<std::string, std::string>;

    Parameters(std::string strategy, Values values)
        : strategy_(std::move(strategy)), values_(std::move(values)) {}

    [[nodiscard]] std::int64_t integer(const std::string& key, std::int64_t fallback,
                                       std::int64_t least, std::int64_t most);
    [[nodiscard]] Quantity positive_quantity(const std::string& key, Quantity fallback);
    [[nodiscard]] bool boolean(const std::string& key, bool fallback);
    [[nodiscard]] std::string word(const std::string& key, const std::string& fallback,
                                   const std::vector<std::string>& allowed);
    // Fails with Error(usage) about `key`.
    [[noreturn]] void refuse(const std::string& key, const std::string& why) const;
    void finish() const;

  private:
    const std::string* find(const std::string& key);

    std::string strategy_;
    Values values_;
    std::vector<std::string> known_;
};

}  // namespace tradewind::strategy

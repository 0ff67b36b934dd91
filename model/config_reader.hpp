// Strict reading of a checkpoint's config.json: every key is asked for by name, type and range, and
// what nobody asked for is known at the end. One reader serves one configuration; it refers to the
// JSON object and the name given to it. Errors: Error (data) naming the key and the file.
// Source: forecast-models spec 1.1, 2.1.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace tradewind::model {

// The text as a JSON object; `where` names it in errors.
[[nodiscard]] nlohmann::json parse_config_object(const std::string& text, const std::string& where);

class ConfigReader {
  public:
    ConfigReader(const nlohmann::json& json, const std::string& where)
        : json_(json), where_(where) {}

    [[noreturn]] void refuse(const std::string& key, const std::string& why) const;
    [[nodiscard]] bool has(const std::string& key) const { return json_.contains(key); }

    // A whole number from `lowest` to 2^20: larger than any published size, small enough that no
    // product of two shapes overflows.
    std::int64_t dimension(const std::string& key, std::int64_t lowest = 1);
    std::int64_t dimension_or(const std::string& key, std::int64_t standard);
    double number(const std::string& key);
    double number_or(const std::string& key, double standard);
    bool flag_or(const std::string& key, bool standard);
    std::string text(const std::string& key);
    // The value itself, for lists and objects.
    const nlohmann::json& value(const std::string& key);

    // Keys that were not asked for, in order.
    [[nodiscard]] std::vector<std::string> unknown() const;

  private:
    template <class Value>
    Value note(const std::string& key, Value standard) {
        known_.insert(key);
        return standard;
    }

    const nlohmann::json& json_;
    const std::string& where_;
    std::set<std::string> known_;
};

}  // namespace tradewind::model

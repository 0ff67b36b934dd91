#include "model/config_reader.hpp"

#include <cmath>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

constexpr std::int64_t kLargestDimension = 1 << 20;

}  // namespace

nlohmann::json parse_config_object(const std::string& text, const std::string& where) {
    nlohmann::json json;
    try {
        json = nlohmann::json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorKind::data, "model configuration", where, error.what());
    }
    if (!json.is_object()) {
        throw Error(ErrorKind::data, "model configuration", where, "is not a JSON object");
    }
    return json;
}

void ConfigReader::refuse(const std::string& key, const std::string& why) const {
    throw Error(ErrorKind::data, "configuration key " + key, where_, why,
                "take the config.json that belongs to the weights");
}

std::int64_t ConfigReader::dimension(const std::string& key, std::int64_t lowest) {
    const nlohmann::json& found = value(key);
    if (!found.is_number_integer()) refuse(key, "is not a whole number");
    if (found.is_number_unsigned() &&
        found.get<std::uint64_t>() > static_cast<std::uint64_t>(kLargestDimension)) {
        refuse(key, "is too large");
    }
    const auto number = found.get<std::int64_t>();
    if (number < lowest || number > kLargestDimension) {
        refuse(key, "is " + std::to_string(number) + ", outside " + std::to_string(lowest) +
                        " to " + std::to_string(kLargestDimension));
    }
    return number;
}

std::int64_t ConfigReader::dimension_or(const std::string& key, std::int64_t standard) {
    return has(key) ? dimension(key) : note(key, standard);
}

double ConfigReader::number(const std::string& key) {
    const nlohmann::json& found = value(key);
    if (!found.is_number()) refuse(key, "is not a number");
    const auto result = found.get<double>();
    if (!std::isfinite(result)) refuse(key, "is not finite");
    return result;
}

double ConfigReader::number_or(const std::string& key, double standard) {
    return has(key) ? number(key) : note(key, standard);
}

bool ConfigReader::flag_or(const std::string& key, bool standard) {
    if (!has(key)) return note(key, standard);
    const nlohmann::json& found = value(key);
    if (!found.is_boolean()) refuse(key, "is not true or false");
    return found.get<bool>();
}

std::string ConfigReader::text(const std::string& key) {
    const nlohmann::json& found = value(key);
    if (!found.is_string()) refuse(key, "is not a text");
    return found.get<std::string>();
}

const nlohmann::json& ConfigReader::value(const std::string& key) {
    known_.insert(key);
    if (!has(key)) refuse(key, "is missing");
    return json_.at(key);
}

std::vector<std::string> ConfigReader::unknown() const {
    std::vector<std::string> keys;
    for (const auto& [key, value] : json_.items()) {
        if (!known_.contains(key)) keys.push_back(key);
    }
    return keys;
}

}  // namespace tradewind::model

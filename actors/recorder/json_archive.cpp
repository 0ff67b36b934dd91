#include "actors/recorder/json_archive.hpp"

namespace tradewind::actors {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

}  // namespace

nlohmann::json json_of_text(const std::string& text) {
    nlohmann::json json = text;
    try {
        static_cast<void>(json.dump());  // the library's own check of UTF-8
        return json;
    } catch (const nlohmann::json::type_error&) {
        std::string hex;
        for (const char c : text) {
            const auto byte = static_cast<unsigned char>(c);
            hex += kHexDigits[byte >> 4U];
            hex += kHexDigits[byte & 15U];
        }
        return {{"hex", hex}};
    }
}

std::optional<std::string> text_of_json(const nlohmann::json& json) {
    if (json.is_string()) return json.get<std::string>();
    if (!json.is_object() || json.size() != 1 || !json.contains("hex") ||
        !json["hex"].is_string()) {
        return std::nullopt;
    }
    const auto& hex = json["hex"].get_ref<const std::string&>();
    if (hex.size() % 2 != 0) return std::nullopt;
    std::string text;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const auto high = kHexDigits.find(hex[i]);
        const auto low = kHexDigits.find(hex[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        text += static_cast<char>(high << 4U | low);
    }
    return text;
}

std::string text_of_double(double value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

std::optional<double> double_of_text(const std::string& text) {
    double value = 0;
    const auto* const end = text.data() + text.size();
    const auto result = std::from_chars(text.data(), end, value);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    return value;
}

nlohmann::json parse_object(std::string_view text, const std::string& place) {
    try {
        return nlohmann::json::parse(text);
    } catch (const nlohmann::json::parse_error& error) {
        throw Error(ErrorKind::data, "recording", place,
                    "not JSON at byte " + std::to_string(error.byte),
                    "record the session again, or name another one");
    } catch (const nlohmann::json::out_of_range&) {
        throw Error(ErrorKind::data, "recording", place, "a number that no double can hold",
                    "record the session again, or name another one");
    }
}

std::string JsonPlace::text() const {
    std::string place = parent ? parent->text() : std::string();
    if (index) return place + '[' + std::to_string(*index) + ']';
    if (!parent) return std::string(key);
    // The root's place is a file or a name; fields follow after a space.
    return place + (parent->parent ? "." : " ") + std::string(key);
}

void JsonReader::finish() const {
    for (const auto& [key, value] : object_.items()) {
        if (!known_.contains(key)) refuse({&place_, key, {}}, "unknown field");
    }
}

void JsonReader::refuse(const JsonPlace& place, const std::string& why) {
    throw Error(ErrorKind::data, "recording", place.text(), why,
                "record the session again, or replay it with the version that recorded it");
}

}  // namespace tradewind::actors

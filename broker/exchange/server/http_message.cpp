#include "broker/exchange/server/http_message.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <nlohmann/json.hpp>

namespace tradewind::broker {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

[[noreturn]] void refuse_parameter(std::string_view name, const std::string& value) {
    throw ApiError(400, 40010001, "invalid " + std::string(name) + ": " + value);
}

}  // namespace

std::string json_string(std::string_view text) {
    return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string ApiError::body() const {
    std::string text = "{";
    if (code_ != 0) text += "\"code\":" + std::to_string(code_) + ",";
    text += "\"message\":" + json_string(what());
    if (!members_.empty()) text += "," + members_;
    return text + "}";
}

std::string percent_decoded(std::string_view text, bool plus_is_space) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
            hex_digit(text[i + 2]) >= 0) {
            result += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else {
            result += plus_is_space && text[i] == '+' ? ' ' : text[i];
        }
    }
    return result;
}

void split_target(HttpRequest& request) {
    std::string_view rest = request.target;
    const auto question = rest.find('?');
    auto path = rest.substr(0, question);
    while (!path.empty()) {
        const auto slash = path.find('/');
        const auto segment = path.substr(0, slash);
        if (!segment.empty()) request.segments.push_back(percent_decoded(segment, false));
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    }
    if (question == std::string_view::npos) return;
    rest = rest.substr(question + 1);
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const auto pair = rest.substr(0, end);
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
        if (pair.empty()) continue;
        const auto equal = pair.find('=');
        const auto value =
            equal == std::string_view::npos ? std::string_view() : pair.substr(equal + 1);
        request.query.emplace_back(percent_decoded(pair.substr(0, equal), true),
                                   percent_decoded(value, true));
    }
}

std::string HttpRequest::path() const {
    std::string text;
    for (const auto& segment : segments) text += "/" + segment;
    return text.empty() ? "/" : text;
}

const std::string* HttpRequest::parameter(std::string_view name) const {
    for (const auto& [key, value] : query) {
        if (key == name) return &value;
    }
    return nullptr;
}

std::string HttpRequest::parameter_or(std::string_view name, std::string_view otherwise) const {
    const auto* value = parameter(name);
    return value == nullptr || value->empty() ? std::string(otherwise) : *value;
}

bool HttpRequest::flag(std::string_view name, bool otherwise) const {
    const auto* value = parameter(name);
    if (value == nullptr || value->empty()) return otherwise;
    const auto text = lower(*value);
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    refuse_parameter(name, *value);
}

std::int64_t HttpRequest::number(std::string_view name, std::int64_t otherwise, std::int64_t least,
                                 std::int64_t most) const {
    const auto* value = parameter(name);
    if (value == nullptr || value->empty()) return otherwise;
    std::int64_t result = 0;
    const char* const end = value->data() + value->size();
    const auto [stop, code] = std::from_chars(value->data(), end, result);
    if (code != std::errc() || stop != end || result < least || result > most) {
        refuse_parameter(name, *value);
    }
    return result;
}

std::vector<std::string> HttpRequest::list(std::string_view name) const {
    std::vector<std::string> result;
    for (const auto& [key, value] : query) {
        if (key != name) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            const auto part = rest.substr(0, comma);
            if (!part.empty()) result.emplace_back(part);
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        }
    }
    return result;
}

std::string HttpRequest::header(const std::string& lower_case_name) const {
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? std::string() : found->second;
}

}  // namespace tradewind::broker

#include "config/value_text.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace tradewind::config {

namespace {

template <class Number>
bool whole(std::string_view text, Number& value) {
    const char* end = text.data() + text.size();
    const auto [next, fault] = std::from_chars(text.data(), end, value);
    return fault == std::errc{} && next == end && !text.empty();
}

template <class Decimal>
std::string parse_decimal(std::string_view text, Decimal& target) {
    const auto value = Decimal::parse(text);
    if (!value) return "a plain decimal such as 0.25 is expected";
    target = *value;
    return {};
}

}  // namespace

std::string parse(std::string_view text, bool& target) {
    std::string word(text);
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const bool yes = word == "1" || word == "true" || word == "yes" || word == "on";
    const bool no = word == "0" || word == "false" || word == "no" || word == "off";
    if (!yes && !no) return "1, true, yes, on, 0, false, no or off is expected";
    target = yes;
    return {};
}

std::string parse(std::string_view text, std::int64_t& target) {
    std::int64_t value = 0;
    if (!whole(text, value)) return "a whole number is expected";
    target = value;
    return {};
}

std::string parse(std::string_view text, double& target) {
    double value = 0;
    if (!whole(text, value) || !std::isfinite(value)) return "a number is expected";
    target = value;
    return {};
}

std::string parse(std::string_view text, Fraction& target) {
    return parse_decimal(text, target);
}
std::string parse(std::string_view text, Money& target) {
    return parse_decimal(text, target);
}

std::string parse(std::string_view text, std::string& target) {
    if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::iscntrl(c) != 0; }))
        return "printable text is expected";
    target = text;
    return {};
}

std::string parse(std::string_view text, std::filesystem::path& target) {
    std::string path;
    if (auto why = parse(text, path); !why.empty()) return why;
    target = path;
    return {};
}

std::string parse(std::string_view text, std::vector<std::string>& target) {
    std::vector<std::string> items;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        std::string_view item = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        if (item.empty()) continue;
        std::string word;
        if (auto why = parse(item, word); !why.empty()) return why;
        items.push_back(word);
    }
    target = std::move(items);
    return {};
}

std::string render(bool value) {
    return value ? "true" : "false";
}
std::string render(std::int64_t value) {
    return std::to_string(value);
}
std::string render(double value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}
std::string render(Fraction value) {
    return value.to_string();
}
std::string render(Money value) {
    return value.to_string();
}
std::string render(const std::string& value) {
    return value;
}
std::string render(const std::filesystem::path& value) {
    return value.string();
}
std::string render(const std::vector<std::string>& value) {
    std::string text;
    for (const auto& item : value) text += (text.empty() ? "" : ",") + item;
    return text;
}

}  // namespace tradewind::config

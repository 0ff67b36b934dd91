// Text forms of setting values: strict parsing, and the one rendering that `config show` prints.
//
// parse(text, target) returns an empty string and sets the target, or says what was expected and
// leaves it alone. Numbers are whole-text, locale-free; no spaces, no signs where none are needed.
// Pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.hpp"

namespace tradewind::config {

// 1/true/yes/on and 0/false/no/off, any case.
std::string parse(std::string_view text, bool& target);
std::string parse(std::string_view text, std::int64_t& target);
std::string parse(std::string_view text, double& target);  // finite
std::string parse(std::string_view text, Fraction& target);
std::string parse(std::string_view text, Money& target);
std::string parse(std::string_view text, std::string& target);
std::string parse(std::string_view text, std::filesystem::path& target);
// Comma-separated; spaces around items and empty items are dropped.
std::string parse(std::string_view text, std::vector<std::string>& target);

std::string render(bool value);
std::string render(std::int64_t value);
std::string render(double value);  // shortest form that reads back equal
std::string render(Fraction value);
std::string render(Money value);
std::string render(const std::string& value);
std::string render(const std::filesystem::path& value);
std::string render(const std::vector<std::string>& value);

}  // namespace tradewind::config

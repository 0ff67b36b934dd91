#include "strategy/parameters.hpp"

#include <algorithm>
#include <charconv>

#include "messages/error.hpp"
#include "messages/nearest_word.hpp"

namespace tradewind::strategy {

const std::string* Parameters::find(const std::string& key) {
    known_.push_back(key);
    const auto at = values_.find(key);
    return at == values_.end() ? nullptr : &at->second;
}

void Parameters::refuse(const std::string& key, const std::string& why) const {
    throw Error(ErrorKind::usage, "bad parameter of strategy " + strategy_, "--set " + key, why,
                "see `tradewind replay --help`");
}

std::int64_t Parameters::integer(const std::string& key, std::int64_t fallback, std::int64_t least,
                                 std::int64_t most) {
    const auto* text = find(key);
    if (!text) return fallback;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < least ||
        value > most) {
        refuse(key, "'" + *text + "' is not a whole number from " + std::to_string(least) + " to " +
                        std::to_string(most));
    }
    return value;
}

Quantity Parameters::positive_quantity(const std::string& key, Quantity fallback) {
    const auto* text = find(key);
    if (!text) return fallback;
    const auto value = Quantity::parse(*text);
    if (!value || value->sign() <= 0) refuse(key, "'" + *text + "' is not a positive decimal");
    return *value;
}

bool Parameters::boolean(const std::string& key, bool fallback) {
    const auto* text = find(key);
    if (!text) return fallback;
    for (const char* yes : {"true", "1", "yes", "on"}) {
        if (*text == yes) return true;
    }
    for (const char* no : {"false", "0", "no", "off"}) {
        if (*text == no) return false;
    }
    refuse(key, "'" + *text + "' is neither true nor false");
}

std::string Parameters::word(const std::string& key, const std::string& fallback,
                             const std::vector<std::string>& allowed) {
    const auto* text = find(key);
    if (!text) return fallback;
    if (std::find(allowed.begin(), allowed.end(), *text) != allowed.end()) return *text;
    std::string list;
    for (const auto& item : allowed) list += (list.empty() ? "" : ", ") + item;
    refuse(key, "'" + *text + "' is none of: " + list);
}

void Parameters::finish() const {
    for (const auto& [key, value] : values_) {
        if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
        const auto nearest = nearest_word(key, known_);
        std::string list;
        for (const auto& item : known_) list += (list.empty() ? "" : ", ") + item;
        refuse(key,
               "unknown parameter, " + (nearest ? "nearest known: " + *nearest : "known: " + list));
    }
}

}  // namespace tradewind::strategy

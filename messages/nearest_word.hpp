// The nearest known word to a misspelt one, for messages. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tradewind {

// Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`, ignoring case.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The word of `known` with the fewest edits from `word`; the first of equals. Empty where the
// nearest is so far away that naming it would mislead (more than a third of the word, at least 2).
[[nodiscard]] std::optional<std::string> nearest_word(std::string_view word,
                                                      const std::vector<std::string>& known);

}  // namespace tradewind

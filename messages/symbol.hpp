// A symbol in its one canonical spelling (`AAPL`, `BTCUSD`): 1 to 23 printable ASCII characters,
// held in place, so that messages stay trivially copyable. Ordered like its text.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace tradewind {

class Symbol {
  public:
    static constexpr std::size_t kMaxLength = 23;

    constexpr Symbol() = default;
    // Throws std::invalid_argument on an empty, too long or not printable text.
    explicit constexpr Symbol(std::string_view text) {
        if (!valid(text)) throw std::invalid_argument("not a symbol: " + std::string(text));
        std::copy(text.begin(), text.end(), text_.begin());
        text_[kMaxLength] = static_cast<char>(kMaxLength - text.size());
    }

    [[nodiscard]] static constexpr bool valid(std::string_view text) {
        return !text.empty() && text.size() <= kMaxLength &&
               std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
    }
    [[nodiscard]] constexpr std::string_view view() const {
        return {text_.data(), kMaxLength - static_cast<std::size_t>(text_[kMaxLength])};
    }
    [[nodiscard]] std::string to_string() const { return std::string(view()); }
    [[nodiscard]] constexpr bool empty() const { return text_[0] == 0; }

    friend constexpr bool operator==(const Symbol&, const Symbol&) = default;
    friend std::strong_ordering operator<=>(const Symbol& a, const Symbol& b) {
        return std::memcmp(a.text_.data(), b.text_.data(), kMaxLength) <=> 0;
    }

  private:
    std::array<char, kMaxLength + 1> text_{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                           0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, kMaxLength};
};

}  // namespace tradewind

template <>
struct std::hash<tradewind::Symbol> {
    std::size_t operator()(const tradewind::Symbol& symbol) const noexcept {
        // The text is padded with zeros in place, so equal symbols have equal words.
        std::array<std::uint64_t, 3> words;
        static_assert(sizeof(words) == sizeof(symbol));
        std::memcpy(words.data(), &symbol, sizeof(words));
        std::uint64_t mixed = words[0] * 0x9e3779b97f4a7c15U;
        mixed = (mixed ^ words[1] ^ (mixed >> 32U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ words[2] ^ (mixed >> 29U)) * 0x94d049bb133111ebU;
        return static_cast<std::size_t>(mixed ^ (mixed >> 32U));
    }
};

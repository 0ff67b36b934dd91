// Doubles as text: the shortest decimal that reads back as the same value, never with an exponent.
// Pure; any thread.
#pragma once

#include <charconv>
#include <cstddef>
#include <string>

namespace tradewind::ledger {

// Room for any finite double in fixed notation (1.8e308 has 309 digits, 5e-324 some 330
// characters).
constexpr std::size_t kFixedTextRoom = 400;

// Writes into `out` (kFixedTextRoom) and returns one past the end. -0 becomes "0".
inline char* format_fixed(char* out, double value) {
    if (value == 0) {
        *out = '0';
        return out + 1;
    }
    return std::to_chars(out, out + kFixedTextRoom, value, std::chars_format::fixed).ptr;
}
inline char* format_fixed(char* out, float value) {
    if (value == 0) {
        *out = '0';
        return out + 1;
    }
    return std::to_chars(out, out + kFixedTextRoom, value, std::chars_format::fixed).ptr;
}
inline std::string fixed_text(double value) {
    char buffer[kFixedTextRoom];
    return std::string(buffer, format_fixed(buffer, value));
}

}  // namespace tradewind::ledger

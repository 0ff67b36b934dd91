#include "ledger/payload_writer.hpp"

namespace tradewind::ledger {
namespace {

// Length of the well-formed UTF-8 sequence at the front of `text`; 0: none.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(0);
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0U) != 0x80U) return 0;
    }
    const auto second = byte(1);
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
        return 0;
    }
    return length;
}

bool plain(char character) {
    const auto c = static_cast<unsigned char>(character);
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// Eight characters at once: a byte of the result is not zero where one needs a closer look.
std::uint64_t not_plain(std::uint64_t word) {
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighs = 0x8080808080808080U;
    const auto has_zero = [](std::uint64_t x) { return (x - kOnes) & ~x & kHighs; };
    return (word & kHighs) | ((word - kOnes * 0x20) & ~word & kHighs) |
           has_zero(word ^ (kOnes * '"')) | has_zero(word ^ (kOnes * '\\'));
}

}  // namespace

void ObjectWriter::escaped(std::string_view value) {
    const auto word_at = [&](std::size_t place) {
        std::uint64_t word = 0;
        std::memcpy(&word, value.data() + place, 8);
        return word;
    };
    if (value.size() >= 8) {  // most texts need no escape at all
        std::uint64_t found = not_plain(word_at(value.size() - 8));
        for (std::size_t i = 0; i + 8 < value.size(); i += 8) found |= not_plain(word_at(i));
        if (found == 0) {
            std::memcpy(out_, value.data(), value.size());
            out_ += value.size();
            return;
        }
    }
    std::size_t at = 0;
    for (;;) {
        while (value.size() - at >= 8) {
            const auto word = word_at(at);
            if (not_plain(word) != 0) break;
            std::memcpy(out_, &word, 8);
            out_ += 8;
            at += 8;
        }
        if (at == value.size()) return;
        if (plain(value[at])) {
            *out_++ = value[at++];
        } else {
            escape(value, at);
        }
    }
}

void ObjectWriter::escape(std::string_view value, std::size_t& at) {
    constexpr char kDigits[] = "0123456789abcdef";
    const auto c = static_cast<unsigned char>(value[at]);
    if (c >= 0x80) {
        const auto length = sequence_length(value.substr(at));
        if (length == 0) {
            std::memcpy(out_, "\xEF\xBF\xBD", 3);
            out_ += 3;
            sanitized_ = true;
            ++at;
        } else {
            std::memcpy(out_, value.data() + at, length);
            out_ += length;
            at += length;
        }
        return;
    }
    ++at;
    *out_++ = '\\';
    switch (c) {
        case '"':
        case '\\':
            *out_++ = static_cast<char>(c);
            break;
        case '\b':
            *out_++ = 'b';
            break;
        case '\f':
            *out_++ = 'f';
            break;
        case '\n':
            *out_++ = 'n';
            break;
        case '\r':
            *out_++ = 'r';
            break;
        case '\t':
            *out_++ = 't';
            break;
        default:
            std::memcpy(out_, "u00", 3);
            out_ += 3;
            *out_++ = kDigits[c >> 4U];
            *out_++ = kDigits[c & 15U];
    }
}

}  // namespace tradewind::ledger

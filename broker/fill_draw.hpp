// Random draws about one fill, without a stream: each is a function of (seed, order id, fill
// ordinal, purpose) alone, so that no draw depends on what else happened. Pure; any thread.
// Source: architecture 5.
#pragma once

#include <cstdint>
#include <string_view>

namespace tradewind::broker {

class FillDraw {
  public:
    FillDraw(std::uint64_t seed, std::string_view order_id, std::uint32_t ordinal)
        : key_(mix(mix(seed) ^ hash(order_id)) + ordinal) {}

    // Uniform in [0, 1), of 53 bits.
    [[nodiscard]] double uniform(std::uint64_t purpose) const {
        return static_cast<double>(mix(mix(key_) + purpose) >> 11) * 0x1.0p-53;
    }

  private:
    // FNV-1a, then the finaliser of SplitMix64: the ids differ in few characters.
    static constexpr std::uint64_t hash(std::string_view text) {
        std::uint64_t value = 0xcbf29ce484222325U;
        for (const char c : text) {
            value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
        }
        return value;
    }
    static constexpr std::uint64_t mix(std::uint64_t value) {
        value += 0x9e3779b97f4a7c15U;
        value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
        value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
        return value ^ (value >> 31U);
    }
    std::uint64_t key_;
};

}  // namespace tradewind::broker

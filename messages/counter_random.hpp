// Random numbers without a state: each draw is a function of (seed, symbol, purpose, date, index),
// so that no draw depends on the order in which draws are made. Philox4x32 with ten rounds (Salmon
// et al., "Parallel random numbers: as easy as 1, 2, 3", 2011). Pure; any thread; about 15 ns a
// call.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

#include "messages/symbol.hpp"
#include "messages/time.hpp"

namespace tradewind {

using PhiloxBlock = std::array<std::uint32_t, 4>;

[[nodiscard]] constexpr PhiloxBlock philox(PhiloxBlock counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53} * counter[0];
        const std::uint64_t b = std::uint64_t{0xCD9E8D57} * counter[2];
        counter = {static_cast<std::uint32_t>(b >> 32) ^ counter[1] ^ key[0],
                   static_cast<std::uint32_t>(b),
                   static_cast<std::uint32_t>(a >> 32) ^ counter[3] ^ key[1],
                   static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9;
        key[1] += 0xBB67AE85;
    }
    return counter;
}

class CounterRandom {
  public:
    // `name`: a symbol, or the name of something shared by symbols.
    constexpr CounterRandom(std::uint64_t seed, std::string_view name) {
        std::uint64_t hash = 0xCBF29CE484222325;  // FNV-1a
        for (const char c : name) {
            hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
        }
        // The seed passes through the generator once, so that seeds 1 and 2 are strangers.
        const auto mixed =
            philox({static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                    static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32)},
                   {0, 0});
        key_ = {mixed[0], mixed[1]};
    }
    CounterRandom(std::uint64_t seed, const Symbol& symbol) : CounterRandom(seed, symbol.view()) {}

    [[nodiscard]] constexpr PhiloxBlock block(std::uint32_t purpose, Date date,
                                              std::uint64_t index) const {
        return philox({static_cast<std::uint32_t>(index), static_cast<std::uint32_t>(index >> 32),
                       static_cast<std::uint32_t>(date.days), purpose},
                      key_);
    }
    // Two uniform numbers in (0, 1).
    [[nodiscard]] constexpr std::array<double, 2> uniforms(std::uint32_t purpose, Date date,
                                                           std::uint64_t index) const {
        const auto b = block(purpose, date, index);
        return {unit(b[0], b[1]), unit(b[2], b[3])};
    }
    [[nodiscard]] constexpr double uniform(std::uint32_t purpose, Date date,
                                           std::uint64_t index) const {
        return uniforms(purpose, date, index)[0];
    }
    // Two independent standard normal numbers (Box-Muller).
    [[nodiscard]] std::array<double, 2> normals(std::uint32_t purpose, Date date,
                                                std::uint64_t index) const {
        const auto [u, v] = uniforms(purpose, date, index);
        const double radius = std::sqrt(-2 * std::log(u));
        return {radius * std::cos(6.283185307179586 * v), radius * std::sin(6.283185307179586 * v)};
    }
    [[nodiscard]] double normal(std::uint32_t purpose, Date date, std::uint64_t index) const {
        return normals(purpose, date, index)[0];
    }
    // Nearly normal, mean 0, variance 1, within +-4.9: the sum of eight uniform numbers. For the
    // many small steps of a path, at a fifth of the cost.
    [[nodiscard]] constexpr double bell(std::uint32_t purpose, Date date,
                                        std::uint64_t index) const {
        std::int64_t sum = 0;
        for (const std::uint32_t word : block(purpose, date, index)) {
            sum += (word & 0xFFFF) + (word >> 16);
        }
        // 8 x 65535 / 2 is the mean, sqrt(8 x (65536^2 - 1) / 12) the deviation.
        return static_cast<double>(sum - 262'140) * (1 / 53'510.0);
    }

  private:
    static constexpr double unit(std::uint32_t high, std::uint32_t low) {
        const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 12;
        return (static_cast<double>(bits) + 0.5) * 0x1p-52;
    }

    std::array<std::uint32_t, 2> key_{};
};

}  // namespace tradewind

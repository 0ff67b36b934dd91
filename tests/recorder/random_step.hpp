// Random step inputs and exact comparison of two, for the laws of the recorder. Comparison takes
// the structs apart by structured bindings, so a field that is added does not compile until it is
// here.
#pragma once

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "actors/step/step_data.hpp"

namespace tradewind::test {

// A generator that a law seeds: the same seed gives the same inputs.
class RandomStep {
  public:
    explicit RandomStep(std::uint64_t seed) : bits_(seed) {}

    [[nodiscard]] actors::StepInputs inputs();
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return bits_() % bound; }
    [[nodiscard]] bool flip() { return (bits_() & 1U) != 0; }
    [[nodiscard]] std::int64_t whole();
    [[nodiscard]] double real();
    [[nodiscard]] std::string text();
    [[nodiscard]] Symbol symbol();
    [[nodiscard]] Bar bar();
    [[nodiscard]] OrderEvent order_event();
    [[nodiscard]] Order order();
    template <class D>
    [[nodiscard]] D decimal() {
        if constexpr (sizeof(D) == 16) {
            const auto high = static_cast<int128>(whole());
            return D::from_units(flip() ? high : high * static_cast<int128>(1'000'000'007));
        } else {
            return D::from_units(whole());
        }
    }

  private:
    template <class Make>
    auto some(Make make) {
        std::vector<decltype(make())> list;
        for (auto left = below(4); left > 0; --left) list.push_back(make());
        return list;
    }
    actors::SlotBar slot_bar();

    std::mt19937_64 bits_;
};

// Equal in every field, doubles bit by bit.
[[nodiscard]] bool equal(const actors::StepInputs& a, const actors::StepInputs& b);

}  // namespace tradewind::test

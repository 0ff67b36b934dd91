#include "model/student_mixture.hpp"

#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "tests/catch.hpp"

namespace tradewind::model::test {

namespace {

constexpr std::array kLevels = {0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

double noise(std::uint64_t& state) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<double>(state >> 11U) * 0x1p-53;
}

StudentMixture random_mixture(std::uint64_t seed, std::size_t components) {
    std::uint64_t state = seed * 2 + 1;
    std::vector<StudentComponent> parts(components);
    double total = 0;
    for (StudentComponent& part : parts) {
        part = {noise(state), 2 + std::exp(8 * noise(state) - 4), 40 * noise(state) - 20,
                std::exp(6 * noise(state) - 4)};
        total += part.weight;
    }
    for (StudentComponent& part : parts) part.weight /= total;
    return StudentMixture(parts);
}

}  // namespace

TEST_CASE("quantiles of known distributions") {
    // Two degrees of freedom have a closed form; with many the normal distribution comes near.
    const StudentMixture two({{1, 2, 5, 3}});
    for (const double level : kLevels) {
        const double closed = (2 * level - 1) / std::sqrt(2 * level * (1 - level));
        CHECK(two.quantile(level) == Approx(5 + 3 * closed).epsilon(1e-13));
    }
    CHECK(two.quantile(0.999) == Approx(5 + 3 * 22.32712477).epsilon(1e-8));
    const StudentMixture many({{1, 1e7, 0, 1}});
    CHECK(many.quantile(0.9) == Approx(1.2815515655).epsilon(1e-6));
    // Four degrees of freedom, 0.9: from tables.
    CHECK(StudentMixture({{1, 4, 0, 1}}).quantile(0.9) == Approx(1.533206).epsilon(1e-6));
    // Two distant needles: the mass is where the weights say.
    const StudentMixture needles({{0.3, 5, -1000, 1e-3}, {0.7, 5, 1000, 1e-3}});
    CHECK(needles.quantile(0.2) == Approx(-1000).epsilon(1e-5));
    CHECK(needles.quantile(0.4) == Approx(1000).epsilon(1e-5));
    CHECK(needles.mean() == Approx(400));
}

TEST_CASE("the distribution function at a quantile is its level; quantiles ascend") {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        INFO(seed);
        const StudentMixture mixture = random_mixture(seed, 1 + seed % 24);
        std::array<double, 9> values{};
        mixture.quantiles(kLevels, values);
        for (std::size_t q = 0; q < values.size(); ++q) {
            CHECK(mixture.distribution(values[q]) == Approx(kLevels[q]).margin(1e-11));
            CHECK(mixture.quantile(kLevels[q]) == Approx(values[q]).epsilon(1e-9).margin(1e-9));
            if (q > 0) CHECK(values[q] > values[q - 1]);
        }
    }
}

TEST_CASE("head outputs become parameters") {
    const float freedom[] = {0.F, 30.F};
    const float location[] = {1.F, -1.F};
    const float scale[] = {-200.F, 0.F};
    const float weight[] = {1000.F, 1000.F + std::log(3.F)};
    const StudentMixture mixture(freedom, location, scale, weight);
    const auto& parts = mixture.components();
    CHECK(parts[0].freedom == Approx(2 + std::log(2.0)));
    CHECK(parts[1].freedom == 32.0);
    CHECK(parts[0].scale == std::numeric_limits<float>::epsilon());
    CHECK(parts[1].scale == Approx(std::log(2.0)));
    CHECK(parts[0].weight == Approx(0.25).epsilon(1e-4));
    CHECK(mixture.mean() == Approx(-0.5).epsilon(1e-4));
    const float broken[] = {std::numeric_limits<float>::quiet_NaN(), 0.F};
    CHECK(std::isnan(StudentMixture(freedom, broken, scale, weight).quantile(0.5)));
}

TEST_CASE("draws follow the distribution and depend on their key alone") {
    const StudentMixture mixture = random_mixture(7, 5);
    std::array<double, 9> deciles{};
    mixture.quantiles(kLevels, deciles);
    constexpr std::uint32_t kDraws = 20000;
    std::array<std::uint32_t, 9> below{};
    for (std::uint32_t i = 0; i < kDraws; ++i) {
        const double value = mixture.draw({42, 1, 3, i});
        for (std::size_t q = 0; q < deciles.size(); ++q) below[q] += value <= deciles[q] ? 1 : 0;
    }
    // Five standard deviations of a share.
    for (std::size_t q = 0; q < deciles.size(); ++q) {
        const double spread = 5 * std::sqrt(kLevels[q] * (1 - kLevels[q]) / kDraws);
        CHECK(below[q] / static_cast<double>(kDraws) == Approx(kLevels[q]).margin(spread));
    }
    const DrawKey key{42, 1, 3, 5};
    const std::set<double> different = {mixture.draw(key), mixture.draw({43, 1, 3, 5}),
                                        mixture.draw({42, 2, 3, 5}), mixture.draw({42, 1, 4, 5}),
                                        mixture.draw({42, 1, 3, 6})};
    CHECK(different.size() == 5);
    CHECK(mixture.draw(key) == mixture.draw(key));
}

}  // namespace tradewind::model::test

#include "model/input_preparation.hpp"

#include <cmath>
#include <limits>

#include "tests/catch.hpp"
#include "tests/model/random_bars.hpp"

namespace tradewind::model::test {

namespace {

struct Prepared {
    std::size_t points = 0;
    std::vector<double> values;
    std::vector<std::uint8_t> mask;
    bool usable = false;

    [[nodiscard]] double value(std::size_t channel, std::size_t point) const {
        return values[channel * points + point];
    }
    [[nodiscard]] bool observed(std::size_t channel, std::size_t point) const {
        return mask[channel * points + point] != 0;
    }
};

Prepared prepare(const BarSeries& series, std::uint32_t end, std::size_t context,
                 const InputConvention& convention) {
    Prepared prepared;
    prepared.points = prepared_points(context, 32, convention);
    prepared.values.resize(4 * prepared.points);
    prepared.mask.resize(4 * prepared.points);
    prepared.usable =
        prepare_channels(series, end, context, 32, convention, prepared.values, prepared.mask);
    return prepared;
}

}  // namespace

TEST_CASE("own moves stand right-aligned before the end") {
    const auto series = random_bars("AAA", 50, 1);
    const Prepared row = prepare(*series, 40, 128, {});
    REQUIRE(row.usable);
    REQUIRE(row.points == 128);
    CHECK(row.value(0, 127) ==
          series->bars[39].close.to_double() / series->bars[38].close.to_double() - 1);
    CHECK(row.value(2, 127) ==
          series->bars[39].low.to_double() / series->bars[38].low.to_double() - 1);
    CHECK(row.observed(3, 128 - 39));
    CHECK_FALSE(row.observed(3, 128 - 40));
    CHECK(row.value(3, 128 - 40) == 0);
}

TEST_CASE("anchored moves are taken from the close before, behind a code patch") {
    const auto series = random_bars("AAA", 300, 2);
    const InputConvention convention{InputForm::anchored, true, 512};
    const Prepared row = prepare(*series, 200, 128, convention);
    REQUIRE(row.usable);
    REQUIRE(row.points == 160);
    const double close = series->bars[198].close.to_double();
    CHECK(row.value(0, 159) == series->bars[199].close.to_double() / close - 1);
    CHECK(row.value(1, 159) == series->bars[199].high.to_double() / close - 1);
    CHECK(row.value(3, 159) == series->bars[199].open.to_double() / close - 1);
    const std::size_t code[] = {0, 16, 20, 24};
    for (std::size_t channel = 0; channel < 4; ++channel) {
        for (std::size_t point = 0; point < 32; ++point) {
            CHECK(row.observed(channel, point) == (point == code[channel]));
            CHECK(row.value(channel, point) == 0);
        }
        for (std::size_t point = 32; point < 160; ++point) CHECK(row.observed(channel, point));
    }
}

TEST_CASE("only bars before the end are looked at, and suspect bars are hidden") {
    const auto series = random_bars("AAA", 100, 3);
    auto changed = std::make_shared<BarSeries>(*series);
    for (std::size_t i = 60; i < 100; ++i) changed->bars[i].close = price_of(1);
    CHECK(prepare(*series, 60, 128, {}).values == prepare(*changed, 60, 128, {}).values);
    changed->bars[50].suspect = true;
    const Prepared row = prepare(*changed, 60, 128, {});
    CHECK(row.observed(0, 128 - 11));
    CHECK_FALSE(row.observed(0, 128 - 10));
    CHECK_FALSE(row.observed(0, 128 - 9));
    CHECK(row.observed(0, 128 - 8));
    changed->bars[55].low = Price{};
    CHECK_FALSE(prepare(*changed, 60, 128, {}).usable);
    CHECK(prepare(*changed, 55, 128, {}).usable);
}

TEST_CASE("step one converts exactly, later steps accumulate") {
    const auto series = random_bars("AAA", 40, 4);
    const std::uint32_t horizon = 3;
    std::vector<float> moves(9 * 4 * horizon);
    for (std::size_t q = 0; q < 9; ++q) {
        for (std::size_t i = 0; i < 4 * horizon; ++i) {
            moves[q * 4 * horizon + i] = 0.01F + 0.002F * static_cast<float>(q);
        }
    }
    std::vector<Deciles> own(4 * horizon);
    REQUIRE(to_cumulative_deciles(*series, 40, {}, moves, horizon, own));
    for (std::size_t q = 0; q < 9; ++q) CHECK(own[0][q] == moves[q * 4 * horizon]);
    const double median = moves[4 * 4 * horizon];
    CHECK(own[2 * 4][4] == Approx(std::pow(1 + median, 3) - 1).epsilon(1e-6));
    const double distance = (moves[8 * 4 * horizon] - median) / (1 + median);
    CHECK(own[2 * 4][8] ==
          Approx(std::pow(1 + median, 3) * (1 + distance * std::sqrt(3.0)) - 1).epsilon(1e-5));

    const InputConvention anchored{InputForm::anchored, false, 512};
    std::vector<Deciles> converted(4 * horizon);
    REQUIRE(to_cumulative_deciles(*series, 40, anchored, moves, horizon, converted));
    const Bar& last = series->bars[39];
    for (std::size_t q = 0; q < 9; ++q) {
        CHECK(converted[0][q] == own[0][q]);
        const double high = (1 + static_cast<double>(moves[q * 4 * horizon])) *
                                last.close.to_double() / last.high.to_double() -
                            1;
        CHECK(converted[1][q] == Approx(high).epsilon(1e-5).margin(1e-7));
    }
    for (const Deciles& deciles : converted) {
        for (std::size_t q = 1; q < 9; ++q) CHECK(deciles[q] >= deciles[q - 1]);
    }
    moves[5] = std::numeric_limits<float>::infinity();
    CHECK_FALSE(to_cumulative_deciles(*series, 40, {}, moves, horizon, own));
}

}  // namespace tradewind::model::test

#include "strategy/profit_kernel.hpp"

#include <algorithm>
#include <cmath>

#include "tests/catch.hpp"

using namespace tradewind::strategy;
using tradewind::test::law;

namespace {

struct Row {
    int number;
    double position, close, high, predicted_high, low, predicted_low;
    double to_target, to_close, conservative;
    const char* why;
};

// Source: strategies spec 3.1, f = 0.001, one fee side.
constexpr Row kTruthTable[] = {
    {1, +1, .01, .02, .015, -.02, -.01, .024, .019, .019, "entry and target hit"},
    {2, +1, .01, .02, .03, -.02, -.01, .019, .019, .019, "target missed"},
    {3, +1, .01, .02, .015, -.005, -.01, 0, 0, 0, "entry missed"},
    {4, +1, .01, .02, .02, -.01, -.01, 0, 0, 0, "equality is not a fill"},
    {5, -1, .01, .02, .015, -.02, -.01, .024, .004, .004, "short in and out"},
    {6, -1, .01, .02, .015, -.005, -.01, .004, .004, .004, "target missed, leave at close"},
    {7, -1, .01, .02, .02, -.02, -.01, 0, 0, 0, "predicted high at the high: not filled"},
    {8, +1, .018, .02, .015, -.02, -.01, .024, .027, .024, "close above target"},
    {9, +1, .01, .02, .015, -.02, +.01, .014, .009, .009, "predicted low clamped to 0"},
    {10, +1, .01, .02, -.01, -.02, -.01, .009, .019, .009, "predicted high clamped to 0"},
    {11, -2, .01, .02, .015, -.02, -.01, .048, .008, .008, "size scales profit and fee"},
    {12, 0, .01, .02, .015, -.02, -.01, 0, 0, 0, "flat"},
};

KernelOptions options(bool eod, Intrabar intrabar, double fee = 0.001, int sides = 1) {
    return {eod, fee, sides, intrabar, 0};
}

double fraction(int lowest, int highest) {
    return *rc::gen::inRange(lowest, highest) * 1e-4;
}

struct RandomDay {
    DayMoves day;
    Bracket predicted;
};
RandomDay random_day() {
    RandomDay random;
    random.day.low = fraction(-600, 300);
    random.day.high = random.day.low + fraction(0, 900);
    random.day.close = random.day.low + (random.day.high - random.day.low) * fraction(0, 10001);
    random.predicted = {fraction(-300, 600), fraction(-600, 300)};
    return random;
}

}  // namespace

TEST_CASE("kernel truth table", "[strategy][kernel]") {
    for (const Row& row : kTruthTable) {
        INFO("row " << row.number << ": " << row.why);
        const DayMoves day{row.close, row.high, row.low};
        const Bracket predicted{row.predicted_high, row.predicted_low};
        const auto profit = [&](bool eod, Intrabar intrabar, int sides) {
            return day_profit(day, predicted, row.position, options(eod, intrabar, 0.001, sides));
        };
        CHECK(profit(false, Intrabar::optimistic, 1) == Approx(row.to_target).margin(1e-15));
        CHECK(profit(true, Intrabar::optimistic, 1) == Approx(row.to_close).margin(1e-15));
        CHECK(profit(true, Intrabar::conservative, 1) == Approx(row.to_close).margin(1e-15));
        CHECK(profit(false, Intrabar::conservative, 1) == Approx(row.conservative).margin(1e-15));
        // H17: the second side of the round trip costs one more fee wherever there was a fill.
        const double second_fee =
            entry_filled(day, predicted, row.position, 0) ? 0.001 * std::abs(row.position) : 0;
        CHECK(profit(false, Intrabar::optimistic, 2) ==
              Approx(row.to_target - second_fee).margin(1e-15));
        CHECK(profit(false, Intrabar::conservative, 2) ==
              Approx(row.conservative - second_fee).margin(1e-15));
    }
}

TEST_CASE("row 12 holds for any moves", "[strategy][kernel]") {
    law("a flat position earns nothing", [] {
        const auto random = random_day();
        RC_ASSERT(day_profit(random.day, random.predicted, 0,
                             options(*rc::gen::arbitrary<bool>(), Intrabar::optimistic)) == 0);
    });
}

TEST_CASE("fill buffer: a limit fills only where the bar trades through it", "[strategy][kernel]") {
    const DayMoves day{0.0, 0.02, -0.0105};
    const Bracket predicted{0.019, -0.01};
    KernelOptions with_buffer = options(false, Intrabar::optimistic);
    CHECK(day_profit(day, predicted, 1, with_buffer) == Approx(0.028).margin(1e-15));
    // Limit 0.99, buffer 0.0005: the low has to be below 0.989505; it is 0.9895.
    with_buffer.fill_buffer = 0.0005;
    CHECK(entry_filled(day, predicted, 1, with_buffer.fill_buffer));
    CHECK(day_profit(day, predicted, 1, with_buffer) == Approx(0.028).margin(1e-15));
    with_buffer.fill_buffer = 0.00051;
    CHECK_FALSE(entry_filled(day, predicted, 1, with_buffer.fill_buffer));
    CHECK(day_profit(day, predicted, 1, with_buffer) == 0);
    // The target too: 1.019 x 1.001 is above the high of 1.02, so the trade ends at the close.
    with_buffer.fill_buffer = 0.001;
    CHECK(day_profit({0.0, 0.02, -0.02}, predicted, 1, with_buffer) == Approx(0.009).margin(1e-15));
}

TEST_CASE("held positions pay fee and financing", "[strategy][kernel]") {
    CHECK(held_profit(1, 0.01, 0.001, 0.065 / 252, 1) == Approx(0.009).margin(1e-15));
    CHECK(held_profit(-2, 0.01, 0.001, 0.065 / 252, 1) ==
          Approx(-0.022 - 0.065 / 252).margin(1e-15));
    CHECK(held_profit(50, 0.01, 0, 0, 1) == Approx(0.1).margin(1e-15));
    // Financing of 100,000 borrowed for a day: 25.79.
    CHECK(100000 * -held_profit(2, 0, 0, 0.065 / 252, 1) == Approx(25.79).margin(0.005));
}

TEST_CASE("kernel laws", "[strategy][kernel][law]") {
    law("scaling the position scales the profit", [] {
        const auto random = random_day();
        const double scale = fraction(1, 50000);
        const double side = *rc::gen::arbitrary<bool>() ? 1 : -1;
        const auto chosen = options(*rc::gen::arbitrary<bool>(), Intrabar::optimistic);
        RC_ASSERT(std::abs(day_profit(random.day, random.predicted, side * scale, chosen) -
                           scale * day_profit(random.day, random.predicted, side, chosen)) < 1e-12);
    });
    law("closing at the end of the day ignores the far side", [] {
        const auto random = random_day();
        const auto chosen = options(true, Intrabar::optimistic);
        const Bracket other_high{fraction(-300, 600), random.predicted.low};
        const Bracket other_low{random.predicted.high, fraction(-600, 300)};
        RC_ASSERT(day_profit(random.day, random.predicted, 1, chosen) ==
                  day_profit(random.day, other_high, 1, chosen));
        RC_ASSERT(day_profit(random.day, random.predicted, -1, chosen) ==
                  day_profit(random.day, other_low, -1, chosen));
    });
    law("conservative never exceeds optimistic; equal when the target is missed or closed beyond",
        [] {
            const auto random = random_day();
            const double side = *rc::gen::arbitrary<bool>() ? 1 : -1;
            const double careful = day_profit(random.day, random.predicted, side,
                                              options(false, Intrabar::conservative));
            const double hopeful = day_profit(random.day, random.predicted, side,
                                              options(false, Intrabar::optimistic));
            RC_ASSERT(careful <= hopeful);
            const double high = std::clamp(random.predicted.high, 0.0, 10.0);
            const double low = std::clamp(random.predicted.low, -1.0, 0.0);
            const bool missed = side > 0 ? high > random.day.high : low < random.day.low;
            const bool beyond = side > 0 ? random.day.close >= high : random.day.close <= low;
            if (missed || beyond) RC_ASSERT(careful == hopeful);
        });
}

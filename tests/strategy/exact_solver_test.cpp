#include "strategy/exact_solver.hpp"

#include <algorithm>
#include <random>

#include "strategy/maxdiff.hpp"
#include "tests/strategy/golden_fixture.hpp"
#include "tests/strategy/random_windows.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

struct ExactCase {
    const char* name;
    bool always_on;
    bool crypto;
    bool eod;
    double value;
    bool high_is_flat;
    double offset_high;
    double offset_low;
};

// Source: strategies spec 10.3, column "exact"; its offsets have six decimals or so.
constexpr ExactCase kLegacyCases[] = {
    {"stock", false, false, false, 0.0468932, false, -0.0066231, -0.0175021},
    {"stock, close", false, false, true, 0.0400655, false, 0.03, -0.0175021},
    {"crypto", false, true, false, 0.0824190, false, 0.0021486, -0.0175021},
    {"crypto, close", false, true, true, 0.0537761, true, 0, -0.0175021},
    {"always on, stock", true, false, false, 0.0931139, false, -0.0066231, -0.0175021},
    {"always on, crypto", true, true, false, 0.0824190, false, 0.0021486, -0.0175021},
    {"always on, crypto, close", true, true, true, 0.0537761, true, 0, -0.0175021},
};
constexpr double kExactTolerance = 5e-6;

KernelOptions kernel_of(bool crypto, bool eod, Intrabar intrabar, int sides) {
    return {eod, crypto ? 0.001 : 0.0005, sides, intrabar, 0};
}

}  // namespace

TEST_CASE("exact optima of the golden window", "[strategy][solver][golden]") {
    const auto days = legacy_window();
    for (const ExactCase& expected : kLegacyCases) {
        INFO(expected.name);
        const auto legs = expected.always_on ? always_on_legs(days, expected.crypto)
                                             : maxdiff_legs(days, expected.crypto);
        const auto options = kernel_of(expected.crypto, expected.eod, Intrabar::optimistic, 1);
        const OffsetFit fit = maximise_offsets(legs, options);
        check_close(fit.value, expected.value, kExactTolerance);
        check_close(fit.offset_low, expected.offset_low, kExactTolerance);
        if (expected.high_is_flat) {
            CHECK(fit.offset_high == 0.0);
        } else {
            check_close(fit.offset_high, expected.offset_high, kExactTolerance);
        }
        CHECK(fit.value ==
              Approx(total_profit(legs, options, fit.offset_high, fit.offset_low)).margin(1e-15));
    }
    const auto legs = always_on_legs(days, false);
    check_close(maximise_offsets(legs, kernel_of(false, true, Intrabar::optimistic, 1)).value,
                0.0463932, kExactTolerance);
}

TEST_CASE("exact optima beat the recorded searches", "[strategy][solver][golden]") {
    // The best points of the grid, DIRECT and the dense scan, re-evaluated with the kernel.
    struct Recorded {
        bool crypto, eod;
        double offset_high, offset_low, value;
    };
    const Recorded recorded[] = {
        {false, false, -0.0075, -0.016875, 0.0438850},
        {false, false, -0.006625684, -0.016666497, 0.0452166},
        {false, false, -0.006639232, -0.016625514, 0.0451076},
        {false, false, -0.00675, -0.0175, 0.0466350},
        {false, true, 0.03, -0.016875, 0.0388112},
        {false, true, 0.029999831, -0.016666497, 0.0383939},
        {false, true, 0.03, -0.0175, 0.0400612},
        {true, false, 0.001875, -0.016875, 0.0808911},
        {true, false, 0.001110603, -0.016666159, 0.0797090},
        {true, false, 0.002, -0.0175, 0.0822661},
        {true, true, -0.0225, -0.016875, 0.0525218},
        {true, true, 0.029995428, -0.016665143, 0.0521021},
        {true, true, 0, -0.0175, 0.0537718},
    };
    const auto days = legacy_window();
    for (const Recorded& point : recorded) {
        INFO("offsets " << point.offset_high << ", " << point.offset_low);
        const auto legs = maxdiff_legs(days, point.crypto);
        const auto options = kernel_of(point.crypto, point.eod, Intrabar::optimistic, 1);
        check_close(total_profit(legs, options, point.offset_high, point.offset_low), point.value,
                    kSum);
        CHECK(maximise_offsets(legs, options).value > point.value);
    }
}

TEST_CASE(
    "the dense scan finds the recorded points, differential evolution stays below the optimum",
    "[strategy][solver][golden]") {
    struct Recorded {
        bool crypto, eod;
        double dense, offset_high, offset_low, evolved;
        bool high_is_flat = false;
    };
    const Recorded recorded[] = {
        {false, false, 0.0466350, -0.00675, -0.0175, 0.0467865},
        {false, true, 0.0400612, 0.03, -0.0175, 0.0400651},
        {true, false, 0.0822661, 0.002, -0.0175, 0.0822575},
        {true, true, 0.0537718, 0, -0.0175, 0.0537754, true},
    };
    const auto days = legacy_window();
    for (const Recorded& expected : recorded) {
        INFO((expected.crypto ? "crypto" : "stock") << (expected.eod ? ", close" : ""));
        const auto legs = maxdiff_legs(days, expected.crypto);
        const auto options = kernel_of(expected.crypto, expected.eod, Intrabar::optimistic, 1);
        double best = -1;
        double high = 0;
        double low = 0;
        for (int i = 0; i <= 240; ++i) {
            for (int j = 0; j <= 240; ++j) {
                const double value =
                    total_profit(legs, options, -0.03 + i * 0.00025, -0.03 + j * 0.00025);
                if (value <= best + 1e-12) continue;
                best = value;
                high = -0.03 + i * 0.00025;
                low = -0.03 + j * 0.00025;
            }
        }
        check_close(best, expected.dense, kSum);
        check_close(low, expected.offset_low, 1e-12);
        if (!expected.high_is_flat) check_close(high, expected.offset_high, 1e-12);
        const double exact = maximise_offsets(legs, options).value;
        CHECK(exact >= best);
        CHECK(exact > expected.evolved - kPerDay);
    }
}

TEST_CASE("exact optimum is at least every random point, on random windows",
          "[strategy][solver][law]") {
    // 10,000 windows; each is compared with points of its own, 10,000 of them for the first ones.
    std::mt19937_64 random(20260218);
    std::uniform_real_distribution<double> offset(-0.03, 0.03);
    for (int window = 0; window < 10000; ++window) {
        const auto legs = random_legs(random, window % 2 == 1);
        const auto options = random_options(random);
        const OffsetFit fit = maximise_offsets(legs, options);
        const double slack = 2.0 * static_cast<double>(legs.size()) * kBreakpointStep;
        const int points = window < 40 ? 10000 : 40;
        double best = total_profit(legs, options, 0, 0);
        for (int i = 0; i < points; ++i) {
            best = std::max(best, total_profit(legs, options, offset(random), offset(random)));
        }
        if (fit.value < best - slack) {
            INFO("window " << window << ": exact " << fit.value << ", random " << best);
            CHECK(false);
        }
    }
    SUCCEED();
}

TEST_CASE("exact optimum is the best of all candidates, evaluated plainly",
          "[strategy][solver][law]") {
    // The same candidates, written down again from the definition and evaluated one by one.
    std::mt19937_64 random(7);
    for (int window = 0; window < 200; ++window) {
        const auto legs = random_legs(random, window % 2 == 1);
        const auto options = random_options(random);
        std::vector<double> highs{-0.03, 0.03, 0};
        std::vector<double> lows{-0.03, 0.03, 0};
        const auto add = [](std::vector<double>& axis, double offset) {
            for (const double v : {offset - 1e-6, offset, offset + 1e-6}) {
                if (v >= -0.03 && v <= 0.03) axis.push_back(v);
            }
        };
        for (const Leg& leg : legs) {
            const double up = kernel::reach_up(leg.realised.high, options.fill_buffer);
            const double down = kernel::reach_down(leg.realised.low, options.fill_buffer);
            for (const double v : {up, 0.0, leg.realised.close}) add(highs, v - leg.predicted.high);
            for (const double v : {down, 0.0, leg.realised.close}) add(lows, v - leg.predicted.low);
        }
        double best = -1e9;
        for (const double high : highs) {
            for (const double low : lows) {
                best = std::max(best, total_profit(legs, options, high, low));
            }
        }
        INFO("window " << window);
        check_close(maximise_offsets(legs, options).value, best,
                    2.0 * static_cast<double>(legs.size()) * kBreakpointStep);
    }
}

TEST_CASE("exact optimum does not depend on the order of days", "[strategy][solver][law]") {
    std::mt19937_64 random(11);
    for (int window = 0; window < 1000; ++window) {
        auto legs = random_legs(random, window % 2 == 1);
        const auto options = random_options(random);
        const OffsetFit fit = maximise_offsets(legs, options);
        std::shuffle(legs.begin(), legs.end(), random);
        const OffsetFit again = maximise_offsets(legs, options);
        REQUIRE(again.value == fit.value);
        REQUIRE(again.offset_high == fit.offset_high);
        REQUIRE(again.offset_low == fit.offset_low);
    }
}

TEST_CASE("a day without fill possibility changes nothing", "[strategy][solver][law]") {
    std::mt19937_64 random(13);
    for (int window = 0; window < 1000; ++window) {
        auto legs = random_legs(random, false);
        const auto options = random_options(random);
        const OffsetFit fit = maximise_offsets(legs, options);
        // No offset brings the limits of these into the bar.
        legs.push_back({{0.01, 0.02, 0.005}, {0.01, -0.01}, 1});
        legs.push_back({{-0.01, -0.005, -0.02}, {0.01, -0.01}, -1});
        legs.push_back({{0.01, 0.02, -0.02}, {0.01, -0.01}, 0});
        const OffsetFit again = maximise_offsets(legs, options);
        REQUIRE(again.value == fit.value);
        REQUIRE(again.offset_high == fit.offset_high);
        REQUIRE(again.offset_low == fit.offset_low);
    }
}

TEST_CASE("windows without a trade keep the offsets at zero", "[strategy][solver]") {
    const OffsetFit empty = maximise_offsets({}, {});
    CHECK(empty.value == 0);
    CHECK(empty.offset_high == 0);
    CHECK(empty.offset_low == 0);
}

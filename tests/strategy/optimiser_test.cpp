// The searches beside the exact solver: the recorded grid, DIRECT, and the law that neither is ever
// better. Source: strategies spec 3.6, 10.3, 10.4.
#include <cmath>
#include <numbers>

#include "messages/error.hpp"
#include "strategy/direct_search.hpp"
#include "strategy/maxdiff.hpp"
#include "strategy/offset_search.hpp"
#include "strategy/pctdiff.hpp"
#include "tests/strategy/golden_fixture.hpp"
#include "tests/strategy/random_windows.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

KernelOptions reference_kernel(bool crypto, bool eod) {
    return {eod, crypto ? 0.001 : 0.0005, 1, Intrabar::optimistic, 0};
}
std::vector<Leg> golden_legs(bool always_on, bool crypto) {
    const auto days = legacy_window();
    return always_on ? always_on_legs(days, crypto) : maxdiff_legs(days, crypto);
}
PctDiffOptions reference_pctdiff(bool crypto, Optimizer optimizer) {
    PctDiffOptions options;
    options.fee = crypto ? 0.001 : 0.0005;
    options.fee_sides = 1;
    options.intrabar = Intrabar::optimistic;
    options.periods_per_year = crypto ? 365 : 252;
    options.long_only = crypto;
    options.search.optimizer = optimizer;
    return options;
}

}  // namespace

TEST_CASE("the multi-stage grid finds the recorded points", "[strategy][optimiser][golden]") {
    struct Case {
        bool always_on, crypto, eod;
        double objective, value, offset_high, offset_low;
    };
    const Case cases[] = {
        {false, false, false, 0.0458850, 0.0438850, -0.0075, -0.016875},
        {false, false, true, 0.0388112, 0.0388112, 0.03, -0.016875},
        {false, true, false, 0.0818911, 0.0808911, 0.001875, -0.016875},
        {false, true, true, 0.0525218, 0.0525218, -0.0225, -0.016875},
        {true, false, false, 0.0906017, 0.0886017, -0.0075, -0.016875},
        {true, true, false, 0.0818911, 0.0808911, 0.001875, -0.016875},
    };
    for (const Case& expected : cases) {
        INFO((expected.always_on ? "always on " : "maxdiff ")
             << (expected.crypto ? "crypto" : "stock") << (expected.eod ? " eod" : ""));
        const auto legs = golden_legs(expected.always_on, expected.crypto);
        const auto options = reference_kernel(expected.crypto, expected.eod);
        const GridFit found = grid_offsets(legs, options, {}, GridFees::reference);
        check_close(found.objective, expected.objective, kSum);
        check_close(found.fit.value, expected.value, kSum);
        check_close(found.fit.offset_high, expected.offset_high, 1e-12);
        check_close(found.fit.offset_low, expected.offset_low, 1e-12);
        CHECK(found.fit.evaluations == 1089 + 289 + 81);
    }
}

TEST_CASE("the grid charges always on for a side that it could not sell",
          "[strategy][optimiser][golden]") {
    // A coin that is held to the close has the point and the value of maxdiff. The reference's rule
    // charges a touch of either level, and on two days that maxdiff stays out of only the high is
    // touched: what the search maximised is two fees less.
    const auto legs = golden_legs(true, true);
    const auto options = reference_kernel(true, true);
    const GridFit found = grid_offsets(legs, options, {}, GridFees::reference);
    check_close(found.fit.value, 0.0525218, kSum);
    check_close(found.fit.offset_low, -0.016875, 1e-12);
    check_close(found.objective, 0.0525218 - 2 * 0.001, kSum);
    int untraded = 0;
    for (const Leg& leg : golden_legs(false, true)) {
        untraded += leg.position == 0 && leg.predicted.high + 0.03 < leg.realised.high;
    }
    CHECK(untraded == 2);
    // With the one fee rule of the kernel the objective is the value.
    const GridFit kernel = grid_offsets(legs, options);
    check_close(kernel.objective, 0.0525218, kSum);
    check_close(kernel.fit.value, 0.0525218, kSum);
}

TEST_CASE("H24 the grid maximises the function that is reported", "[strategy][optimiser][hazard]") {
    for (const bool crypto : {false, true}) {
        for (const bool eod : {false, true}) {
            const auto legs = golden_legs(false, crypto);
            const auto options = reference_kernel(crypto, eod);
            const GridFit found = grid_offsets(legs, options);
            CHECK(found.objective == found.fit.value);
            CHECK(found.fit.value ==
                  total_profit(legs, options, found.fit.offset_high, found.fit.offset_low));
        }
    }
    // The reference's fee rule is another function: it claims four fees more than the kernel pays.
    const auto claimed = grid_offsets(golden_legs(false, false), reference_kernel(false, false), {},
                                      GridFees::reference);
    check_close(claimed.objective - claimed.fit.value, 4 * 0.0005, 1e-12);
    const SearchSettings chosen{Optimizer::grid, false, GridFees::kernel};
    const auto fit = fit_offsets(golden_legs(false, false), reference_kernel(false, false), {},
                                 chosen, kMaxDiffBudget);
    CHECK(fit.value >= claimed.fit.value);
    CHECK(SearchSettings{}.grid_fees == GridFees::kernel);
}

TEST_CASE("DIRECT on the golden window, as recorded with NLopt 2.7", "[strategy][optimiser]") {
    struct Case {
        bool always_on, crypto, eod;
        std::uint32_t budget;
        double value;
    };
    // Another implementation found 0.0452166, 0.0383939, 0.0797090, 0.0521021 with 500.
    const Case cases[] = {
        {false, false, false, 500, 0.0452173}, {false, false, true, 500, 0.0383945},
        {false, true, false, 500, 0.0797105},  {false, true, true, 500, 0.0521052},
        {true, false, false, 240, 0.0906001},  {true, false, true, 240, 0.0447173},
        {true, true, false, 240, 0.0797105},   {true, true, true, 240, 0.0521051},
        {false, false, false, 100, 0.0451990}, {false, true, true, 100, 0.0520960},
    };
    for (const Case& expected : cases) {
        const auto legs = golden_legs(expected.always_on, expected.crypto);
        const auto options = reference_kernel(expected.crypto, expected.eod);
        const OffsetFit fit = direct_offsets(legs, options, {}, expected.budget);
        INFO("value " << fit.value << ", " << fit.evaluations << " evaluations");
        // A later version of the library may order equal rectangles otherwise; never worse by much.
        check_close(fit.value, expected.value, 5e-6);
        CHECK(fit.evaluations >= expected.budget);
        CHECK(fit.evaluations <= expected.budget + 40);
        CHECK(fit.value < maximise_offsets(legs, options).value);
    }
}

TEST_CASE("DIRECT finds the minima of standard functions", "[strategy][optimiser]") {
    using std::numbers::pi;
    struct Case {
        const char* name;
        std::vector<double> lower, upper;
        double minimum, slack;
        double (*function)(std::span<const double>);
    };
    const auto branin = [](std::span<const double> z) {
        const double x = z[0];
        const double bend = z[1] - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6;
        return bend * bend + 10 * (1 - 1 / (8 * pi)) * std::cos(x) + 10;
    };
    const auto styblinski_tang = [](std::span<const double> z) {
        double sum = 0;
        for (const double v : z) sum += v * v * v * v - 16 * v * v + 5 * v;
        return sum / 2;
    };
    const auto rosenbrock = [](std::span<const double> z) {
        return 100 * (z[1] - z[0] * z[0]) * (z[1] - z[0] * z[0]) + (1 - z[0]) * (1 - z[0]);
    };
    const auto bowl = [](std::span<const double> z) {
        return (z[0] - 0.01) * (z[0] - 0.01) + (z[1] + 0.02) * (z[1] + 0.02);
    };
    const Case cases[] = {
        {"bowl", {-0.03, -0.03}, {0.03, 0.03}, 0, 1e-12, bowl},
        {"Branin", {-5, 0}, {10, 15}, 0.39788736, 1e-6, branin},
        {"Styblinski-Tang", {-4, -4}, {4, 4}, -78.3323314, 1e-4, styblinski_tang},
        {"Styblinski-Tang, four",
         {-4, -4, -4, -4},
         {4, 4, 4, 4},
         -156.6646628,
         1e-3,
         styblinski_tang},
        {"Rosenbrock", {-2, -1}, {2, 3}, 0, 1e-4, rosenbrock},
    };
    for (const Case& expected : cases) {
        INFO(expected.name);
        const std::uint32_t budget = expected.lower.size() == 4 ? 720 : 500;
        const auto found =
            maximise_direct([&](std::span<const double> z) { return -expected.function(z); },
                            expected.lower, expected.upper, {budget, true});
        CHECK(-found.value >= expected.minimum - 1e-7);
        check_close(-found.value, expected.minimum, expected.slack);
        CHECK(found.evaluations >= 100);
        const auto again =
            maximise_direct([&](std::span<const double> z) { return -expected.function(z); },
                            expected.lower, expected.upper, {budget, true});
        CHECK(again.point == found.point);
        CHECK(again.value == found.value);
        // Without the local bias the rectangles differ, the minimum does not.
        const auto global =
            maximise_direct([&](std::span<const double> z) { return -expected.function(z); },
                            expected.lower, expected.upper, {budget, false});
        CHECK(global.point != found.point);
        check_close(-global.value, expected.minimum, 0.25);
    }
}

TEST_CASE("an exception of the objective reaches the caller of DIRECT", "[strategy][optimiser]") {
    const std::vector<double> lower{-1, -1};
    const std::vector<double> upper{1, 1};
    int calls = 0;
    const auto faulty = [&calls](std::span<const double>) -> double {
        if (++calls == 7) throw Error(ErrorKind::usage, "objective", {}, "seventh call", "none");
        return 0;
    };
    CHECK_THROWS_AS(maximise_direct(faulty, lower, upper), Error);
    CHECK(calls == 7);
    CHECK_THROWS_AS(maximise_direct(faulty, lower, lower), InvariantBroken);
}

TEST_CASE("pctdiff: the coarse grid finds the recorded points, DIRECT does not beat the exact fit",
          "[strategy][optimiser][golden]") {
    const auto days = legacy_window();
    const auto stock = pctdiff_strategy(days, reference_pctdiff(false, Optimizer::grid));
    check_close(stock.metrics.total, 0.1359174, kSum);
    check_close(stock.parameters.low_factor, -0.02, 1e-12);
    check_close(stock.parameters.high_factor, 0.02, 1e-12);
    check_close(stock.parameters.long_target, 0.0416667, kPerDay);
    check_close(stock.parameters.short_target, 0.032, 1e-12);
    CHECK(stock.evaluations == 7 * 7 * 10 * 10);
    const auto coin = pctdiff_strategy(days, reference_pctdiff(true, Optimizer::grid));
    check_close(coin.metrics.total, 0.0872542, kSum);
    check_close(coin.parameters.low_factor, -0.02, 1e-12);
    check_close(coin.parameters.high_factor, -0.03, 1e-12);
    check_close(coin.parameters.long_target, 0.0416667, kPerDay);
    check_close(coin.parameters.short_target, 0.003, 1e-12);
    for (const bool crypto : {false, true}) {
        const auto searched = pctdiff_strategy(days, reference_pctdiff(crypto, Optimizer::direct));
        const auto exact = pctdiff_strategy(days, reference_pctdiff(crypto, Optimizer::exact));
        CHECK(searched.evaluations >= 500);
        CHECK(searched.metrics.total > 0.1);
        CHECK(exact.metrics.total > searched.metrics.total);
        // (W + 1)(W + 2) evaluations per leg at most.
        CHECK(exact.evaluations <= 2 * 7 * 8);
    }
}

TEST_CASE("no search beats the exact solver, on ten thousand random windows",
          "[strategy][optimiser][law]") {
    std::mt19937_64 random(20260318);
    std::uint32_t worst = 0;
    for (int window = 0; window < 10000; ++window) {
        const auto legs = random_legs(random, window % 2 == 1);
        const auto options = random_options(random);
        const double slack = 2.0 * static_cast<double>(legs.size()) * kBreakpointStep;
        const double exact = maximise_offsets(legs, options).value;
        const std::uint32_t budget = window % 10 == 0 ? kMaxDiffBudget : kFastBudget;
        const double direct = direct_offsets(legs, options, {}, budget).value;
        // Its whole grid costs ten searches: every tenth window.
        const double grid = window % 10 == 0 ? grid_offsets(legs, options).fit.value : direct;
        if (exact < std::max(direct, grid) - slack) {
            INFO("window " << window << ": exact " << exact << ", DIRECT " << direct << ", grid "
                           << grid);
            CHECK(false);
            ++worst;
        }
    }
    CHECK(worst == 0);
}

TEST_CASE("no search beats the exact fit of pctdiff, on random windows",
          "[strategy][optimiser][law]") {
    std::mt19937_64 random(31);
    std::uniform_int_distribution<int> coin(0, 1);
    std::uniform_real_distribution<double> factor(-0.03, 0.03);
    std::uniform_real_distribution<double> target(0.003, 0.09);
    for (int window = 0; window < 10000; ++window) {
        const auto days = random_days(random);
        PctDiffOptions options;
        options.fee = 0.0005 * coin(random);
        options.intrabar = coin(random) ? Intrabar::optimistic : Intrabar::conservative;
        options.fill_buffer = 0.0005 * coin(random);
        options.long_only = coin(random) == 1;
        const double exact = pctdiff_strategy(days, options).metrics.total;
        double best = -1e9;
        for (int i = 0; i < 40; ++i) {
            const PctDiffParameters point{factor(random), factor(random), target(random),
                                          target(random)};
            best = std::max(best, evaluate_pctdiff(days, point, options).metrics.total);
        }
        if (window % 50 == 0) {
            options.search.optimizer = Optimizer::direct;
            best = std::max(best, pctdiff_strategy(days, options).metrics.total);
            options.search.optimizer = Optimizer::grid;
            best = std::max(best, pctdiff_strategy(days, options).metrics.total);
        }
        if (exact < best - 1e-9) {
            INFO("window " << window << ": exact " << exact << ", searched " << best);
            CHECK(false);
        }
    }
    SUCCEED();
}

TEST_CASE("H18 pctdiff grants a target inside the bar only if the close proves it",
          "[strategy][hazard]") {
    AlignedDay day;
    day.predicted = {0.02, -0.01};
    day.limit_predicted = {0.02, -0.01};
    day.realised = day.limit_bar = {0.0, 0.03, -0.02};
    const std::vector<AlignedDay> days{day};
    PctDiffOptions options;
    options.intrabar = Intrabar::optimistic;
    const PctDiffParameters point{0, 0, 0.015, 0.015};
    // Entry 0.99, target 1.00485; the bar reaches 1.03 and closes at 1.00.
    check_close(evaluate_pctdiff(days, point, options).metrics.total, 0.015, 1e-12);
    options.intrabar = Intrabar::conservative;
    check_close(evaluate_pctdiff(days, point, options).metrics.total, 1 / 0.99 - 1, 1e-12);
    CHECK(PctDiffOptions{}.intrabar == Intrabar::conservative);
    // A buffer that the bar does not trade through makes no entry: 0.99 x 0.9894 < 0.98.
    options.fill_buffer = 0.0106;
    CHECK(evaluate_pctdiff(days, point, options).entries == 0);
    options.fill_buffer = 0.0100;
    CHECK(evaluate_pctdiff(days, point, options).entries == 1);
}

// Time per call of the exact solver beside the searches, on windows of seven days; and of a whole
// simulation: MaxDiff and always on (two variants each) with PctDiff. Measured by hand:
// build/tests/bench_optimisers. `value` is the mean objective that was found, `evaluations` the
// mean number of objective calls.
#include <benchmark/benchmark.h>

#include "strategy/maxdiff.hpp"
#include "strategy/pctdiff.hpp"
#include "tests/strategy/random_windows.hpp"

using namespace tradewind;
using namespace tradewind::strategy;

namespace {

constexpr std::size_t kWindows = 64;

std::vector<std::vector<AlignedDay>> windows() {
    std::mt19937_64 random(7);
    std::vector<std::vector<AlignedDay>> all;
    while (all.size() < kWindows) {
        auto days = test::random_days(random);
        if (days.size() == 7) all.push_back(std::move(days));
    }
    return all;
}

SearchSettings search_of(Optimizer optimizer) {
    SearchSettings search;
    search.optimizer = optimizer;
    return search;
}

BracketOptions bracket_of(Optimizer optimizer) {
    BracketOptions options;
    options.fee = 0.001;
    options.fill_buffer = 0.0005;
    options.search = search_of(optimizer);
    return options;
}

PctDiffOptions pctdiff_of(Optimizer optimizer) {
    PctDiffOptions options;
    options.fee = 0.001;
    options.fill_buffer = 0.0005;
    options.search = search_of(optimizer);
    return options;
}

void report(benchmark::State& state, double value, std::uint64_t evaluations) {
    const auto calls = static_cast<double>(state.iterations());
    state.counters["value"] = value / calls;
    state.counters["evaluations"] = static_cast<double>(evaluations) / calls;
}

void maxdiff_offsets(benchmark::State& state, Optimizer optimizer) {
    std::vector<std::vector<Leg>> legs;
    for (const auto& days : windows()) legs.push_back(maxdiff_legs(days, false));
    const auto kernel = bracket_of(optimizer).kernel(false);
    double value = 0;
    std::uint64_t evaluations = 0;
    std::size_t i = 0;
    for (auto _ : state) {
        const OffsetFit fit =
            fit_offsets(legs[i++ % kWindows], kernel, {}, search_of(optimizer), kMaxDiffBudget);
        value += fit.value;
        evaluations += fit.evaluations;
    }
    report(state, value, evaluations);
}

void pctdiff_fit(benchmark::State& state, Optimizer optimizer) {
    const auto all = windows();
    double value = 0;
    std::uint64_t evaluations = 0;
    std::size_t i = 0;
    for (auto _ : state) {
        const auto result = pctdiff_strategy(all[i++ % kWindows], pctdiff_of(optimizer));
        value += result.metrics.total;
        evaluations += result.evaluations;
    }
    report(state, value, evaluations);
}

void simulation(benchmark::State& state, Optimizer optimizer) {
    const auto all = windows();
    double value = 0;
    std::size_t i = 0;
    for (auto _ : state) {
        const auto& days = all[i++ % kWindows];
        value += maxdiff_strategy(days, bracket_of(optimizer)).optimised.total;
        value += always_on_strategy(days, bracket_of(optimizer)).optimised.total;
        value += pctdiff_strategy(days, pctdiff_of(optimizer)).metrics.total;
    }
    report(state, value, 0);
}

BENCHMARK_CAPTURE(maxdiff_offsets, exact, Optimizer::exact);
BENCHMARK_CAPTURE(maxdiff_offsets, direct_500, Optimizer::direct);
BENCHMARK_CAPTURE(maxdiff_offsets, grid_33_17_9, Optimizer::grid);
BENCHMARK_CAPTURE(pctdiff_fit, exact, Optimizer::exact);
BENCHMARK_CAPTURE(pctdiff_fit, direct_720, Optimizer::direct);
BENCHMARK_CAPTURE(pctdiff_fit, grid_7_7_10_10, Optimizer::grid);
BENCHMARK_CAPTURE(simulation, exact, Optimizer::exact);
BENCHMARK_CAPTURE(simulation, direct, Optimizer::direct);
BENCHMARK_CAPTURE(simulation, grid, Optimizer::grid);

}  // namespace

BENCHMARK_MAIN();

// The properties that hold for any input, one law each, numbered as in the spec. The fourteenth is
// the gateway's (tests/orders). Source: strategies spec 10.8.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "strategy/offset_search.hpp"
#include "strategy/pctdiff.hpp"
#include "tests/strategy/hazard_maker.hpp"
#include "tests/strategy/random_windows.hpp"

using namespace tradewind;
using namespace tradewind::strategy;
using namespace tradewind::test;

namespace {

std::mt19937_64 drawn() {
    return std::mt19937_64(*rc::gen::arbitrary<std::uint64_t>());
}
Leg drawn_leg(std::mt19937_64& random) {
    return random_legs(random, false).front();
}
double slack_of(const std::vector<Leg>& legs) {
    return 2.0 * static_cast<double>(legs.size()) * kBreakpointStep;
}
BarSeriesPtr drawn_series(std::size_t bars) {
    const auto seed = *rc::gen::arbitrary<std::uint64_t>();
    return std::make_shared<BarSeries>(random_series(seed, bars));
}

}  // namespace

TEST_CASE("property 1: profit scales with the position", "[strategy][law]") {
    law("P(a p) = a P(p)", [] {
        auto random = drawn();
        const Leg leg = drawn_leg(random);
        const auto options = random_options(random);
        const double a = *rc::gen::inRange(1, 1000) * 0.01;
        const double side = *rc::gen::element(-1.0, 1.0);
        RC_ASSERT(std::abs(day_profit(leg.realised, leg.predicted, a * side, options) -
                           a * day_profit(leg.realised, leg.predicted, side, options)) < 1e-12);
    });
}

TEST_CASE("property 2: a flat position earns nothing", "[strategy][law]") {
    law("P(0) = 0", [] {
        auto random = drawn();
        const Leg leg = drawn_leg(random);
        RC_ASSERT(day_profit(leg.realised, leg.predicted, 0, random_options(random)) == 0);
    });
}

TEST_CASE("property 3: both legs earn the sum of each", "[strategy][law]") {
    law("long only + short only = the pair", [] {
        auto random = drawn();
        const auto pair = random_legs(random, true);
        const auto options = random_options(random);
        std::vector<Leg> longs;
        std::vector<Leg> shorts;
        for (const Leg& leg : pair) (leg.position > 0 ? longs : shorts).push_back(leg);
        const double high = *rc::gen::inRange(-300, 300) * 1e-4;
        const double low = *rc::gen::inRange(-300, 300) * 1e-4;
        RC_ASSERT(std::abs(total_profit(pair, options, high, low) -
                           total_profit(longs, options, high, low) -
                           total_profit(shorts, options, high, low)) < 1e-12);
    });
}

TEST_CASE("property 4: closing at the end of the day ignores the target", "[strategy][law]") {
    law("eod: a long does not feel the high, a short not the low", [] {
        auto random = drawn();
        const Leg leg = drawn_leg(random);
        auto options = random_options(random);
        options.close_at_end_of_day = true;
        const double other = *rc::gen::inRange(-500, 500) * 1e-4;
        RC_ASSERT(day_profit(leg.realised, leg.predicted, 1, options) ==
                  day_profit(leg.realised, {other, leg.predicted.low}, 1, options));
        RC_ASSERT(day_profit(leg.realised, leg.predicted, -1, options) ==
                  day_profit(leg.realised, {leg.predicted.high, other}, -1, options));
    });
}

TEST_CASE("property 5: conservative is never above optimistic", "[strategy][law]") {
    law("conservative <= optimistic; equal where the target is missed or the close lies beyond",
        [] {
            auto random = drawn();
            const Leg leg = drawn_leg(random);
            auto careful = random_options(random);
            careful.intrabar = Intrabar::conservative;
            auto hopeful = careful;
            hopeful.intrabar = Intrabar::optimistic;
            for (const double side : {-1.0, 1.0}) {
                const double less = day_profit(leg.realised, leg.predicted, side, careful);
                const double more = day_profit(leg.realised, leg.predicted, side, hopeful);
                // With a buffer the close may lie beyond a target that the bar does not quite
                // reach.
                if (careful.fill_buffer == 0) RC_ASSERT(less <= more);
                const double target = side > 0 ? kernel::clamp_high(leg.predicted.high)
                                               : kernel::clamp_low(leg.predicted.low);
                const bool missed =
                    side > 0 ? target > leg.realised.high : target < leg.realised.low;
                if (missed) RC_ASSERT(less == more);
            }
        });
}

TEST_CASE("property 6: the exact optimum is at least everything that was tried",
          "[strategy][law]") {
    law("exact >= 10,000 random points, grid and DIRECT", [] {
        auto random = drawn();
        const auto legs = random_legs(random, *rc::gen::arbitrary<bool>());
        const auto options = random_options(random);
        std::uniform_real_distribution<double> offset(-0.03, 0.03);
        double best = std::max(grid_offsets(legs, options).fit.value,
                               direct_offsets(legs, options, {}, kMaxDiffBudget).value);
        for (int i = 0; i < 10000; ++i) {
            best = std::max(best, total_profit(legs, options, offset(random), offset(random)));
        }
        RC_ASSERT(maximise_offsets(legs, options).value >= best - slack_of(legs));
    });
}

TEST_CASE("property 7: the optimum does not depend on the order of days", "[strategy][law]") {
    law("permuted days give the same offsets, bit for bit", [] {
        auto random = drawn();
        auto legs = random_legs(random, *rc::gen::arbitrary<bool>());
        auto days = random_days(random);
        const auto options = random_options(random);
        const OffsetFit fit = maximise_offsets(legs, options);
        const auto pctdiff = pctdiff_strategy(days, {});
        std::shuffle(legs.begin(), legs.end(), random);
        std::shuffle(days.begin(), days.end(), random);
        const OffsetFit again = maximise_offsets(legs, options);
        RC_ASSERT(again.value == fit.value);
        RC_ASSERT(again.offset_high == fit.offset_high);
        RC_ASSERT(again.offset_low == fit.offset_low);
        const auto shuffled = pctdiff_strategy(days, {});
        RC_ASSERT(shuffled.parameters.low_factor == pctdiff.parameters.low_factor);
        RC_ASSERT(shuffled.parameters.high_factor == pctdiff.parameters.high_factor);
        RC_ASSERT(shuffled.parameters.long_target == pctdiff.parameters.long_target);
        RC_ASSERT(shuffled.parameters.short_target == pctdiff.parameters.short_target);
        RC_ASSERT(std::abs(shuffled.metrics.total - pctdiff.metrics.total) < 1e-12);
    });
}

TEST_CASE("property 8: a day that cannot fill changes nothing", "[strategy][law]") {
    law("a bar above every long limit and below every short limit", [] {
        auto random = drawn();
        auto legs = random_legs(random, false);
        const auto options = random_options(random);
        const OffsetFit fit = maximise_offsets(legs, options);
        const double gap = *rc::gen::inRange(1, 500) * 1e-4;
        // The low stays above the clamp of every long limit, the high below that of every short.
        legs.push_back({{gap + 0.02, gap + 0.03, gap}, {0.01, -0.01}, 1});
        legs.push_back({{-gap - 0.02, -gap, -gap - 0.03}, {0.01, -0.01}, -1});
        const OffsetFit again = maximise_offsets(legs, options);
        RC_ASSERT(again.value == fit.value);
        RC_ASSERT(again.offset_high == fit.offset_high);
        RC_ASSERT(again.offset_low == fit.offset_low);
    });
}

TEST_CASE("property 9: metrics ignore order; Sharpe scales with the root of the year",
          "[strategy][law]") {
    law("E is invariant under permutation", [] {
        auto returns = *rc::gen::container<std::vector<double>>(
            rc::gen::map(rc::gen::inRange(-900, 900), [](int bp) { return bp * 1e-4; }));
        const auto year = *rc::gen::element(252.0, 365.0);
        const auto before = summed_metrics(returns, year);
        RC_ASSERT(std::abs(before.sharpe - summed_metrics(returns, 1).sharpe * std::sqrt(year)) <
                  1e-9 * (1 + std::abs(before.sharpe)));
        auto random = drawn();
        std::shuffle(returns.begin(), returns.end(), random);
        const auto after = summed_metrics(returns, year);
        RC_ASSERT(std::abs(before.total - after.total) < 1e-12);
        RC_ASSERT(std::abs(before.average - after.average) < 1e-12);
        RC_ASSERT(std::abs(before.sharpe - after.sharpe) < 1e-6 * (1 + std::abs(before.sharpe)));
    });
}

TEST_CASE("property 10: no bar from a day on reaches that day's forecast or decision",
          "[strategy][law]") {
    law("changed future, same row", [] {
        const auto series = drawn_series(100);
        const auto day = *rc::gen::inRange<std::size_t>(70, 100);
        auto changed = std::make_shared<BarSeries>(*series);
        for (std::size_t i = day; i < changed->bars.size(); ++i) {
            Bar& bar = changed->bars[i];
            bar.high = bar.high + bar.high;
            bar.close = *rc::gen::arbitrary<bool>() ? bar.high : bar.low;
        }
        const auto decide = [day](const BarSeriesPtr& bars) {
            const auto forecasts = stub_forecasts(*bars);
            AnalysisInput input = input_of(bars, forecasts);
            input.snapshot.visible = day;
            RowCache cache;
            return analyse_symbol(input, forecasts, cache, facts_now(), quick_settings());
        };
        const auto live = static_cast<std::uint32_t>(day);
        RC_ASSERT(stub_forecast(*series, live) == stub_forecast(*changed, live));
        RC_ASSERT(same(decide(series), decide(changed)));
    });
}

TEST_CASE("property 11: any number of workers gives the sequential rows", "[strategy][law]") {
    law("parallel = sequential", [] {
        std::vector<BarSeriesPtr> all;
        for (int i = 0; i < 4; ++i) all.push_back(drawn_series(80));
        std::vector<AnalysisRow> sequential;
        for (const auto& series : all) sequential.push_back(analyse(series));
        const auto workers = *rc::gen::inRange<std::size_t>(1, 5);
        std::vector<AnalysisRow> parallel(all.size());
        std::vector<std::thread> threads;
        for (std::size_t worker = 0; worker < workers; ++worker) {
            threads.emplace_back([&all, &parallel, worker, workers] {
                for (std::size_t i = worker; i < all.size(); i += workers) {
                    parallel[i] = analyse(all[i]);
                }
            });
        }
        for (auto& thread : threads) thread.join();
        for (std::size_t i = 0; i < all.size(); ++i) RC_ASSERT(same(parallel[i], sequential[i]));
    });
}

TEST_CASE("property 12: cached rows equal computed ones", "[strategy][law]") {
    law("cached = uncached, one new row a day", [] {
        const auto series = drawn_series(90);
        const auto forecasts = stub_forecasts(*series);
        const auto settings = quick_settings();
        RowCache kept;
        for (std::size_t visible = 80; visible <= 90; visible += *rc::gen::inRange(1, 4)) {
            AnalysisInput input = input_of(series, forecasts);
            input.snapshot.visible = visible;
            RowCache fresh;
            RC_ASSERT(same(analyse_symbol(input, forecasts, kept, facts_now(), settings),
                           analyse_symbol(input, forecasts, fresh, facts_now(), settings)));
        }
    });
}

TEST_CASE("property 13: permuting rows does not change the picks", "[strategy][law]") {
    law("the portfolio is a function of the set of rows", [] {
        auto random = drawn();
        std::uniform_int_distribution<int> coarse(-2, 4);  // many ties
        std::vector<AnalysisRow> rows;
        const int count = *rc::gen::inRange(1, 14);
        for (int i = 0; i < count; ++i) {
            AnalysisRow row = good_row("S" + std::to_string(i));
            row.selected = coarse(random) > -2;
            row.trade_blocked = coarse(random) == -1;
            row.composite_score = 0.001 * coarse(random);
            row.edge_strength = 0.001 * coarse(random);
            row.expected_move_pct = 0.01;
            for (auto& result : row.strategies) {
                result.avg_return = 0.001 * coarse(random);
                result.forecast_pnl = 0.001 * coarse(random);
            }
            rows.push_back(row);
        }
        PortfolioSettings settings{2, 5, 4};
        settings.simplified = *rc::gen::arbitrary<bool>();
        const std::set<Symbol> probing{Symbol("S1"), Symbol("S3")};
        const auto names = [&] {
            std::vector<Symbol> picks;
            for (const std::size_t i : build_portfolio(rows, settings, probing).picks) {
                picks.push_back(rows[i].symbol);
            }
            return picks;
        };
        const auto before = names();
        const auto reasons = build_portfolio(rows, settings, probing).reasons;
        std::shuffle(rows.begin(), rows.end(), random);
        RC_ASSERT(names() == before);
        RC_ASSERT(build_portfolio(rows, settings, probing).reasons == reasons);
        RC_ASSERT(before.size() + reasons.size() == rows.size());
    });
}

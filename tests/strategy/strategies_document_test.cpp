// The worked examples of docs/strategies.md are what the strategies compute: seven daily bars of
// one stock, a stub model whose forecast of a move is half the last one, realistic rules.
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>
#include <span>
#include <string>
#include <vector>

#include "strategy/directional.hpp"
#include "strategy/maxdiff.hpp"
#include "strategy/pctdiff.hpp"
#include "tests/strategy/golden_fixture.hpp"
#include "tests/test_data.hpp"

using namespace tradewind;
using namespace tradewind::strategy;

namespace {

constexpr const char* kHeader =
    "| day | 03-10 | 03-11 | 03-12 | 03-13 | 03-16 | 03-17 | 03-18 |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- |\n";

std::string row(const std::string& name, std::span<const double> values, const char* format,
                double scale = 1) {
    std::string text = "| " + name + " |";
    for (const double value : values) {
        std::array<char, 32> cell{};
        std::snprintf(cell.data(), cell.size(), value == 0 ? "0" : format, value * scale);
        text += std::string(" ") + cell.data() + " |";
    }
    return text + "\n";
}

std::string in_percent(const char* name, double value) {
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%s %+.2f %%", name, value * 100);
    return text.data();
}

std::string table(const std::vector<double>& sides, const std::vector<double>& returns) {
    return kHeader + row("side", sides, "%+.0f") + row("return %", returns, "%+.2f", 100);
}

template <class Member>
std::vector<double> column(std::span<const AlignedDay> days, Member&& member) {
    std::vector<double> values;
    for (const AlignedDay& day : days) values.push_back(member(day));
    return values;
}

std::vector<double> sides_of(std::span<const AlignedDay> days) {
    return column(days, [](const AlignedDay& day) { return bracket_position(day, false); });
}

std::string document() {
    std::ifstream file(test::test_data("../docs/strategies.md"));
    return {std::istreambuf_iterator<char>(file), {}};
}

void must_show(const std::string& example) {
    INFO("docs/strategies.md must show:\n" << example);
    CHECK(document().find(example) != std::string::npos);
}

TradingCosts costs() {
    TradingCosts costs;
    costs.fee = 0.0005;
    costs.spread_ratio = 1.0002;
    return costs;
}

BracketOptions bracket_options() {
    BracketOptions options;
    options.fee = 0.0005;
    return options;
}

}  // namespace

TEST_CASE("the strategies' document shows the days of its examples", "[document]") {
    const auto days = test::exact_window();
    must_show(
        kHeader +
        row("close %", column(days, [](auto& d) { return d.realised.close; }), "%+.2f", 100) +
        row("high %", column(days, [](auto& d) { return d.realised.high; }), "%+.2f", 100) +
        row("low %", column(days, [](auto& d) { return d.realised.low; }), "%+.2f", 100) +
        row("forecast close %", column(days, [](auto& d) { return d.predicted_close; }), "%+.2f",
            100) +
        row("forecast high %", column(days, [](auto& d) { return d.predicted.high; }), "%+.2f",
            100) +
        row("forecast low %", column(days, [](auto& d) { return d.predicted.low; }), "%+.2f", 100));
}

TEST_CASE("the strategies' document shows what the directional family earns", "[document]") {
    auto days = test::exact_window();
    const auto shown = [](const DirectionalResult& result) {
        must_show(table(result.signals, result.returns) + "\n" +
                  in_percent("Total", result.metrics.total));
    };
    shown(simple_strategy(days, costs()));
    shown(all_signals_strategy(days, costs()));
    shown(buy_and_hold_signals(days, costs()));
    shown(unprofit_shutdown_strategy(days, costs()));
    shown(take_profit_strategy(days, costs()));
    shown(high_low_strategy(days, costs()));
    for (auto& day : days) day.close_band = 0.003;
    shown(ci_guard_strategy(days, costs()));
}

TEST_CASE("the strategies' document shows what the bracket strategies earn", "[document]") {
    const auto days = test::exact_window();
    const auto shown = [](const std::string& sides, const BracketResult& result) {
        must_show(kHeader + sides + row("without offsets %", result.base_returns, "%+.2f", 100) +
                  row("with offsets %", result.returns, "%+.2f", 100) + "\n" +
                  in_percent("Offset of the high", result.choice.fit.offset_high) + ", " +
                  in_percent("of the low", result.choice.fit.offset_low) + ", " +
                  (result.choice.close_at_end_of_day ? "leaving at the close"
                                                     : "waiting for the target") +
                  ". " + in_percent("Without", result.base.total) + ", " +
                  in_percent("with", result.optimised.total) + ", " +
                  in_percent("reported", result.reported.total));
    };
    shown(row("side", sides_of(days), "%+.0f"), maxdiff_strategy(days, bracket_options()));
    shown("", always_on_strategy(days, bracket_options()));
}

TEST_CASE("the strategies' document shows what pctdiff earns", "[document]") {
    const auto days = test::exact_window();
    PctDiffOptions options;
    options.fee = 0.0005;
    const auto result = pctdiff_strategy(days, options);
    const auto& fit = result.parameters;
    must_show(table(sides_of(days), result.returns) + "\n" +
              in_percent("Low factor", fit.low_factor) + ", " +
              in_percent("high factor", fit.high_factor) + ", " +
              in_percent("long target", fit.long_target) + ", " +
              in_percent("short target", fit.short_target) + ". " +
              in_percent("Total", result.metrics.total));
}

#include "tools/parameter_search.hpp"

#include <set>
#include <string>
#include <vector>

#include "messages/error.hpp"
#include "tests/catch.hpp"

using namespace tradewind;
using namespace tradewind::tools;

namespace {

std::vector<SearchAxis> axes_of(std::size_t a, std::size_t b, std::size_t c) {
    std::vector<SearchAxis> axes{{"a", {}}, {"b", {}}, {"c", {}}};
    const std::size_t counts[] = {a, b, c};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        for (std::size_t i = 0; i < counts[axis]; ++i) {
            axes[axis].values.push_back(std::to_string(i));
        }
    }
    return axes;
}

}  // namespace

TEST_CASE("an axis is a list or a range", "[sweep]") {
    CHECK(parse_axis("fast=5,10,x").values == std::vector<std::string>{"5", "10", "x"});
    CHECK(parse_axis("fast=5:20:5").values == std::vector<std::string>{"5", "10", "15", "20"});
    CHECK(parse_axis("f=0.1:0.35:0.1").values == std::vector<std::string>{"0.1", "0.2", "0.3"});
    CHECK(parse_axis("f=-1:1:1").values == std::vector<std::string>{"-1", "0", "1"});
    CHECK(parse_axis("risk.gross_exposure=1,2").is_setting());
    CHECK_FALSE(parse_axis("fast=1").is_setting());
    for (const char* text : {"", "fast", "=5", "fast=", "fast=1,,2", "fast=1,1", "fast=5:1:1",
                             "fast=1:5:0", "fast=1:5:-1", "fast=a:5:1", "fast=0:9999999:0.01"}) {
        INFO(text);
        CHECK_THROWS_AS(parse_axis(text), Error);
    }
    CHECK_THROWS_AS(parse_search_method("genetic"), Error);
}

TEST_CASE("no text crashes the axis parser", "[sweep]") {
    test::law("arbitrary text is an axis or refused", [](const std::string& text) {
        try {
            const auto axis = parse_axis(text);
            RC_ASSERT(!axis.key.empty());
            RC_ASSERT(!axis.values.empty());
        } catch (const Error&) {
        }
    });
}

TEST_CASE("a grid has every point once, the last axis fastest", "[sweep]") {
    const auto trials = choose_trials(axes_of(2, 3, 2), SearchMethod::grid, 1, 1);
    REQUIRE(trials.size() == 12);
    CHECK(trials[0] == std::vector<std::size_t>{0, 0, 0});
    CHECK(trials[1] == std::vector<std::size_t>{0, 0, 1});
    CHECK(trials[2] == std::vector<std::size_t>{0, 1, 0});
    CHECK(trials[11] == std::vector<std::size_t>{1, 2, 1});
    CHECK(std::set<std::vector<std::size_t>>(trials.begin(), trials.end()).size() == 12);
    CHECK_THROWS_AS(choose_trials(axes_of(50, 50, 50), SearchMethod::grid, 1, 1), Error);
}

TEST_CASE("samples are different points, the same for the same seed", "[sweep]") {
    const auto axes = axes_of(10, 10, 10);
    for (const auto method : {SearchMethod::sobol, SearchMethod::random}) {
        const auto trials = choose_trials(axes, method, 64, 7);
        CHECK(trials.size() == 64);
        CHECK(std::set<std::vector<std::size_t>>(trials.begin(), trials.end()).size() == 64);
        CHECK(choose_trials(axes, method, 64, 7) == trials);
        for (const auto& trial : trials) {
            for (const auto position : trial) CHECK(position < 10);
        }
        // All but one point of a small grid, and more samples than points.
        CHECK(choose_trials(axes_of(2, 3, 4), method, 23, 7).size() == 23);
        CHECK(choose_trials(axes_of(2, 3, 4), method, 100, 7).size() == 24);
    }
    CHECK(choose_trials(axes, SearchMethod::random, 64, 7) !=
          choose_trials(axes, SearchMethod::random, 64, 8));
    // A Sobol sequence spreads: 64 points meet every value of every axis.
    const auto trials = choose_trials(axes, SearchMethod::sobol, 64, 7);
    for (std::size_t axis = 0; axis < 3; ++axis) {
        std::set<std::size_t> met;
        for (const auto& trial : trials) met.insert(trial[axis]);
        CHECK(met.size() == 10);
    }
}

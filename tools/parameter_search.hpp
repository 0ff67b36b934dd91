// Which trials a parameter sweep makes: axes of values, and the points of a grid, of a Sobol
// sequence or of random draws on it.
//
// Pure: a function of axes, method, number and seed. Errors: Error (usage) names the axis. Source
// of the sequence: Boost.Random's Sobol engine (Joe and Kuo, "Constructing Sobol sequences with
// better two-dimensional projections", 2008).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tradewind::tools {

struct SearchAxis {
    std::string key;  // a strategy parameter, or with a point a setting: risk.gross_exposure
    std::vector<std::string> values;

    [[nodiscard]] bool is_setting() const { return key.find('.') != std::string::npos; }
};

enum class SearchMethod : std::uint8_t { grid, sobol, random };

constexpr std::size_t kMostTrials = 100'000;

// "fast=5,10,20" or "fast=5:20:5" (from, to inclusive, step). Numbers are decimals, spelled as the
// step and the start are.
[[nodiscard]] SearchAxis parse_axis(const std::string& text);
[[nodiscard]] SearchMethod parse_search_method(const std::string& text);

// Positions on the axes, one list per trial, all different. The grid's last axis runs fastest.
// `samples` of sobol and random; as many as the grid has, or more: the whole grid.
[[nodiscard]] std::vector<std::vector<std::size_t>> choose_trials(
    const std::vector<SearchAxis>& axes, SearchMethod method, std::size_t samples,
    std::uint64_t seed);

}  // namespace tradewind::tools

// Fits the classical forecasters on the training part of series: what `tradewind model fit` does.
//
// Per class and channel, over all training bars with at least `warm_up_moves` moves before them:
// the deciles of outcome / sigma, pooled over the series, for every memory of the grid (ewma: 0.80,
// 0.81 ... 0.99; garch: alpha .03 .05 .08 .12 .16, persistence .93 .96 .98 .99 .995); the memory
// with the least score stays, where a score is the mean over series of the summed pinball loss
// relative to that of baseline (i). Moves at bars that contradict themselves are left out.
// A function of the input alone, in its order. Pure; blocking (about a second for 100,000 bars).
// Source: training recipe 2.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "model/classical_parameters.hpp"
#include "model/data_split.hpp"

namespace tradewind::model {

struct FitOptions {
    DataSplit split;
    std::uint32_t warm_up_moves = 96;
};

struct FitSeries {
    BarSeriesPtr series;
    std::string sha256;  // of its file; empty: unknown
};

// A class with fewer observations of the close is not fitted.
constexpr std::uint64_t kFewestFitObservations = 200;

// Training scores relative to baseline (i), by class, channel and ClassicalKind.
using FitScores = std::array<std::array<std::array<double, 3>, kSeriesCount>, kMarketClasses>;

struct FitResult {
    ClassicalParameters parameters;
    FitScores scores{};
    std::vector<std::string> left_out;  // what was not used, and why
};

// Throws Error (data) when no class has enough observations.
[[nodiscard]] FitResult fit_classical(std::span<const FitSeries> series,
                                      const FitOptions& options = {});

// Deciles of a sample by linear interpolation between order statistics, position q (n - 1). The
// sample is sorted in place; empty: zeros.
[[nodiscard]] DecileShape empirical_deciles(std::vector<double>& sample);

}  // namespace tradewind::model

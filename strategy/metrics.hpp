// Metrics of a daily return series. Pure; sums run in index order.
//
// Returns are fractions per day; `periods_per_year` is 252 for stocks, 365 for coins. A series
// without spread has Sharpe 0, an empty one is all zeros. Source: strategies spec 2.5, 3.4, 3.5.
#pragma once

#include <span>

namespace tradewind::strategy {

struct ReturnMetrics {
    double total = 0;
    double average = 0;
    double annual = 0;
    double sharpe = 0;
};

// E(r) of the bracket strategies: summed, population deviation.
[[nodiscard]] ReturnMetrics summed_metrics(std::span<const double> returns,
                                           double periods_per_year);

// The directional family: compounded total, sample deviation.
[[nodiscard]] ReturnMetrics compounded_metrics(std::span<const double> returns,
                                               double periods_per_year);

[[nodiscard]] double mean(std::span<const double> values);
// Standard deviation over n (population) and over n - 1 (sample); 0 where undefined.
[[nodiscard]] double population_deviation(std::span<const double> values);
[[nodiscard]] double sample_deviation(std::span<const double> values);
[[nodiscard]] double mean_absolute(std::span<const double> values);

// The deepest fall of the summed return curve below its peak (which starts at 0); zero or negative.
[[nodiscard]] double max_drawdown(std::span<const double> returns);

struct Line {
    double slope = 1;
    double intercept = 0;
};
// Least squares of y on x; fewer than two points or no variance of x: slope 1, intercept 0.
[[nodiscard]] Line least_squares(std::span<const double> x, std::span<const double> y);

}  // namespace tradewind::strategy

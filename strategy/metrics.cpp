#include "strategy/metrics.hpp"

#include <algorithm>
#include <cmath>

namespace tradewind::strategy {
namespace {

constexpr double kNoSpread = 1e-9;

double sum(std::span<const double> values) {
    double total = 0;
    for (const double value : values) total += value;
    return total;
}

double squared_deviations(std::span<const double> values) {
    const double centre = mean(values);
    double total = 0;
    for (const double value : values) total += (value - centre) * (value - centre);
    return total;
}

}  // namespace

double mean(std::span<const double> values) {
    return values.empty() ? 0.0 : sum(values) / static_cast<double>(values.size());
}

double population_deviation(std::span<const double> values) {
    if (values.empty()) return 0;
    return std::sqrt(squared_deviations(values) / static_cast<double>(values.size()));
}

double sample_deviation(std::span<const double> values) {
    if (values.size() < 2) return 0;
    return std::sqrt(squared_deviations(values) / static_cast<double>(values.size() - 1));
}

double mean_absolute(std::span<const double> values) {
    double total = 0;
    for (const double value : values) total += std::abs(value);
    return values.empty() ? 0.0 : total / static_cast<double>(values.size());
}

ReturnMetrics summed_metrics(std::span<const double> returns, double periods_per_year) {
    ReturnMetrics result;
    if (returns.empty()) return result;
    result.total = sum(returns);
    result.average = result.total / static_cast<double>(returns.size());
    result.annual = result.average * periods_per_year;
    const auto [lowest, highest] = std::minmax_element(returns.begin(), returns.end());
    const double deviation = population_deviation(returns);
    const double sharpe = result.average / deviation * std::sqrt(periods_per_year);
    if (deviation > kNoSpread && *highest - *lowest > kNoSpread && std::isfinite(sharpe)) {
        result.sharpe = sharpe;
    }
    return result;
}

ReturnMetrics compounded_metrics(std::span<const double> returns, double periods_per_year) {
    ReturnMetrics result;
    if (returns.empty()) return result;
    double growth = 1;
    for (const double value : returns) growth *= 1 + value;
    result.total = growth - 1;
    result.average = mean(returns);
    result.annual = result.average * periods_per_year;
    const double deviation = sample_deviation(returns);
    const double sharpe = result.average / deviation * std::sqrt(periods_per_year);
    if (deviation > 0 && std::isfinite(sharpe)) result.sharpe = sharpe;
    return result;
}

double max_drawdown(std::span<const double> returns) {
    double curve = 0;
    double peak = 0;
    double deepest = 0;
    for (const double value : returns) {
        curve += value;
        peak = std::max(peak, curve);
        deepest = std::min(deepest, curve - peak);
    }
    return deepest;
}

Line least_squares(std::span<const double> x, std::span<const double> y) {
    const std::size_t n = std::min(x.size(), y.size());
    if (n < 2) return {};
    const double x_mean = mean(x.first(n));
    const double y_mean = mean(y.first(n));
    double covariance = 0;
    double variance = 0;
    for (std::size_t i = 0; i < n; ++i) {
        covariance += (x[i] - x_mean) * (y[i] - y_mean);
        variance += (x[i] - x_mean) * (x[i] - x_mean);
    }
    if (!(variance > 0)) return {};
    const double slope = covariance / variance;
    return {slope, y_mean - slope * x_mean};
}

}  // namespace tradewind::strategy

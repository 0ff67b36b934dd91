#include "model/precision_error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "messages/counter_random.hpp"
#include "model/causal_patch_scaler.hpp"
#include "model/checkpoint.hpp"

namespace tradewind::model {

namespace {

constexpr std::int64_t kRows = 16;
constexpr std::int64_t kVariates = 2;
constexpr std::int64_t kPoints = 512;
constexpr std::int64_t kLevels = 9;

NetworkInput random_walks() {
    NetworkInput input;
    input.batch = kRows;
    input.variates = kVariates;
    input.points = kPoints;
    const CounterRandom random(1, "precision");
    for (std::int64_t row = 0; row < kRows * kVariates; ++row) {
        double level = 1000;
        for (std::int64_t t = 0; t < kPoints; ++t) {
            level += random.normal(static_cast<std::uint32_t>(row), Date{0},
                                   static_cast<std::uint64_t>(t));
            input.series.push_back(level);
        }
    }
    return input;
}

double unit_of(const NetworkInput& input, std::int64_t row) {
    RunningMoments moments;
    for (std::int64_t t = 0; t < kPoints; ++t) moments.add(input.series[row * kPoints + t]);
    return std::sqrt(moments.variance());
}

PrecisionError compare(const NetworkInput& input, const std::vector<float>& exact,
                       const std::vector<float>& reduced, std::int64_t steps) {
    const std::int64_t rows = kRows * kVariates;
    PrecisionError error;
    for (std::int64_t row = 0; row < rows; ++row) {
        const double unit = unit_of(input, row);
        for (std::int64_t step = 0; step < steps; ++step) {
            const auto off = [&](std::int64_t level) {
                const std::int64_t at = (level * rows + row) * steps + step;
                return std::abs(static_cast<double>(reduced[at]) - exact[at]) / unit;
            };
            const double median = off(kLevels / 2);
            const double outer = std::max(off(0), off(kLevels - 1));
            error.median_mean += median;
            error.outer_mean += outer;
            error.median_worst = std::max(error.median_worst, median);
            error.outer_worst = std::max(error.outer_worst, outer);
        }
    }
    error.median_mean /= static_cast<double>(rows * steps);
    error.outer_mean /= static_cast<double>(rows * steps);
    return error;
}

}  // namespace

std::vector<PrecisionError> measure_precision(const std::string& folder, std::int64_t steps) {
    const Checkpoint checkpoint = Checkpoint::open(folder);
    const NetworkInput input = random_walks();
    NetworkOptions options;
    options.horizon = steps;
    const auto forecast = [&](Precision precision) {
        NetworkPlacement placement;
        placement.precision = precision;
        return open_network(checkpoint, placement)->run(input, options).quantiles;
    };
    const std::vector<float> exact = forecast(Precision::f32);
    std::vector<PrecisionError> errors;
    for (const Precision precision : {Precision::bf16, Precision::f16}) {
        errors.push_back(compare(input, exact, forecast(precision), steps));
        errors.back().precision = precision;
    }
    return errors;
}

std::string precision_table(const std::string& model, const std::vector<PrecisionError>& errors) {
    std::string table;
    for (const PrecisionError& error : errors) {
        char line[200];
        std::snprintf(line, sizeof line, "| %s | %s | %.5f | %.5f | %.5f | %.5f |\n", model.c_str(),
                      name_of(error.precision), error.median_mean, error.median_worst,
                      error.outer_mean, error.outer_worst);
        table += line;
    }
    return table;
}

}  // namespace tradewind::model

#include "model/student_mixture.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "messages/counter_random.hpp"
#include "messages/error.hpp"

namespace tradewind::model {

namespace {

using Policy = boost::math::policies::policy<
    boost::math::policies::promote_double<false>,
    boost::math::policies::domain_error<boost::math::policies::ignore_error>,
    boost::math::policies::overflow_error<boost::math::policies::ignore_error>>;
using StudentT = boost::math::students_t_distribution<double, Policy>;

constexpr double kSmallest = std::numeric_limits<float>::epsilon();
constexpr int kMostSteps = 200;

// Linear above 20, as the reference framework has it.
double softplus(double x) {
    return x > 20 ? x : std::log1p(std::exp(x));
}

// Uniform in (0, 1).
double unit(std::uint32_t high, std::uint32_t low) {
    const std::uint64_t bits = (static_cast<std::uint64_t>(high) << 32 | low) >> 12;
    return (static_cast<double>(bits) + 0.5) * 0x1p-52;
}

}  // namespace

StudentMixture::StudentMixture(std::span<const float> raw_freedom, std::span<const float> location,
                               std::span<const float> raw_scale,
                               std::span<const float> raw_weight) {
    ensure(raw_freedom.size() == location.size() && raw_scale.size() == location.size() &&
               raw_weight.size() == location.size() && !location.empty(),
           "a mixture has as many values of each parameter");
    const double largest = *std::max_element(raw_weight.begin(), raw_weight.end());
    double total = 0;
    components_.resize(location.size());
    for (std::size_t k = 0; k < components_.size(); ++k) {
        StudentComponent& component = components_[k];
        component.freedom = 2 + std::max(softplus(raw_freedom[k]), kSmallest);
        component.location = location[k];
        component.scale = std::max(softplus(raw_scale[k]), kSmallest);
        component.weight = std::exp(raw_weight[k] - largest);
        total += component.weight;
    }
    for (StudentComponent& component : components_) component.weight /= total;
}

double StudentMixture::mean() const {
    double sum = 0;
    for (const StudentComponent& c : components_) sum += c.weight * c.location;
    return sum;
}

double StudentMixture::distribution(double value) const {
    double sum = 0;
    for (const StudentComponent& c : components_) {
        sum += c.weight * boost::math::cdf(StudentT(c.freedom), (value - c.location) / c.scale);
    }
    return sum;
}

std::vector<double> StudentMixture::peaks() const {
    std::vector<double> peaks;
    peaks.reserve(components_.size());
    for (const StudentComponent& c : components_) {
        const double ratio = boost::math::tgamma_delta_ratio(c.freedom / 2, 0.5, Policy());
        peaks.push_back(c.weight / (ratio * std::sqrt(c.freedom * std::numbers::pi) * c.scale));
    }
    return peaks;
}

double StudentMixture::density_with(std::span<const double> peaks, double value) const {
    double sum = 0;
    for (std::size_t k = 0; k < components_.size(); ++k) {
        const StudentComponent& c = components_[k];
        const double z = (value - c.location) / c.scale;
        sum += peaks[k] * std::exp(-(c.freedom + 1) / 2 * std::log1p(z * z / c.freedom));
    }
    return sum;
}

bool StudentMixture::is_finite() const {
    return std::all_of(components_.begin(), components_.end(), [](const StudentComponent& c) {
        return std::isfinite(c.weight) && std::isfinite(c.freedom) && std::isfinite(c.location) &&
               std::isfinite(c.scale);
    });
}

double StudentMixture::invert(std::span<const double> peaks, double level, double start) const {
    // With two degrees of freedom or more no component is wider than with two, whose quantile is
    // known in closed form: the mixture's lies between the outermost of its components'.
    const double reach = (2 * level - 1) / std::sqrt(2 * level * (1 - level));
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    for (const StudentComponent& c : components_) {
        low = std::min(low, c.location + std::min(reach, 0.0) * c.scale);
        high = std::max(high, c.location + std::max(reach, 0.0) * c.scale);
    }
    const double width = std::max(high - low, std::numeric_limits<double>::min());
    double value = std::clamp(start, low, high);
    for (int step = 0; step < kMostSteps; ++step) {
        const double excess = distribution(value) - level;
        if (excess == 0) return value;
        (excess > 0 ? high : low) = value;
        double next = value - excess / density_with(peaks, value);
        // Also where the density is zero or the step leaves the bracket.
        const bool halved = !(next > low && next < high);
        if (halved) next = low + (high - low) / 2;
        const double size = std::max(std::abs(value), width);
        // The error left by a Newton step is the square of the step.
        if (std::abs(next - value) <= (halved ? 1e-15 : 1e-9) * size) return next;
        value = next;
    }
    return value;
}

double StudentMixture::quantile(double level) const {
    double value = 0;
    quantiles(std::span(&level, 1), std::span(&value, 1));
    return value;
}

void StudentMixture::quantiles(std::span<const double> levels, std::span<double> values) const {
    ensure(levels.size() == values.size(), "one value for each level");
    if (!is_finite()) {
        std::fill(values.begin(), values.end(), std::numeric_limits<double>::quiet_NaN());
        return;
    }
    const std::vector<double> scaled_peaks = peaks();
    double start = mean();
    for (std::size_t i = 0; i < levels.size(); ++i) {
        ensure(levels[i] > 0 && levels[i] < 1, "a level lies between 0 and 1");
        values[i] = invert(scaled_peaks, levels[i], start);
        start = values[i];
    }
}

double StudentMixture::draw(const DrawKey& key) const {
    const auto block = [&key](std::uint32_t lane) {
        return philox({key.sample, key.step, key.variate, lane},
                      {static_cast<std::uint32_t>(key.row_seed),
                       static_cast<std::uint32_t>(key.row_seed >> 32)});
    };
    const PhiloxBlock first = block(0);
    const double choice = unit(first[0], first[1]);
    double below = 0;
    std::size_t chosen = 0;
    // Rounding can leave the sum of the weights a little below the choice: then the last one.
    for (; chosen + 1 < components_.size(); ++chosen) {
        below += components_[chosen].weight;
        if (choice < below) break;
    }
    const StudentComponent& c = components_[chosen];
    // Bailey's polar form of the Student t distribution: exact for any degrees of freedom.
    const PhiloxBlock second = block(1);
    const double radius =
        std::sqrt(c.freedom * std::expm1(-2 / c.freedom * std::log(unit(second[0], second[1]))));
    return c.location +
           c.scale * radius * std::cos(2 * std::numbers::pi * unit(second[2], second[3]));
}

}  // namespace tradewind::model

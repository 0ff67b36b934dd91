// A finite mixture of Student t distributions in closed form: what Toto 1.0 forecasts for one point
// in time. Values in double; pure; any thread. Source: forecast-models spec 1.5 to 1.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace tradewind::model {

struct StudentComponent {
    double weight = 0;    // non-negative; all add up to one
    double freedom = 0;   // degrees of freedom, at least two
    double location = 0;  // of the normalised value
    double scale = 0;     // positive
};

// What decides a draw: nothing else does, so that paths are the same in every batch and order.
struct DrawKey {
    std::uint64_t row_seed = 0;
    std::uint32_t variate = 0;
    std::uint32_t step = 0;    // point of the horizon
    std::uint32_t sample = 0;  // number of the path
};

class StudentMixture {
  public:
    // From head outputs of one point, `components` values each: degrees of freedom 2 + softplus,
    // location, softplus scale, softmax weights.
    StudentMixture(std::span<const float> raw_freedom, std::span<const float> location,
                   std::span<const float> raw_scale, std::span<const float> raw_weight);
    explicit StudentMixture(std::vector<StudentComponent> components)
        : components_(std::move(components)) {}

    [[nodiscard]] const std::vector<StudentComponent>& components() const { return components_; }

    // Not a number or infinite where a parameter is.
    [[nodiscard]] double mean() const;
    [[nodiscard]] double distribution(double value) const;  // P(X <= value)

    // The value below which `level`, in (0, 1), of the mass lies, to about 1e-14 of its size:
    // Newton steps kept inside a bracket that closes by halving where they fail. NaN where a
    // parameter is not finite.
    [[nodiscard]] double quantile(double level) const;
    // The same for several levels.
    void quantiles(std::span<const double> levels, std::span<double> values) const;

    [[nodiscard]] double draw(const DrawKey& key) const;

  private:
    [[nodiscard]] std::vector<double> peaks() const;  // weighted densities at the locations
    [[nodiscard]] double density_with(std::span<const double> peaks, double value) const;
    [[nodiscard]] double invert(std::span<const double> peaks, double level, double start) const;
    [[nodiscard]] bool is_finite() const;

    std::vector<StudentComponent> components_;
};

}  // namespace tradewind::model

#include "tools/parameter_search.hpp"

#include <boost/random/sobol.hpp>
#include <optional>
#include <set>

#include "messages/counter_random.hpp"
#include "messages/decimal.hpp"
#include "messages/money.hpp"
#include "tools/trading_options.hpp"

namespace tradewind::tools {
namespace {

constexpr std::uint32_t kSearchPurpose = 0x53454152;
constexpr const char* kRemedy = "for example fast=5,10,20 or fast=5:20:5";
// Draws for one new point: where nearly all points are taken, few are left to find.
constexpr std::size_t kDrawsPerTrial = 200;

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : text) {
        if (c == separator) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

std::vector<std::string> range_of(const std::string& text, const std::vector<std::string>& parts) {
    const auto first = Price::parse(parts[0]);
    const auto last = Price::parse(parts[1]);
    const auto step = Price::parse(parts[2]);
    if (!first || !last || !step) {
        refuse_option("--vary", text, "a range is three numbers: from, to, step", kRemedy);
    }
    if (step->sign() <= 0 || *last < *first) {
        refuse_option("--vary", text, "the range is empty, or its step is not positive", kRemedy);
    }
    std::vector<std::string> values;
    for (Price value = *first; value <= *last; value = value + *step) {
        values.push_back(value.to_string());
        if (values.size() > kMostTrials) {
            refuse_option("--vary", text, "more than 100000 values", "use a larger step");
        }
    }
    return values;
}

std::size_t grid_size(const std::vector<SearchAxis>& axes) {
    std::size_t size = 1;
    for (const auto& axis : axes) {
        if (size > SIZE_MAX / axis.values.size()) return SIZE_MAX;
        size *= axis.values.size();
    }
    return size;
}

std::vector<std::vector<std::size_t>> whole_grid(const std::vector<SearchAxis>& axes) {
    std::vector<std::vector<std::size_t>> trials;
    std::vector<std::size_t> point(axes.size());
    for (std::size_t left = grid_size(axes); left > 0; --left) {
        trials.push_back(point);
        for (std::size_t axis = axes.size(); axis-- > 0;) {
            if (++point[axis] < axes[axis].values.size()) break;
            point[axis] = 0;
        }
    }
    return trials;
}

}  // namespace

SearchAxis parse_axis(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
        refuse_option("--vary", text, "not key=values", kRemedy);
    }
    SearchAxis axis;
    axis.key = text.substr(0, equals);
    const auto values = text.substr(equals + 1);
    const auto parts = split(values, ':');
    axis.values = parts.size() == 3 ? range_of(text, parts) : split(values, ',');
    std::set<std::string> different;
    for (const auto& value : axis.values) {
        if (value.empty()) refuse_option("--vary", text, "an empty value", kRemedy);
        if (!different.insert(value).second) {
            refuse_option("--vary", text, "the value " + value + " twice", kRemedy);
        }
    }
    return axis;
}

SearchMethod parse_search_method(const std::string& text) {
    if (text == "grid") return SearchMethod::grid;
    if (text == "sobol") return SearchMethod::sobol;
    if (text == "random") return SearchMethod::random;
    refuse_option("--method", text, "unknown", "use grid, sobol or random");
}

std::vector<std::vector<std::size_t>> choose_trials(const std::vector<SearchAxis>& axes,
                                                    SearchMethod method, std::size_t samples,
                                                    std::uint64_t seed) {
    const auto all = grid_size(axes);
    const bool grid = method == SearchMethod::grid || samples >= all;
    if ((grid ? all : samples) > kMostTrials) {
        refuse_option("--vary", std::to_string(all) + " points", "more than 100000 trials",
                      "use fewer values, or --method sobol with --samples");
    }
    if (grid) return whole_grid(axes);
    std::vector<std::vector<std::size_t>> trials;
    std::set<std::vector<std::size_t>> taken;
    boost::random::sobol engine(axes.size());
    const double span = static_cast<double>(engine.max()) + 1.0;
    const CounterRandom random(seed, "SWEEP");
    for (std::size_t draw = 0; trials.size() < samples; ++draw) {
        // Random draws take over where the sequence keeps meeting points that are taken.
        const bool sequence = method == SearchMethod::sobol && draw < samples * kDrawsPerTrial;
        std::vector<std::size_t> point;
        for (std::size_t axis = 0; axis < axes.size(); ++axis) {
            const double unit =
                sequence ? static_cast<double>(engine()) / span
                         : random.uniform(kSearchPurpose, Date{}, draw * axes.size() + axis);
            point.push_back(
                static_cast<std::size_t>(unit * static_cast<double>(axes[axis].values.size())));
        }
        if (taken.insert(point).second) trials.push_back(std::move(point));
    }
    return trials;
}

}  // namespace tradewind::tools

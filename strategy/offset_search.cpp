#include "strategy/offset_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "messages/error.hpp"
#include "strategy/direct_search.hpp"

namespace tradewind::strategy {
namespace {

double reference_objective(std::span<const Leg> legs, const KernelOptions& options,
                           double offset_high, double offset_low) {
    KernelOptions free = options;
    free.fee = 0;
    double total = 0;
    for (const Leg& leg : legs) {
        const Bracket moved{leg.predicted.high + offset_high, leg.predicted.low + offset_low};
        const bool high_touched = kernel::clamp_high(moved.high) <
                                  kernel::reach_up(leg.realised.high, options.fill_buffer);
        const bool low_touched = kernel::clamp_low(moved.low) >
                                 kernel::reach_down(leg.realised.low, options.fill_buffer);
        const bool charged =
            options.close_at_end_of_day ? high_touched || low_touched : high_touched && low_touched;
        const double size = std::abs(std::clamp(leg.position, -10.0, 10.0));
        total += day_profit(leg.realised, moved, leg.position, free) -
                 (charged ? size * options.round_trip_fee() : 0.0);
    }
    return total;
}

struct Axis {
    double first;
    double last;

    // Centred on the best value, narrower, inside the box.
    [[nodiscard]] Axis around(double centre, const GridStages& stages, const OffsetBox& box) const {
        const double half =
            std::max(0.5 * stages.shrink * (last - first), stages.minimum_half_width);
        return {std::max(centre - half, box.minimum), std::min(centre + half, box.maximum)};
    }
};

}  // namespace

std::vector<double> linspace(double first, double last, std::uint32_t points) {
    std::vector<double> values;
    values.reserve(points);
    for (std::uint32_t i = 0; i < points; ++i) {
        const double step = points > 1 ? (last - first) / (points - 1) : 0.0;
        values.push_back(i + 1 == points && points > 1 ? last : first + i * step);
    }
    return values;
}

GridFit grid_offsets(std::span<const Leg> legs, const KernelOptions& options, const OffsetBox& box,
                     GridFees fees, const GridStages& stages) {
    GridFit best;
    best.objective = -std::numeric_limits<double>::infinity();
    Axis high_axis{box.minimum, box.maximum};
    Axis low_axis = high_axis;
    for (const std::uint32_t points : stages.points) {
        const auto highs = linspace(high_axis.first, high_axis.last, points);
        const auto lows = linspace(low_axis.first, low_axis.last, points);
        double stage_best = -std::numeric_limits<double>::infinity();
        double stage_high = highs.front();
        double stage_low = lows.front();
        for (const double high : highs) {
            for (const double low : lows) {
                const double value = fees == GridFees::kernel
                                         ? total_profit(legs, options, high, low)
                                         : reference_objective(legs, options, high, low);
                ++best.fit.evaluations;
                if (!(value > stage_best)) continue;
                stage_best = value;
                stage_high = high;
                stage_low = low;
            }
        }
        if (stage_best > best.objective) {
            best.objective = stage_best;
            best.fit.offset_high = stage_high;
            best.fit.offset_low = stage_low;
        }
        high_axis = high_axis.around(stage_high, stages, box);
        low_axis = low_axis.around(stage_low, stages, box);
    }
    best.fit.value = total_profit(legs, options, best.fit.offset_high, best.fit.offset_low);
    return best;
}

OffsetFit direct_offsets(std::span<const Leg> legs, const KernelOptions& options,
                         const OffsetBox& box, std::uint32_t budget) {
    const std::array lower{box.minimum, box.minimum};
    const std::array upper{box.maximum, box.maximum};
    const auto found = maximise_direct(
        [&](std::span<const double> point) {
            return total_profit(legs, options, point[0], point[1]);
        },
        lower, upper, {budget, true});
    OffsetFit fit;
    fit.offset_high = found.point[0];
    fit.offset_low = found.point[1];
    fit.value = total_profit(legs, options, fit.offset_high, fit.offset_low);
    fit.evaluations = found.evaluations;
    return fit;
}

OffsetFit fit_offsets(std::span<const Leg> legs, const KernelOptions& options, const OffsetBox& box,
                      const SearchSettings& search, std::uint32_t budget) {
    switch (search.optimizer) {
        case Optimizer::grid:
            return grid_offsets(legs, options, box, search.grid_fees).fit;
        case Optimizer::direct:
            return direct_offsets(legs, options, box, search.budget(budget));
        case Optimizer::exact:
            break;
    }
    return maximise_offsets(legs, options, box);
}

}  // namespace tradewind::strategy

#include "strategy/exact_solver.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

namespace tradewind::strategy {
namespace {

// Columns are evaluated in blocks of this many, so that the loops have a fixed length.
constexpr std::size_t kLanes = 8;
using Block = std::array<double, kLanes>;

// A leg prepared for the solver: reaches in place of the bar's extremes, size and sign apart.
struct PreparedLeg {
    double close;
    double reach_up;
    double reach_down;
    double high;
    double low;
    double size;
    bool is_long;
    Leg source;

    [[nodiscard]] auto key() const {
        return std::tie(is_long, close, reach_up, reach_down, high, low, size);
    }
};

std::vector<PreparedLeg> prepare(std::span<const Leg> legs, const KernelOptions& options,
                                 const OffsetBox& box) {
    std::vector<PreparedLeg> prepared;
    prepared.reserve(legs.size());
    for (const Leg& leg : legs) {
        const double size = std::clamp(leg.position, -10.0, 10.0);
        const PreparedLeg candidate{leg.realised.close,
                                    kernel::reach_up(leg.realised.high, options.fill_buffer),
                                    kernel::reach_down(leg.realised.low, options.fill_buffer),
                                    leg.predicted.high,
                                    leg.predicted.low,
                                    std::abs(size),
                                    size > 0,
                                    leg};
        const bool can_fill =
            size > 0 ? kernel::clamp_low(candidate.low + box.maximum) > candidate.reach_down
                     : kernel::clamp_high(candidate.high + box.minimum) < candidate.reach_up;
        if (size != 0 && can_fill) prepared.push_back(candidate);
    }
    // Equal windows are summed in equal order, whatever the order of their days.
    std::sort(prepared.begin(), prepared.end(),
              [](const PreparedLeg& a, const PreparedLeg& b) { return a.key() < b.key(); });
    return prepared;
}

class CandidateAxis {
  public:
    CandidateAxis(const OffsetBox& box, std::size_t legs) : box_(box) {
        values_.reserve(9 * legs + 3);
        add(box.minimum);
        add(box.maximum);
        add(0.0);
    }
    void breakpoint(double offset) {
        if (offset < box_.minimum || offset > box_.maximum) return;
        add(offset - kBreakpointStep);
        add(offset);
        add(offset + kBreakpointStep);
    }
    [[nodiscard]] const std::vector<double>& values() const { return values_; }

  private:
    void add(double offset) {
        if (offset >= box_.minimum && offset <= box_.maximum) values_.push_back(offset);
    }
    OffsetBox box_;
    std::vector<double> values_;
};

// The offsets at which the form of the sum changes, on each axis.
void add_breakpoints(const PreparedLeg& leg, const KernelOptions& options, CandidateAxis& high_axis,
                     CandidateAxis& low_axis) {
    CandidateAxis& entry_axis = leg.is_long ? low_axis : high_axis;
    CandidateAxis& exit_axis = leg.is_long ? high_axis : low_axis;
    const double entry = leg.is_long ? leg.low : leg.high;
    const double exit = leg.is_long ? leg.high : leg.low;
    const double furthest = leg.is_long ? -1.0 : 10.0;  // the clamp behind the entry
    entry_axis.breakpoint((leg.is_long ? leg.reach_down : leg.reach_up) - entry);
    entry_axis.breakpoint(0.0 - entry);
    entry_axis.breakpoint(furthest - entry);
    if (options.close_at_end_of_day) return;
    const double turn = options.intrabar == Intrabar::conservative
                            ? leg.close
                            : (leg.is_long ? leg.reach_up : leg.reach_down);
    exit_axis.breakpoint(turn - exit);
    exit_axis.breakpoint(0.0 - exit);
    exit_axis.breakpoint((leg.is_long ? 10.0 : -1.0) - exit);
}

// The objective on the grid of candidates, split so that each pair costs one multiply-add per leg:
//   value(a, b) = high_part[a] + low_part[b] + sum over legs of row_factor[leg][a] * column[leg][b]
// For a long: column = filled at b (0 or size), row_factor = exit move at a, and the entry and the
// fee go to low_part. A short mirrors it. Where the exit is the close, nothing is left to multiply.
struct Grid {
    std::vector<double> high_part;
    std::vector<Block> low_part;
    std::vector<std::vector<double>> row_factors;
    std::vector<std::vector<Block>> columns;
};

double& lane(std::vector<Block>& blocks, std::size_t column) {
    return blocks[column / kLanes][column % kLanes];
}

void add_long(Grid& grid, const PreparedLeg& leg, const KernelOptions& options,
              const std::vector<double>& highs, const std::vector<double>& lows) {
    const bool eod = options.close_at_end_of_day;
    std::vector<Block> filled(grid.low_part.size(), Block{});
    for (std::size_t b = 0; b < lows.size(); ++b) {
        const double low = kernel::clamp_low(leg.low + lows[b]);
        if (!(low > leg.reach_down)) continue;
        lane(filled, b) = leg.size;
        lane(grid.low_part, b) +=
            leg.size * ((eod ? leg.close : 0.0) - low) - leg.size * options.round_trip_fee();
    }
    if (eod) return;
    std::vector<double> exits(highs.size());
    for (std::size_t a = 0; a < highs.size(); ++a) {
        exits[a] =
            kernel::long_exit(leg.close, leg.reach_up, kernel::clamp_high(leg.high + highs[a]), eod,
                              options.intrabar);
    }
    grid.row_factors.push_back(std::move(exits));
    grid.columns.push_back(std::move(filled));
}

void add_short(Grid& grid, const PreparedLeg& leg, const KernelOptions& options,
               const std::vector<double>& highs, const std::vector<double>& lows) {
    const bool eod = options.close_at_end_of_day;
    std::vector<double> filled(highs.size(), 0.0);
    for (std::size_t a = 0; a < highs.size(); ++a) {
        const double high = kernel::clamp_high(leg.high + highs[a]);
        if (!(high < leg.reach_up)) continue;
        filled[a] = leg.size;
        grid.high_part[a] +=
            leg.size * (high - (eod ? leg.close : 0.0)) - leg.size * options.round_trip_fee();
    }
    if (eod) return;
    std::vector<Block> exits(grid.low_part.size(), Block{});
    for (std::size_t b = 0; b < lows.size(); ++b) {
        lane(exits, b) = -kernel::short_exit(
            leg.close, leg.reach_down, kernel::clamp_low(leg.low + lows[b]), eod, options.intrabar);
    }
    grid.row_factors.push_back(std::move(filled));
    grid.columns.push_back(std::move(exits));
}

Block evaluate_block(const Grid& grid, std::size_t row, std::size_t block) {
    Block values = grid.low_part[block];
    for (std::size_t leg = 0; leg < grid.columns.size(); ++leg) {
        const double factor = grid.row_factors[leg][row];
        const Block& column = grid.columns[leg][block];
        for (std::size_t k = 0; k < kLanes; ++k) values[k] += factor * column[k];
    }
    for (std::size_t k = 0; k < kLanes; ++k) values[k] += grid.high_part[row];
    return values;
}

bool comes_first(double high, double low, const OffsetFit& other) {
    return std::make_tuple(std::abs(high), std::abs(low), high, low) <
           std::make_tuple(std::abs(other.offset_high), std::abs(other.offset_low),
                           other.offset_high, other.offset_low);
}

// Two passes over the grid: the maximum of each row, then the first of the ties in their order.
OffsetFit search(const Grid& grid, const std::vector<double>& highs,
                 const std::vector<double>& lows) {
    const std::size_t blocks = grid.low_part.size();
    std::vector<double> row_best(highs.size());
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a < highs.size(); ++a) {
        Block maxima;
        maxima.fill(-std::numeric_limits<double>::infinity());
        for (std::size_t block = 0; block < blocks; ++block) {
            const Block values = evaluate_block(grid, a, block);
            for (std::size_t k = 0; k < kLanes; ++k) {
                maxima[k] = values[k] > maxima[k] ? values[k] : maxima[k];
            }
        }
        row_best[a] = *std::max_element(maxima.begin(), maxima.end());
        best = std::max(best, row_best[a]);
    }
    OffsetFit fit;
    bool found = false;
    for (std::size_t a = 0; a < highs.size(); ++a) {
        if (row_best[a] < best - kTieTolerance) continue;
        for (std::size_t block = 0; block < blocks; ++block) {
            const Block values = evaluate_block(grid, a, block);
            for (std::size_t k = 0; k < kLanes; ++k) {
                if (values[k] < best - kTieTolerance) continue;
                const double low = lows[block * kLanes + k];
                if (found && !comes_first(highs[a], low, fit)) continue;
                fit.offset_high = highs[a];
                fit.offset_low = low;
                found = true;
            }
        }
    }
    fit.evaluations = static_cast<std::uint32_t>(highs.size() * lows.size());
    return fit;
}

}  // namespace

double total_profit(std::span<const Leg> legs, const KernelOptions& options, double offset_high,
                    double offset_low) {
    double total = 0;
    for (const Leg& leg : legs) {
        const Bracket moved{leg.predicted.high + offset_high, leg.predicted.low + offset_low};
        total += day_profit(leg.realised, moved, leg.position, options);
    }
    return total;
}

OffsetFit maximise_offsets(std::span<const Leg> legs, const KernelOptions& options,
                           const OffsetBox& box) {
    const std::vector<PreparedLeg> prepared = prepare(legs, options, box);
    CandidateAxis high_axis(box, prepared.size());
    CandidateAxis low_axis(box, prepared.size());
    for (const PreparedLeg& leg : prepared) add_breakpoints(leg, options, high_axis, low_axis);
    const std::vector<double>& highs = high_axis.values();
    const std::vector<double>& lows = low_axis.values();

    Grid grid;
    grid.high_part.assign(highs.size(), 0.0);
    grid.low_part.assign((lows.size() + kLanes - 1) / kLanes, Block{});
    for (std::size_t b = lows.size(); b < grid.low_part.size() * kLanes; ++b) {
        lane(grid.low_part, b) = -std::numeric_limits<double>::infinity();
    }
    for (const PreparedLeg& leg : prepared) {
        if (leg.is_long) {
            add_long(grid, leg, options, highs, lows);
        } else {
            add_short(grid, leg, options, highs, lows);
        }
    }
    OffsetFit fit = search(grid, highs, lows);
    for (const PreparedLeg& leg : prepared) {
        fit.value += total_profit({&leg.source, 1}, options, fit.offset_high, fit.offset_low);
    }
    return fit;
}

}  // namespace tradewind::strategy

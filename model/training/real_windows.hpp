// Windows of recorded bars for training: classes and their weights, series made longer-stepped by
// joining bars, and mirroring, which keeps sizes and volatility and takes the direction away.
// Values are immutable after construction; drawing is const and may run in several threads, each
// with its own Draws. Source: training recipe 4.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "messages/bar.hpp"
#include "model/market_class.hpp"
#include "model/training/bar_window.hpp"
#include "model/training/draws.hpp"

namespace tradewind::model {

struct TrainingSeries {
    std::string name;
    MarketClass kind = MarketClass::daily_stocks;
    BarWindow bars;          // all bars that training may see
    std::size_t joined = 1;  // bars of the record behind one bar here
};

// The bars [first, last) of a series; suspect bars become unusable. Throws Error (data) naming the
// bar when a price is not positive.
[[nodiscard]] TrainingSeries training_series(const BarSeries& series, MarketClass kind,
                                             std::size_t first, std::size_t last);

// The series that joining k bars into one gives, k and offsets by class; only those with at least
// 150 bars, and none when a bar is unusable.
[[nodiscard]] std::vector<TrainingSeries> joined_series(const TrainingSeries& series);

// Each bar relative to the close before it, (c, h, l, o), becomes (-c, -l, -h, -o) with probability
// 1/2, independently; prices are rebuilt from `close_before`, the close before the first bar.
void mirror_bars(BarWindow& window, double close_before, Draws& draws);

class RealWindows {
  public:
    // `series` may hold joined ones. Throws Error (data) when none has at least 2 bars.
    explicit RealWindows(std::vector<TrainingSeries> series);

    // A random stretch of moves + 1 bars, or a whole series where it is shorter; mirrored with
    // probability 0.7 when a bar before it exists.
    [[nodiscard]] BarWindow draw(std::size_t moves, Draws& draws) const;

    [[nodiscard]] const std::vector<TrainingSeries>& series() const { return series_; }
    // Probability that a window comes from series `index`.
    [[nodiscard]] double share(std::size_t index) const;

  private:
    std::vector<TrainingSeries> series_;
    std::vector<double> cumulative_;  // shares, summed
};

}  // namespace tradewind::model

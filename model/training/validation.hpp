// A quick look at a network in training on bars that it does not learn from: the next close against
// baseline (i) of the training recipe, and decile coverage. For progress reports and choices; the
// full judgement is `tradewind model verify`. Needs the trainer for itself. Source: training recipe
// 1 and 2.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "model/training/network_trainer.hpp"
#include "model/training/real_windows.hpp"

namespace tradewind::model {

// A series with its past; bars [first, last) are forecast, each from the bars before it.
struct ValidationSeries {
    TrainingSeries series;
    std::size_t first = 0;
    std::size_t last = 0;
};

struct ValidationScore {
    std::size_t forecasts = 0;
    // Mean over classes of (mean over series of model loss / loss of EWMA 0.94 with normal
    // deciles), next close; below 1 = better.
    double close_ratio = 0;
    std::array<std::optional<double>, kMarketClasses> class_ratio;
    std::array<double, kToto2Quantiles> coverage{};  // share of closes at or below each decile
};

// Scores the average of the weights, groups of four channels, anchored form, 512 points of context.
// At most `most_forecasts`, evenly spread. Empty: nothing to score.
[[nodiscard]] std::optional<ValidationScore> validate(NetworkTrainer& trainer,
                                                      const std::vector<ValidationSeries>& series,
                                                      std::size_t most_forecasts);

}  // namespace tradewind::model

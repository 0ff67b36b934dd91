#include "model/training/validation.hpp"

#include <algorithm>
#include <cmath>

#include "messages/forecast.hpp"
#include "model/ewma.hpp"
#include "model/pinball.hpp"

namespace tradewind::model {

namespace {

constexpr std::size_t kContext = 512;
constexpr std::size_t kRowsPerForward = 32;
constexpr std::size_t kLeastMoves = 96;
constexpr double kDecay = 0.94;

// Deviation forecast for bar i from the closes before it; 0 where there is none.
std::vector<double> ewma_deviations(const BarWindow& bars) {
    std::vector<double> deviations(bars.size(), 0.0);
    EwmaState state;
    for (std::size_t i = 1; i + 1 < bars.size(); ++i) {
        state.add(std::expm1(bars[i].close - bars[i - 1].close), kDecay);
        deviations[i + 1] = state.sigma();
    }
    return deviations;
}

struct Place {
    std::size_t series = 0;
    std::size_t bar = 0;
};

std::vector<Place> places_of(const std::vector<ValidationSeries>& series, std::size_t most) {
    std::vector<Place> all;
    for (std::size_t s = 0; s < series.size(); ++s) {
        const BarWindow& bars = series[s].series.bars;
        for (std::size_t i = std::max(series[s].first, kLeastMoves + 1); i < series[s].last; ++i) {
            if (bars[i].usable && bars[i - 1].usable) all.push_back({s, i});
        }
    }
    if (all.size() <= most) return all;
    std::vector<Place> kept;
    for (std::size_t i = 0; i < most; ++i) kept.push_back(all[i * all.size() / most]);
    return kept;
}

// The bars before the target, the target, and hidden bars where the patch goes on.
BarWindow window_before(const BarWindow& bars, std::size_t target) {
    const std::size_t moves = std::min(target - 1, kContext);
    const auto end = bars.begin() + static_cast<std::ptrdiff_t>(target + 1);
    BarWindow window(end - static_cast<std::ptrdiff_t>(moves + 2), end);
    LogBar hidden = bars[target];
    hidden.usable = false;
    window.insert(window.end(), kTrainingPatch - 1, hidden);
    return window;
}

}  // namespace

std::optional<ValidationScore> validate(NetworkTrainer& trainer,
                                        const std::vector<ValidationSeries>& series,
                                        std::size_t most_forecasts) {
    const std::vector<Place> places = places_of(series, most_forecasts);
    if (places.empty()) return std::nullopt;
    std::vector<std::vector<double>> deviations;
    for (const ValidationSeries& one : series) {
        deviations.push_back(ewma_deviations(one.series.bars));
    }
    constexpr std::array<std::size_t, kSeriesCount> kChannels = {0, 1, 2, 3};
    std::vector<double> model_loss(series.size(), 0.0);
    std::vector<double> baseline_loss(series.size(), 0.0);
    ValidationScore score;
    for (std::size_t first = 0; first < places.size(); first += kRowsPerForward) {
        const std::size_t rows = std::min(kRowsPerForward, places.size() - first);
        BatchBuilder builder({rows, kSeriesCount, kContext, InputForm::anchored});
        for (std::size_t row = 0; row < rows; ++row) {
            const Place& place = places[first + row];
            builder.set_row(row, window_before(series[place.series].series.bars, place.bar), {},
                            kChannels, true, true);
        }
        const TrainingBatch batch = builder.take();
        const std::vector<float> head = trainer.head_outputs(batch, true);
        for (std::size_t row = 0; row < rows; ++row) {
            const Place& place = places[first + row];
            const BarWindow& bars = series[place.series].series.bars;
            const std::size_t token = (row * kSeriesCount + 1) * batch.tokens - 1;
            std::array<double, kToto2Quantiles> deciles{};
            std::array<double, kToto2Quantiles> baseline{};
            for (std::size_t q = 0; q < deciles.size(); ++q) {
                const double raw = head[token * kTrainingPatch * kToto2Quantiles + q];
                deciles[q] = std::sinh(raw) * batch.scale[token] + batch.location[token];
                baseline[q] = kNormalQuantiles[q] * deviations[place.series][place.bar];
            }
            std::sort(deciles.begin(), deciles.end());
            const double y = std::expm1(bars[place.bar].close - bars[place.bar - 1].close);
            model_loss[place.series] += pinball_loss(deciles, y);
            baseline_loss[place.series] += pinball_loss(baseline, y);
            for (std::size_t q = 0; q < deciles.size(); ++q) {
                if (y <= deciles[q]) score.coverage[q] += 1;
            }
        }
    }
    score.forecasts = places.size();
    for (double& share : score.coverage) share /= static_cast<double>(places.size());
    std::size_t classes = 0;
    for (std::size_t kind = 0; kind < kMarketClasses; ++kind) {
        double sum = 0;
        std::size_t count = 0;
        for (std::size_t s = 0; s < series.size(); ++s) {
            if (static_cast<std::size_t>(series[s].series.kind) != kind) continue;
            if (!(baseline_loss[s] > 0)) continue;
            sum += model_loss[s] / baseline_loss[s];
            ++count;
        }
        if (count == 0) continue;
        score.class_ratio[kind] = sum / static_cast<double>(count);
        score.close_ratio += *score.class_ratio[kind];
        ++classes;
    }
    if (classes > 0) score.close_ratio /= static_cast<double>(classes);
    return score;
}

}  // namespace tradewind::model

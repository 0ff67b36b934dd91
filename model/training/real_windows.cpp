#include "model/training/real_windows.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

constexpr std::array<double, kMarketClasses> kClassWeights = {0.45, 0.20, 0.20, 0.15};
constexpr double kJoinedWeight = 0.35;
constexpr double kMirroredShare = 0.7;
constexpr std::size_t kLeastJoinedBars = 150;

std::array<std::size_t, 3> joined_lengths(MarketClass kind) {
    switch (kind) {
        case MarketClass::hourly:
            return {2, 4, 12};
        case MarketClass::minute:
            return {2, 5, 15};
        default:
            return {2, 3, 5};
    }
}

double log_of(Price price, const BarSeries& series, std::size_t index) {
    const double value = price.to_double();
    if (!(value > 0)) {
        throw Error(ErrorKind::data, "price of " + std::string(series.symbol.view()),
                    format_time(series.bars[index].start), "is not positive",
                    "leave the bar or the symbol out");
    }
    return std::log(value);
}

}  // namespace

TrainingSeries training_series(const BarSeries& series, MarketClass kind, std::size_t first,
                               std::size_t last) {
    ensure(first <= last && last <= series.bars.size(), "training bars lie inside their series");
    TrainingSeries result;
    result.name = std::string(series.symbol.view());
    result.kind = kind;
    result.bars.reserve(last - first);
    for (std::size_t i = first; i < last; ++i) {
        const Bar& bar = series.bars[i];
        result.bars.push_back({log_of(bar.open, series, i), log_of(bar.high, series, i),
                               log_of(bar.low, series, i), log_of(bar.close, series, i),
                               !bar.suspect});
    }
    return result;
}

std::vector<TrainingSeries> joined_series(const TrainingSeries& series) {
    std::vector<TrainingSeries> result;
    const auto unusable = [](const LogBar& bar) { return !bar.usable; };
    if (std::any_of(series.bars.begin(), series.bars.end(), unusable)) return result;
    for (const std::size_t length : joined_lengths(series.kind)) {
        const std::set<std::size_t> offsets = {0, length / 3, 2 * length / 3};
        for (const std::size_t offset : offsets) {
            TrainingSeries joined;
            joined.name = series.name + "/" + std::to_string(length) + "+" + std::to_string(offset);
            joined.kind = series.kind;
            joined.joined = length;
            for (std::size_t i = offset; i + length <= series.bars.size(); i += length) {
                LogBar bar = series.bars[i];
                for (std::size_t j = i + 1; j < i + length; ++j) {
                    bar.high = std::max(bar.high, series.bars[j].high);
                    bar.low = std::min(bar.low, series.bars[j].low);
                }
                bar.close = series.bars[i + length - 1].close;
                joined.bars.push_back(bar);
            }
            if (joined.bars.size() >= kLeastJoinedBars) result.push_back(std::move(joined));
        }
    }
    return result;
}

void mirror_bars(BarWindow& window, double close_before, Draws& draws) {
    double recorded_close = close_before;
    double rebuilt_close = close_before;
    for (LogBar& bar : window) {
        const LogBar relative = {bar.open - recorded_close, bar.high - recorded_close,
                                 bar.low - recorded_close, bar.close - recorded_close, bar.usable};
        recorded_close = bar.close;
        const bool mirrored = draws.chance(0.5);
        bar.open = rebuilt_close + (mirrored ? -relative.open : relative.open);
        bar.high = rebuilt_close + (mirrored ? -relative.low : relative.high);
        bar.low = rebuilt_close + (mirrored ? -relative.high : relative.low);
        bar.close = rebuilt_close + (mirrored ? -relative.close : relative.close);
        rebuilt_close = bar.close;
    }
}

RealWindows::RealWindows(std::vector<TrainingSeries> series) : series_(std::move(series)) {
    std::erase_if(series_, [](const TrainingSeries& one) { return one.bars.size() < 2; });
    if (series_.empty()) {
        throw Error(ErrorKind::data, "training data", "", "no series has bars to train on",
                    "give more data, or a later end of the training part");
    }
    std::vector<double> weights;
    std::array<double, kMarketClasses> totals{};
    for (const TrainingSeries& one : series_) {
        const double length = std::sqrt(static_cast<double>(one.bars.size()));
        weights.push_back(one.joined > 1 ? kJoinedWeight * length : length);
        totals[static_cast<std::size_t>(one.kind)] += weights.back();
    }
    double sum = 0;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const auto kind = static_cast<std::size_t>(series_[i].kind);
        sum += kClassWeights[kind] * weights[i] / totals[kind];
        cumulative_.push_back(sum);
    }
    // A class without series leaves its share to the others.
    for (double& value : cumulative_) value /= sum;
}

double RealWindows::share(std::size_t index) const {
    return cumulative_.at(index) - (index == 0 ? 0 : cumulative_[index - 1]);
}

BarWindow RealWindows::draw(std::size_t moves, Draws& draws) const {
    const auto place = std::upper_bound(cumulative_.begin(), cumulative_.end(), draws.uniform());
    const std::size_t index = std::min<std::size_t>(
        static_cast<std::size_t>(place - cumulative_.begin()), series_.size() - 1);
    const BarWindow& bars = series_[index].bars;
    const std::size_t count = std::min(moves + 1, bars.size());
    const std::size_t start = draws.below(bars.size() - count + 1);
    const auto first = bars.begin() + static_cast<std::ptrdiff_t>(start);
    BarWindow window(first, first + static_cast<std::ptrdiff_t>(count));
    if (start > 0 && draws.chance(kMirroredShare)) {
        mirror_bars(window, bars[start - 1].close, draws);
    }
    return window;
}

}  // namespace tradewind::model

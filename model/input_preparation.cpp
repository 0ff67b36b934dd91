#include "model/input_preparation.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

constexpr double kLargestMove = 1e6;   // a larger one is a broken price, not a market
constexpr double kLeastGrowth = 1e-6;  // of a median, before its distances are made relative
constexpr std::size_t kMedian = kDeciles / 2;

using Prices = std::array<double, kSeriesCount>;

Prices prices_of(const Bar& bar) {
    return {bar.close.to_double(), bar.high.to_double(), bar.low.to_double(), bar.open.to_double()};
}

double divisor_of(const Prices& before, std::size_t channel, InputForm form) {
    constexpr auto kClose = static_cast<std::size_t>(Series::close);
    return form == InputForm::anchored ? before[kClose] : before[channel];
}

// Median growth and relative squared distances of the deciles from it, over several bars.
struct Path {
    double growth = 1;
    std::array<double, kDeciles> squares{};

    void extend(const std::array<double, kDeciles>& quantiles) {
        const double step = std::max(1 + quantiles[kMedian], kLeastGrowth);
        for (std::size_t q = 0; q < kDeciles; ++q) {
            const double distance = (quantiles[q] - quantiles[kMedian]) / step;
            squares[q] += distance * distance;
        }
        growth *= step;
    }
    [[nodiscard]] double ratio(std::size_t q) const {
        const double distance = std::sqrt(squares[q]);
        return growth * (q < kMedian ? 1 - distance : 1 + distance);
    }
};

}  // namespace

std::size_t code_position(std::size_t channel, InputForm form) {
    constexpr std::array<std::size_t, kSeriesCount> kOwn = {0, 4, 8, 12};
    constexpr std::array<std::size_t, kSeriesCount> kAnchored = {0, 16, 20, 24};
    return form == InputForm::anchored ? kAnchored[channel] : kOwn[channel];
}

std::size_t prepared_points(std::size_t context_points, std::size_t patch_size,
                            const InputConvention& convention) {
    return context_points + (convention.channel_code ? patch_size : 0);
}

bool usable_move(const BarSeries& series, std::size_t index, const InputConvention& convention) {
    const Prices before = prices_of(series.bars[index - 1]);
    const Prices now = prices_of(series.bars[index]);
    for (std::size_t channel = 0; channel < kSeriesCount; ++channel) {
        const double divisor = divisor_of(before, channel, convention.form);
        if (!(divisor > 0) || !(now[channel] > 0)) return false;
        if (!(std::abs(now[channel] / divisor - 1) <= kLargestMove)) return false;
    }
    return true;
}

bool prepare_channels(const BarSeries& series, std::uint32_t end_index, std::size_t context_points,
                      std::size_t patch_size, const InputConvention& convention,
                      std::span<double> values, std::span<std::uint8_t> mask) {
    const std::size_t points = prepared_points(context_points, patch_size, convention);
    ensure(values.size() == kSeriesCount * points && mask.size() == values.size(),
           "a prepared row holds four channels");
    ensure(end_index >= 1 && end_index <= series.bars.size(), "a row ends inside its series");
    std::fill(values.begin(), values.end(), 0.0);
    std::fill(mask.begin(), mask.end(), std::uint8_t{0});
    const std::size_t moves = std::min<std::size_t>(end_index - 1, context_points);
    Prices before = prices_of(series.bars[end_index - 1 - moves]);
    for (std::size_t i = 0; i < moves; ++i) {
        const std::size_t index = end_index - moves + i;
        const Bar& bar = series.bars[index];
        const Prices now = prices_of(bar);
        // A bar that contradicts itself teaches nothing.
        const bool observed = !bar.suspect && !series.bars[index - 1].suspect;
        for (std::size_t channel = 0; channel < kSeriesCount; ++channel) {
            const double divisor = divisor_of(before, channel, convention.form);
            if (!(divisor > 0) || !(now[channel] > 0)) return false;
            const double move = now[channel] / divisor - 1;
            if (!(std::abs(move) <= kLargestMove)) return false;
            const std::size_t place = channel * points + points - moves + i;
            values[place] = observed ? move : 0;
            mask[place] = observed ? 1 : 0;
        }
        before = now;
    }
    if (convention.channel_code) {
        for (std::size_t channel = 0; channel < kSeriesCount; ++channel) {
            mask[channel * points + code_position(channel, convention.form)] = 1;
        }
    }
    return true;
}

bool to_cumulative_deciles(const BarSeries& series, std::uint32_t end_index,
                           const InputConvention& convention, std::span<const float> moves,
                           std::uint32_t horizon, std::span<Deciles> deciles) {
    ensure(moves.size() == kDeciles * kSeriesCount * horizon &&
               deciles.size() == kSeriesCount * horizon,
           "a network answers for nine levels and four channels");
    const Prices last = prices_of(series.bars[end_index - 1]);
    constexpr auto kClose = static_cast<std::size_t>(Series::close);
    const auto quantiles_of = [&](std::size_t channel, std::uint32_t step) {
        std::array<double, kDeciles> quantiles{};
        for (std::size_t q = 0; q < kDeciles; ++q) {
            quantiles[q] = moves[(q * kSeriesCount + channel) * horizon + step];
        }
        return quantiles;
    };
    std::array<Path, kSeriesCount> paths;
    for (std::uint32_t step = 0; step < horizon; ++step) {
        const Path close_before = paths[kClose];
        for (std::size_t channel = 0; channel < kSeriesCount; ++channel) {
            const auto quantiles = quantiles_of(channel, step);
            const bool anchored = convention.form == InputForm::anchored && channel != kClose;
            Path& path = paths[channel];
            if (anchored) path = close_before;  // its move starts at the close before
            path.extend(quantiles);
            const double conversion = anchored ? last[kClose] / last[channel] : 1;
            for (std::size_t q = 0; q < kDeciles; ++q) {
                double move = path.ratio(q) * conversion - 1;
                if (step == 0) {
                    move = anchored ? (1 + quantiles[q]) * conversion - 1 : quantiles[q];
                }
                if (!std::isfinite(move)) return false;
                deciles[step * kSeriesCount + channel][q] = static_cast<float>(move);
            }
        }
    }
    return true;
}

}  // namespace tradewind::model

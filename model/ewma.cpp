#include "model/ewma.hpp"

#include <cmath>
#include <cstdio>

#include "messages/error.hpp"
#include "model/market_class.hpp"

namespace tradewind::model {

namespace {

std::string id_of(const EwmaOptions& options) {
    if (!(options.lambda > 0 && options.lambda < 1)) {
        throw Error(ErrorKind::usage, "ewma", "lambda", "is not between 0 and 1", "use 0.94");
    }
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "ewma-lambda%g-%s", options.lambda,
                  options.zero_centre ? "zero" : "mean");
    return text.data();
}

}  // namespace

double EwmaState::sigma() const {
    return weight_ > 0 ? std::sqrt(squares_ / weight_) : 0;
}

Deciles ewma_deciles(const EwmaState& state, std::uint32_t step, const EwmaOptions& options) {
    const double centre = (options.zero_centre ? 0 : state.mean()) * step;
    const double spread = state.sigma() * std::sqrt(static_cast<double>(step));
    Deciles deciles{};
    for (std::size_t q = 0; q < kDeciles; ++q) {
        deciles[q] = static_cast<float>(centre + kNormalQuantiles[q] * spread);
    }
    return deciles;
}

void EwmaRecursion::advance(State& states, const BarSeries& series, std::uint32_t begin,
                            std::uint32_t end) const {
    ChannelPrices last = channel_prices(series.bars[begin - 1]);
    for (std::uint32_t i = begin; i < end; ++i) {
        const ChannelPrices now = channel_prices(series.bars[i]);
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            states[s].add(now[s] / last[s] - 1, options.lambda);
        }
        last = now;
    }
}

void EwmaRecursion::deciles(const State& states, const BarSeries& /*series*/,
                            std::uint32_t /*end_index*/, std::span<Deciles> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto step = static_cast<std::uint32_t>(i / kSeriesCount + 1);
        out[i] = ewma_deciles(states[i % kSeriesCount], step, options);
    }
}

EwmaForecaster::EwmaForecaster(const EwmaOptions& options)
    : RecursiveForecaster(EwmaRecursion{options}, id_of(options)) {}

}  // namespace tradewind::model

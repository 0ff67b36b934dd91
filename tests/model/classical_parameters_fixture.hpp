// Parameters of the classical forecasters for tests: every class and channel has numbers of its
// own, so that a mixed-up place shows.
#pragma once

#include "model/classical_parameters.hpp"

namespace tradewind::model::test {

[[nodiscard]] inline ClassicalParameters some_classical_parameters() {
    ClassicalParameters parameters;
    parameters.daily_end = "2024-07-01";
    parameters.series.push_back({"AAA", MarketClass::daily_stocks, 300, "2020-01-02T14:30:00Z",
                                 "2021-03-04T14:30:00Z", std::string(64, 'a')});
    for (std::size_t c = 0; c < kMarketClasses; ++c) {
        ClassParameters& fitted = parameters.classes[c].emplace();
        fitted.observations = 1000 + c;
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            const double place = static_cast<double>(c * kSeriesCount + s);
            ChannelParameters& channel = fitted.channels[s];
            channel.ewma_empirical.lambda = 0.80 + place / 100;
            channel.garch.alpha = 0.03 + place / 200;
            channel.garch.persistence = 0.93 + place / 400;
            channel.anchored.lambda = 0.99 - place / 100;
            for (std::size_t q = 0; q < kDeciles; ++q) {
                const double decile = (static_cast<double>(q) - 3.9) * (0.3 + place / 100);
                channel.ewma_empirical.deciles[q] = decile;
                channel.garch.deciles[q] = 1.1 * decile;
                channel.anchored.deciles[q] = decile + 0.25;
            }
        }
    }
    return parameters;
}

}  // namespace tradewind::model::test

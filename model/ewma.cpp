#include "model/ewma.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "messages/error.hpp"

namespace tradewind::model {

namespace {

constexpr std::size_t kStride = 256;  // bars between checkpoints

// Inverse of the standard normal distribution at 0.1 ... 0.9.
constexpr std::array<double, kDeciles> kNormalQuantiles = {
    -1.2815515655446004, -0.8416212335729142, -0.5244005127080407, -0.2533471031357997, 0.0,
    0.2533471031357997,  0.5244005127080407,  0.8416212335729142,  1.2815515655446004};

double price_of_series(const Bar& bar, Series series) {
    switch (series) {
        case Series::close:
            return bar.close.to_double();
        case Series::high:
            return bar.high.to_double();
        case Series::low:
            return bar.low.to_double();
        case Series::open:
            return bar.open.to_double();
    }
    return 0;
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

void advance(EwmaStates& states, const BarSeries& series, std::uint32_t end_index,
             const EwmaOptions& options) {
    for (std::uint32_t i = std::max<std::uint32_t>(states.end_index, 1); i < end_index; ++i) {
        const Bar& before = series.bars[i - 1];
        const Bar& bar = series.bars[i];
        for (std::size_t s = 0; s < kSeriesCount; ++s) {
            const double last = price_of_series(before, static_cast<Series>(s));
            const double move = price_of_series(bar, static_cast<Series>(s)) / last - 1;
            states.series[s].add(move, options.lambda);
        }
    }
    states.end_index = std::max(states.end_index, end_index);
}

EwmaForecaster::EwmaForecaster(const EwmaOptions& options) : options_(options) {
    if (!(options.lambda > 0 && options.lambda < 1)) {
        throw Error(ErrorKind::usage, "ewma", "lambda", "is not between 0 and 1", "use 0.94");
    }
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "ewma-lambda%g-%s", options.lambda,
                  options.zero_centre ? "zero" : "mean");
    id_ = text.data();
}

EwmaStates EwmaForecaster::states_at(Path& path, const BarSeries& series,
                                     std::uint32_t end_index) const {
    if (path.newest.end_index <= end_index) {
        while (path.newest.end_index < end_index) {
            const auto next = static_cast<std::uint32_t>((path.checkpoints.size() + 1) * kStride);
            advance(path.newest, series, std::min(end_index, next), options_);
            if (path.newest.end_index == next) path.checkpoints.push_back(path.newest);
        }
        return path.newest;
    }
    const std::size_t whole = std::min(end_index / kStride, path.checkpoints.size());
    EwmaStates states = whole == 0 ? EwmaStates{} : path.checkpoints[whole - 1];
    advance(states, series, end_index, options_);
    return states;
}

Forecast EwmaForecaster::answer(const ForecastRequest& request) {
    Forecast forecast;
    forecast.id = request.id;
    forecast.symbol = request.symbol;
    forecast.horizon = request.horizon;
    forecast.rows = request.rows;
    forecast.producer = id_;
    forecast.refusal = refusal_of(request, kEwmaMinimumPoints);
    if (!forecast.refusal.empty()) return forecast;

    Path& path = paths_[request.symbol];
    if (path.series.lock() != request.series) path = Path{request.series, {}, {}};

    // Rows in ascending order cost one pass; answers keep the order of the request.
    std::vector<std::size_t> order(request.rows.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&request](std::size_t a, std::size_t b) {
        return request.rows[a].end_index < request.rows[b].end_index;
    });
    forecast.values.resize(request.rows.size() * request.horizon * kSeriesCount);
    EwmaStates states;
    bool started = false;
    for (const std::size_t row : order) {
        const std::uint32_t end_index = request.rows[row].end_index;
        if (started && end_index <= path.newest.end_index) {
            advance(states, *request.series, end_index, options_);
        } else {
            states = states_at(path, *request.series, end_index);
            started = true;
        }
        for (std::uint32_t step = 0; step < request.horizon; ++step) {
            for (std::size_t s = 0; s < kSeriesCount; ++s) {
                const Deciles deciles = ewma_deciles(states.series[s], step + 1, options_);
                if (!std::isfinite(deciles.front()) || !std::isfinite(deciles.back())) {
                    forecast.values.clear();
                    forecast.refusal = "a price before bar " + std::to_string(end_index) +
                                       " is not positive or a move overflows";
                    return forecast;
                }
                forecast.values[(row * request.horizon + step) * kSeriesCount + s] = deciles;
            }
        }
    }
    return forecast;
}

std::vector<Forecast> EwmaForecaster::forecast(std::span<const ForecastRequest> requests) {
    std::vector<Forecast> forecasts;
    forecasts.reserve(requests.size());
    for (const ForecastRequest& request : requests) forecasts.push_back(answer(request));
    return forecasts;
}

}  // namespace tradewind::model

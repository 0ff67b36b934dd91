// A forecaster whose state is a recursion over the bars: `ewma` and the other classical ones.
//
// `Recursion` is a value type with the arithmetic:
//     using State = ...;  // a value, cheap to copy; State{} is the state before any bar
//     void advance(State&, const BarSeries&, std::uint32_t begin, std::uint32_t end) const;
//         takes bars [begin, end) into the state, begin >= 1
//     void deciles(const State&, const BarSeries&, std::uint32_t end_index,
//                  std::span<Deciles> out) const;
//         out[step * kSeriesCount + series], cumulative; a value that is not finite is a refusal
//
// The forecaster remembers checkpoints of the recursion per symbol, so that a later day of the same
// series costs only its new bars; values are bit-identical to a fresh recursion from the first bar,
// however the rows are asked for. Not thread-safe: one owner. Source: model/forecaster.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "model/forecaster.hpp"

namespace tradewind::model {

// The fewest moves before a row of a classical forecaster.
constexpr std::size_t kClassicalMinimumPoints = 20;

template <class Recursion>
class RecursiveForecaster : public Forecaster {
  public:
    RecursiveForecaster(Recursion recursion, std::string id)
        : recursion_(std::move(recursion)), id_(std::move(id)) {}

    [[nodiscard]] const std::string& id() const override { return id_; }
    [[nodiscard]] std::size_t minimum_points() const override { return kClassicalMinimumPoints; }
    [[nodiscard]] std::size_t maximum_points() const override { return 0; }
    [[nodiscard]] std::vector<Forecast> forecast(
        std::span<const ForecastRequest> requests) override {
        std::vector<Forecast> forecasts;
        forecasts.reserve(requests.size());
        for (const ForecastRequest& request : requests) forecasts.push_back(answer(request));
        return forecasts;
    }

  private:
    using State = typename Recursion::State;
    static constexpr std::uint32_t kStride = 256;  // bars between checkpoints

    struct Place {
        std::uint32_t end_index = 0;  // bars [0, end_index) are in
        State state{};
    };
    // Checkpoints of one series object; dropped when the symbol comes with another one.
    struct Path {
        std::weak_ptr<const BarSeries> series;
        std::vector<Place> checkpoints;
        Place newest;
    };

    void advance(Place& place, const BarSeries& series, std::uint32_t end_index) const {
        const std::uint32_t begin = std::max<std::uint32_t>(place.end_index, 1);
        if (begin < end_index) recursion_.advance(place.state, series, begin, end_index);
        place.end_index = std::max(place.end_index, end_index);
    }

    Place place_at(Path& path, const BarSeries& series, std::uint32_t end_index) const {
        if (path.newest.end_index <= end_index) {
            while (path.newest.end_index < end_index) {
                const auto next = static_cast<std::uint32_t>(path.checkpoints.size() + 1) * kStride;
                advance(path.newest, series, std::min(end_index, next));
                if (path.newest.end_index == next) path.checkpoints.push_back(path.newest);
            }
            return path.newest;
        }
        const std::size_t whole =
            std::min<std::size_t>(end_index / kStride, path.checkpoints.size());
        Place place = whole == 0 ? Place{} : path.checkpoints[whole - 1];
        advance(place, series, end_index);
        return place;
    }

    Forecast answer(const ForecastRequest& request) {
        Forecast forecast;
        forecast.id = request.id;
        forecast.symbol = request.symbol;
        forecast.horizon = request.horizon;
        forecast.rows = request.rows;
        forecast.producer = id_;
        forecast.refusal = refusal_of(request, minimum_points());
        if (!forecast.refusal.empty()) return forecast;

        Path& path = paths_[request.symbol];
        if (path.series.lock() != request.series) path = Path{request.series, {}, {}};

        // Rows in ascending order cost one pass; answers keep the order of the request.
        std::vector<std::size_t> order(request.rows.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(), [&request](std::size_t a, std::size_t b) {
            return request.rows[a].end_index < request.rows[b].end_index;
        });
        const std::size_t width = kSeriesCount * request.horizon;
        forecast.values.resize(request.rows.size() * width);
        Place place;
        bool started = false;
        for (const std::size_t row : order) {
            const std::uint32_t end_index = request.rows[row].end_index;
            if (started && end_index <= path.newest.end_index) {
                advance(place, *request.series, end_index);
            } else {
                place = place_at(path, *request.series, end_index);
                started = true;
            }
            const auto out = std::span(forecast.values).subspan(row * width, width);
            recursion_.deciles(place.state, *request.series, end_index, out);
            if (!std::all_of(out.begin(), out.end(), [](const Deciles& deciles) {
                    return std::isfinite(deciles.front()) && std::isfinite(deciles.back());
                })) {
                forecast.values.clear();
                forecast.refusal = "a price before bar " + std::to_string(end_index) +
                                   " is not positive or a move overflows";
                return forecast;
            }
        }
        return forecast;
    }

    Recursion recursion_;
    std::string id_;
    std::map<Symbol, Path> paths_;
};

}  // namespace tradewind::model

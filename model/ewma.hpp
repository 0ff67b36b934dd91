// The classical forecaster `ewma`: exponentially weighted mean and volatility of relative moves.
//
// For one series of relative moves y_1 ... y_n (y_i = x_i / x_{i-1} - 1 over the bars, from the
// first bar of the series on) and decay L:
//
//     W_i = L W_{i-1} + 1        M_i = L M_{i-1} + y_i        V_i = L V_{i-1} + y_i^2
//     centre = M_n / W_n (0 with `zero_centre`)               sigma = sqrt(V_n / W_n)
//     quantile at step h = centre h + z_q sigma sqrt(h)       z_q = inverse normal of 0.1 ... 0.9
//
// all starting from 0: the weights are normalised, so the start has no special value and an average
// over few moves is a true weighted mean. sigma is about zero, not about the centre. Computed in
// double in this order and rounded to float at the end. Fewer than 20 moves are refused. A quantile
// below -1 (price below zero) is given as it is; a consumer's price band is not this model's task.
//
// EwmaForecaster remembers checkpoints of the recursion per symbol, so that a later day of the same
// series costs only its new bars; values are bit-identical to a fresh recursion from the first bar.
// Not thread-safe: one owner. Source: strategies spec 2.2.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/forecaster.hpp"

namespace tradewind::model {

struct EwmaOptions {
    double lambda = 0.94;      // in (0, 1)
    bool zero_centre = false;  // option `centre=zero`
};

constexpr std::size_t kEwmaMinimumPoints = 20;

// The recursion over one series of moves: a value, cheap to copy.
class EwmaState {
  public:
    void add(double move, double lambda) {
        weight_ = lambda * weight_ + 1;
        moves_ = lambda * moves_ + move;
        squares_ = lambda * squares_ + move * move;
    }
    [[nodiscard]] double mean() const { return weight_ > 0 ? moves_ / weight_ : 0; }
    [[nodiscard]] double sigma() const;

  private:
    double weight_ = 0;
    double moves_ = 0;
    double squares_ = 0;
};

// Deciles of the cumulative move over `step` >= 1 bars.
[[nodiscard]] Deciles ewma_deciles(const EwmaState& state, std::uint32_t step,
                                   const EwmaOptions& options);

// The states of all four series of a symbol after the bars before one end index.
struct EwmaStates {
    std::uint32_t end_index = 0;  // bars [0, end_index) are in
    std::array<EwmaState, kSeriesCount> series;
};

// Takes bars [states.end_index, end_index) into the states.
void advance(EwmaStates& states, const BarSeries& series, std::uint32_t end_index,
             const EwmaOptions& options);

class EwmaForecaster final : public Forecaster {
  public:
    explicit EwmaForecaster(const EwmaOptions& options = {});

    [[nodiscard]] const std::string& id() const override { return id_; }
    [[nodiscard]] std::size_t minimum_points() const override { return kEwmaMinimumPoints; }
    [[nodiscard]] std::size_t maximum_points() const override { return 0; }
    [[nodiscard]] std::vector<Forecast> forecast(
        std::span<const ForecastRequest> requests) override;

  private:
    // Checkpoints of one series object; dropped when the symbol comes with another one.
    struct Path {
        std::weak_ptr<const BarSeries> series;
        std::vector<EwmaStates> checkpoints;  // every kStride bars
        EwmaStates newest;
    };
    EwmaStates states_at(Path& path, const BarSeries& series, std::uint32_t end_index) const;
    Forecast answer(const ForecastRequest& request);

    EwmaOptions options_;
    std::string id_;
    std::map<Symbol, Path> paths_;
};

}  // namespace tradewind::model
